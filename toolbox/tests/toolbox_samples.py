"""What the toolbox's tests are made of: real repositories, manifests, specifications."""

import os
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from ipai_toolbox.spec import Spec

TOOLBOX = Path(__file__).resolve().parent.parent


class RecordedEvents:
    """Remembers what was said."""

    def __init__(self):
        self.said: list[tuple[str, str, dict | None]] = []

    def say(self, level, message, payload=None):
        self.said.append((level, message, payload))

    def debug(self, message, payload=None):
        self.say("debug", message, payload)

    def info(self, message, payload=None):
        self.say("info", message, payload)

    def warning(self, message, payload=None):
        self.say("warning", message, payload)

    def error(self, message, payload=None):
        self.say("error", message, payload)

    def progress(self, fraction, message):
        self.say("info", message, {"progress": fraction})

    def messages(self, level=None) -> list[str]:
        return [message for said, message, _ in self.said if level in (None, said)]


class Repo:
    """A real git repository in a folder."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def git(self, *arguments: str) -> str:
        who = {
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "a@b.c",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "a@b.c",
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **who},
        )
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files: dict[str, str] | None = None, subject: str = "Change") -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


def addon(name: str = "", depends=("base",), **more) -> str:
    """The text of a manifest."""
    return (
        repr(
            {"name": name or "An addon", "version": "19.0.1.0.0", "depends": list(depends), **more}
        )
        + "\n"
    )


def make_spec(**values) -> Spec:
    return Spec({"run": 7, "step": "build", "attempt": 1, "fence": "7-build-1", **values})


class Handler(BaseHTTPRequestHandler):
    """Answers what the test's table says; remembers the requests."""

    def answer(self):
        key = f"{self.command} {self.path.partition('?')[0]}"
        self.server.requests.append((key, dict(self.headers)))
        reply = self.server.table.get(key, (404, {}, ""))
        status, headers, body = reply(self) if callable(reply) else reply
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *arguments):
        """Quiet."""
