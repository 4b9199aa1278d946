"""Asking a real Git daemon for its branches."""

import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from ipai_ops.adapters import git
from ipai_ops.engine.repository_address import reach
from repository import Repository

HERE = reach(["127.0.0.1"])


@pytest.fixture
def served(tmp_path):
    """Serve a folder by git daemon on a free loopback port; return a repository in it."""
    folder = tmp_path / "served"
    folder.mkdir()
    port = free_port()
    command = ["git", "daemon", f"--base-path={folder}", "--export-all", "--listen=127.0.0.1"]
    daemon = subprocess.Popen([*command, f"--port={port}", str(folder)])
    wait_for(port)
    yield Repository(folder, tmp_path, "acme", f"git://127.0.0.1:{port}")
    daemon.terminate()
    daemon.wait(10)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("git daemon did not start")


def test_branches_come_with_their_commits(served):
    first = served.push("First")
    second = served.push("Second", branch="feature/pos")
    assert git.branches(served.url, reach=HERE).heads == {"main": first, "feature/pos": second}


def test_an_unreachable_repository_is_one_sentence():
    answer = git.branches("git://127.0.0.1:9/acme.git", reach=HERE)
    assert answer.heads == {}
    assert answer.error.startswith("The repository cannot be read: ")


@pytest.mark.parametrize("url", ["ext::sh -c true", "file:///etc", "--upload-pack=true"])
def test_no_url_runs_a_command_or_reads_this_server(url):
    answer = git.branches(url)
    assert answer.heads == {}
    assert answer.error


def test_what_is_near_is_not_called_until_an_operator_opens_it(served):
    served.push("First")
    answer = git.branches(served.url)
    assert answer.heads == {}
    assert "127.0.0.1 is inside this installation" in answer.error


def test_a_name_that_leads_inside_is_not_called(served, monkeypatch):
    monkeypatch.setattr(git, "resolve", lambda _host, _port: ["127.0.0.1"])
    answer = git.branches(served.url.replace("127.0.0.1", "git.example.test"))
    assert answer.error.startswith("The repository's URL cannot be used: git.example.test leads")


def test_nobody_is_followed_elsewhere():
    asked = []

    class Sender(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.server.server_address[0])
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.2:{near.server_port}{self.path}")
            self.end_headers()

        def log_message(self, *_words):
            """Quiet."""

    near = ThreadingHTTPServer(("127.0.0.2", 0), Sender)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sender)
    for one in (near, server):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    try:
        answer = git.branches(f"http://127.0.0.1:{server.server_port}/acme.git", reach=HERE)
    finally:
        for one in (near, server):
            one.shutdown()
            one.server_close()
    assert answer.error
    assert asked == ["127.0.0.1"]


def test_credentials_travel_by_file_and_the_file_is_gone_afterwards(tmp_path):
    with git.quiet_environment("ada:s3cret-token") as environment:
        assert "s3cret-token" not in str(environment)
        asked = [environment["GIT_ASKPASS"], "Password for 'https://ada@example.com': "]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
        assert answer.stdout.strip() == "s3cret-token"
    assert not Path(environment["GIT_ASKPASS"]).exists()


def test_a_private_key_is_readable_by_its_owner_alone():
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"
    with git.quiet_environment(key) as environment:
        path = Path(environment["GIT_SSH_COMMAND"].split()[-1])
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().startswith("-----BEGIN")


def test_ssh_connects_to_the_address_that_was_looked_at(monkeypatch):
    """The real name leads elsewhere, or nowhere: only the listener on the looked-up address is called."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        monkeypatch.setattr(git, "resolve", lambda _host, _port: ["127.0.0.1"])
        greeting = threading.Thread(target=hang_up, args=(listener,))
        greeting.start()
        answer = git.branches(
            f"ssh://git@rebound.example.org:{port}/x.git", reach=reach(["127.0.0.0/8"])
        )
        greeting.join(10)
    assert not answer.heads and "cannot be read" in answer.error
    assert not greeting.is_alive() and greeting.called


def hang_up(listener):
    threading.current_thread().called = False
    connection, _address = listener.accept()
    threading.current_thread().called = True
    connection.close()
