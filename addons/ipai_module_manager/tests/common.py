"""A package index and a Git server of the test's own, both real, both on this machine."""

import json
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from odoo.addons.ipai_ops.tests.common import OpsMixin

from .. import driver
from ..engine.index import JSON_TYPE

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\n{needs}\n\n{readme}\n"


class LocalIndex:
    """A simple repository over HTTP; ``packages``: name -> {version: [requirement lines]}."""

    def __init__(self):
        self.packages, self.asked, self.is_down = {}, [], False
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                index.asked.append(self.path)
                status, kind, text = index.answer(self.path.strip("/").split("/"))
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/simple"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, parts):
        if self.is_down:
            return 503, "text/plain", "down"
        if parts == ["simple"]:
            projects = [{"name": name} for name in self.packages]
            return 200, JSON_TYPE, json.dumps({"projects": projects})
        if parts[0] == "simple" and parts[1] in self.packages:
            return 200, JSON_TYPE, json.dumps({"files": self.files(parts[1])})
        if parts[0] == "files":
            return 200, "text/plain", self.metadata(parts[1], parts[2])
        return 404, "text/plain", "nothing"

    def files(self, name):
        stem = name.replace("-", "_")
        return [
            {
                "filename": f"{stem}-{version}-py3-none-any.whl",
                "url": f"/files/{name}/{version}/{stem}.whl",
                "core-metadata": True,
                "requires-python": ">=3.10",
            }
            for version in self.packages[name]
        ]

    def metadata(self, name, version):
        needs = "\n".join(f"Requires-Dist: {line}" for line in self.packages[name][version])
        facts = {"name": name, "version": version, "needs": needs or "License: LGPL-3"}
        return METADATA.format(**facts, summary=f"What {name} does", readme="**Bold** words.")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class GitServer:
    """A bare repository behind git daemon, which takes pushes."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.bare = Path(self.folder.name, "acme.git")
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        words = ["--export-all", "--enable=receive-pack", "--listen=127.0.0.1", f"--port={port}"]
        command = ["git", "daemon", f"--base-path={self.folder.name}", *words, self.folder.name]
        self.daemon = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.url = f"git://127.0.0.1:{port}/acme.git"
        self.wait_for(port)

    @staticmethod
    def wait_for(port):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.05)
        raise AssertionError("git daemon did not start")

    def push(self, text, branch="main"):
        """Commit requirements.txt on the branch from somebody's desk; return the commit."""
        with tempfile.TemporaryDirectory() as desk:
            self.git("clone", "--quiet", str(self.bare), desk)
            Path(desk, "requirements.txt").write_text(text, encoding="utf-8")
            self.git("-C", desk, "add", "--all")
            self.git("-C", desk, "commit", "--quiet", "--allow-empty", "-m", "By hand")
            self.git("-C", desk, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
            return self.git("-C", desk, "rev-parse", "HEAD").strip()

    def show(self, what):
        return self.git("--git-dir", str(self.bare), "show", what)

    @staticmethod
    def git(*words):
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        command = ["git", *who, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    def close(self):
        self.daemon.terminate()
        self.daemon.wait(10)
        self.folder.cleanup()


class ModulesMixin(OpsMixin):
    @classmethod
    def set_up_modules(cls):
        cls.set_up_operations()
        cls.index = LocalIndex()
        cls.addClassCleanup(cls.index.close)
        cls.settings = cls.env.ref("ipai_module_manager.index")
        cls.settings.url = cls.index.url
        cls.packages = cls.env["ipai.module.package"]
        cls.orders = cls.env["ipai.module.order"]
        cls.changes = cls.env["ipai.module.change"]

    def drive(self):
        """Let the scheduler's work be done, on a cursor whose commits stay in the test."""
        with self.enter_registry_test_mode():
            cursor = self.registry.cursor()
            self.addCleanup(cursor.close)
            driver.work(self.env(cr=cursor), turn_seconds=60)
        self.env.invalidate_all()
