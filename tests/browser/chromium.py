"""A headless Chromium driven through the DevTools protocol: what a person sees and does, as code.

>>> with Chromium.launch() as browser:
...     page = browser.open("http://ops.localhost:8080/web/login")
...     page.type("input[name=login]", "admin")
...     page.click("button[type=submit]")
...     page.wait_for(".o_main_navbar")
...     page.screenshot("home.png")

It needs Debian's ``chromium`` and the package ``websocket-client``, nothing else.
"""

import json
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import websocket
from page import DEADLINE, BrowserError, Page, until

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)


class Chromium:
    """One browser process with a profile of its own; closing it removes both."""

    def __init__(self, process, profile, port):
        self.process, self.profile, self.port = process, profile, port

    @classmethod
    def launch(cls, executable=None, extra_flags=()):
        """Start a browser; raise BrowserError where none is installed."""
        binary = executable or shutil.which("chromium") or shutil.which("chromium-browser")
        if not binary:
            raise BrowserError("There is no chromium on this machine: apt-get install chromium")
        profile = Path(tempfile.mkdtemp(prefix="ipai-chromium-"))
        command = [binary, *FLAGS, *extra_flags, f"--user-data-dir={profile}", "about:blank"]
        silent = subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=silent, stderr=silent, start_new_session=True)
        port_file = profile / "DevToolsActivePort"
        until(lambda: port_file.exists() and port_file.read_text().strip(), what="Chromium's port")
        return cls(process, profile, int(port_file.read_text().split()[0]))

    def open(self, url="about:blank", width=1440, height=900):
        """Return a new page at ``url``; it shares cookies with the browser's other pages."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT"
        )
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            target = json.load(answer)
        address = target["webSocketDebuggerUrl"]
        page = Page(websocket.create_connection(address, timeout=DEADLINE), target["id"])
        page.start(width, height)
        if url != "about:blank":
            page.goto(url)
        return page

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()
