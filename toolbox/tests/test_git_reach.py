"""Where Git goes for a repository that wants it elsewhere, on real daemons and servers."""

import shlex
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

import pytest
from toolbox_samples import Handler

from ipai_toolbox import reach as towards_module
from ipai_toolbox.checkout import Fetcher
from ipai_toolbox.git import git_for
from ipai_toolbox.outcome import Failure
from ipai_toolbox.repository_address import reach

MAIN = "refs/heads/main"
NEAR = "127.0.0.2"  # stands for whatever must not be called


@pytest.fixture
def forge(make_repo, tmp_path):
    """A Git daemon over the tests' repositories: the beginning of their addresses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = make_repo("seed").path.parent
    words = ["--export-all", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}"]
    daemon = subprocess.Popen(["git", "daemon", *words, str(folder)], stderr=subprocess.DEVNULL)
    wait_for(port)
    yield f"git://127.0.0.1:{port}"
    daemon.terminate()
    daemon.wait(10)


def wait_for(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("git daemon did not start")


@contextmanager
def web(address, table=None):
    """A server on the address; it remembers what it was asked."""
    server = ThreadingHTTPServer((address, 0), Handler)
    server.table, server.requests = table or {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def fetcher(places, tmp_path, events, monkeypatch, forge):
    """As a job has it: network protocols alone, and the platform's own forge."""
    monkeypatch.delenv("IPAI_GIT_PROTOCOLS")
    work = tmp_path / "work"
    work.mkdir()
    git = git_for(places, forge, work, reach(own=[forge]))
    return Fetcher(git, places.mirrors, work, events)


def test_the_platforms_own_forge_is_read(fetcher, forge, make_repo, tmp_path):
    make_repo("acme").commit({"a.txt": "hello"})
    fetcher.checkout(f"{forge}/acme", MAIN, None, tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "hello"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.2:{port}/x.git",
        "http://2130706434:{port}/x.git",
        "http://0x7f.2:{port}/x.git",
        "http://[::ffff:127.0.0.2]:{port}/x.git",
        "http://localhost:{port}/x.git",
        "file:///etc",
        "/etc",
        "ext::sh -c touch% {marker}",
        "ext::touch% {marker}",
        "--upload-pack=touch {marker}",
        "ssh://-oProxyCommand=touch%20{marker}/x",
    ],
)
def test_a_submodule_leads_nowhere_inside_and_starts_nothing(
    fetcher, forge, make_repo, tmp_path, address
):
    inner, outer, marker = make_repo("inner"), make_repo("outer"), tmp_path / "marker"
    commit = inner.commit({"x": "1"})
    with web(NEAR) as near:
        url = address.format(port=near.server_port, marker=marker)
        outer.write({".gitmodules": f'[submodule "a"]\n\tpath = vendor\n\turl = "{url}"\n'})
        outer.git("update-index", "--add", "--cacheinfo", f"160000,{commit},vendor")
        outer.git("add", ".gitmodules")
        outer.git("commit", "--quiet", "-m", "With a submodule")
        with pytest.raises(Failure) as failure:
            fetcher.checkout(f"{forge}/outer", MAIN, None, tmp_path / "out")
        assert near.requests == []
    assert failure.value.cause.startswith("Submodule vendor cannot be fetched: ")
    assert not marker.exists()


def test_a_server_cannot_send_git_elsewhere(fetcher, forge, tmp_path, places, events):
    with web(NEAR) as near:
        there = f"http://{NEAR}:{near.server_port}/x.git/info/refs?service=git-upload-pack"
        table = {"GET /acme.git/info/refs": (302, {"Location": there}, "")}
        with web("127.0.0.1", table) as server:
            url = f"http://127.0.0.1:{server.server_port}/acme.git"
            git = git_for(places, url, tmp_path / "work", reach(["127.0.0.1"]))
            fetcher = Fetcher(git, places.mirrors, tmp_path / "work", events)
            with pytest.raises(Failure, match="sends us on to another address"):
                fetcher.checkout(url, MAIN, None, tmp_path / "out")
            assert [key for key, _headers in server.requests] == ["GET /acme.git/info/refs"]
        assert near.requests == []


def test_a_name_is_called_at_the_address_that_was_looked_at(
    fetcher, places, tmp_path, events, monkeypatch
):
    """The name is unknown to everybody else: Git did not ask again."""
    monkeypatch.setattr(towards_module, "_resolve", lambda _host, _port: ["127.0.0.1"])
    with web("127.0.0.1") as server:
        url = f"http://git.example.test:{server.server_port}/acme.git"
        git = git_for(places, url, tmp_path / "work", reach(["127.0.0.1"]))
        fetcher = Fetcher(git, places.mirrors, tmp_path / "work", events)
        with pytest.raises(Failure, match="does not exist or is not readable"):
            fetcher.checkout(url, MAIN, None, tmp_path / "out")
        [(key, headers), *_] = server.requests
    assert key == "GET /acme.git/info/refs"
    assert headers["Host"].startswith("git.example.test:")


def test_a_name_that_leads_inside_is_refused(fetcher, tmp_path, monkeypatch):
    monkeypatch.setattr(towards_module, "_resolve", lambda _host, _port: ["169.254.169.254"])
    with pytest.raises(Failure, match="leads inside") as failure:
        fetcher.checkout("https://git.example.test/acme.git", MAIN, None, tmp_path / "out")
    assert "open_networks" in failure.value.hint


@pytest.mark.parametrize(
    "ref",
    [
        "refs/../../x",
        "refs/heads/../../../x",
        "refs/heads/..",
        "refs/heads/a..b",
        "refs/heads/@{-1}",
        "refs/heads/x.lock",
        "refs/heads/.hidden",
        "refs/heads//x",
        "refs/heads/-x",
        "refs/heads/$(touch${IFS}marker)",
        "refs/heads/`touch\tmarker`",
        "refs/heads/;touch${IFS}marker",
        "refs/heads/main:refs/heads/evil",
        "+refs/heads/*:refs/heads/*",
        "--upload-pack=touch marker",
        "-x",
        "main",
    ],
)
def test_an_odd_reference_is_one_sentence_and_does_nothing(
    fetcher, forge, make_repo, tmp_path, ref, monkeypatch
):
    make_repo("acme").commit({"a.txt": "hello"})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Failure) as failure:
        fetcher.checkout(f"{forge}/acme", ref, None, tmp_path / "out")
    assert "\n" not in failure.value.cause
    assert not list(tmp_path.rglob("marker*"))


def test_a_branch_named_like_a_command_is_a_branch(
    fetcher, forge, make_repo, tmp_path, monkeypatch
):
    repo = make_repo("acme")
    repo.commit({"a.txt": "hello"})
    repo.git("branch", "$(touch${IFS}marker)")
    monkeypatch.chdir(tmp_path)
    ref = "refs/heads/$(touch${IFS}marker)"
    fetcher.checkout(f"{forge}/acme", ref, None, tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "hello"
    assert not list(tmp_path.rglob("marker*"))


def test_filters_and_large_files_of_a_repository_start_nothing(
    fetcher, forge, make_repo, tmp_path, monkeypatch
):
    """The person's own Git would run them; the job's reads nobody's settings."""
    marker = tmp_path / "marker"
    command = f"touch {marker}; cat"
    sections = [f'[filter "{one}"]\n\tsmudge = "{command}"\n' for one in ("evil", "lfs")]
    (tmp_path / ".gitconfig").write_text("".join(sections))
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    repo = make_repo("acme")
    repo.commit(
        {
            ".gitattributes": "*.txt filter=evil\n*.bin filter=lfs diff=lfs merge=lfs -text\n",
            ".lfsconfig": f"[lfs]\n\turl = http://{NEAR}/\n",
            "a.txt": "hello",
            "b.bin": pointer,
        }
    )
    marker.unlink(missing_ok=True)
    fetcher.checkout(f"{forge}/acme", MAIN, None, tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "hello"
    assert (tmp_path / "out/b.bin").read_text() == pointer
    assert not marker.exists()


def test_the_ssh_of_a_job_calls_the_address_that_was_looked_at(fetcher, monkeypatch):
    monkeypatch.setattr(towards_module, "_resolve", lambda _host, _port: ["203.0.113.7"])
    url = "ssh://git@git.example.org:2222/acme.git"
    command = towards_module.towards(fetcher.git, url).environment["GIT_SSH_COMMAND"]
    asked = [*shlex.split(command), "-G", "-p", "2222", "git@git.example.org"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20).stdout
    assert "hostname 203.0.113.7\n" in told
    assert "hostkeyalias [git.example.org]:2222\n" in told
