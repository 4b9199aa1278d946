import os
import threading
import time
from pathlib import Path

import pytest
from toolbox_samples import RecordedEvents

from ipai_toolbox.checkout import Fetcher, resolve_url
from ipai_toolbox.git import explain, git_for, shown
from ipai_toolbox.mirror import locked_mirror
from ipai_toolbox.outcome import Failure

MAIN = "refs/heads/main"


@pytest.fixture
def fetcher(places, tmp_path, events):
    work = tmp_path / "work"
    work.mkdir()
    return Fetcher(git_for(places, "file:///x", work), places.mirrors, work, events)


def test_the_tip_of_a_branch_is_checked_out(fetcher, make_repo, tmp_path):
    repo = make_repo()
    commit = repo.commit({"a/b.txt": "hello"}, subject="Say: hello")
    checkout = fetcher.checkout(repo.url, MAIN, None, tmp_path / "out")
    assert (tmp_path / "out/a/b.txt").read_text() == "hello"
    assert (checkout.commit, checkout.subject, checkout.author) == (commit, "Say: hello", "Ada")
    assert not (tmp_path / "out/.git").exists()


def test_an_older_commit_can_be_named(fetcher, make_repo, tmp_path):
    repo = make_repo()
    first = repo.commit({"f": "1"})
    repo.commit({"f": "2", "g": "new"})
    fetcher.checkout(repo.url, MAIN, first, tmp_path / "out")
    assert (tmp_path / "out/f").read_text() == "1"
    assert not (tmp_path / "out/g").exists()


def test_the_mirror_is_fetched_again_and_follows_forced_pushes_and_deletions(
    fetcher, make_repo, tmp_path
):
    repo = make_repo()
    repo.commit({"f": "1"})
    repo.git("branch", "feature")
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "one")
    repo.git("branch", "-D", "feature")
    repo.git("branch", "feature/x")
    repo.write({"f": "2"})
    repo.git("commit", "--quiet", "--all", "--amend", "-m", "forced")
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "two")
    assert (tmp_path / "two/f").read_text() == "2"
    with pytest.raises(Failure, match="Branch feature is not in the repository"):
        fetcher.checkout(repo.url, "refs/heads/feature", None, tmp_path / "three")


def test_a_pull_request_reference_is_fetched(fetcher, make_repo, tmp_path):
    repo = make_repo()
    repo.commit({"f": "main"})
    repo.git("checkout", "--quiet", "-b", "topic")
    commit = repo.commit({"f": "proposed"})
    repo.git("update-ref", "refs/pull/4/head", commit)
    repo.git("checkout", "--quiet", "main")
    repo.git("branch", "-D", "topic")
    fetcher.checkout(repo.url, "refs/pull/4/head", None, tmp_path / "out")
    assert (tmp_path / "out/f").read_text() == "proposed"


def test_the_remotes_head_can_be_asked_for(fetcher, make_repo, tmp_path):
    repo = make_repo()
    repo.commit({"f": "head"})
    fetcher.checkout(repo.url, "HEAD", None, tmp_path / "out")
    assert (tmp_path / "out/f").read_text() == "head"


@pytest.mark.parametrize(
    "ref,commit,words",
    [
        ("refs/heads/absent", None, "Branch absent is not in the repository"),
        ("refs/pull/9/head", None, "refs/pull/9/head is not in the repository"),
        (
            MAIN,
            "0123456789abcdef0123456789abcdef01234567",
            "Commit 0123456789ab is not in the repository",
        ),
        (MAIN, "--upload-pack=x", "is not a commit id"),
        ("refs/heads/a b", None, "is not the name of a branch"),
    ],
)
def test_what_is_not_there_is_named(fetcher, make_repo, tmp_path, ref, commit, words):
    repo = make_repo()
    repo.commit({"f": "1"})
    with pytest.raises(Failure, match=words) as failure:
        fetcher.checkout(repo.url, ref, commit, tmp_path / "out")
    assert failure.value.hint


def test_an_unreachable_repository_is_one_sentence(fetcher, tmp_path):
    with pytest.raises(Failure, match=r"gone\.git") as failure:
        fetcher.checkout(f"file://{tmp_path}/gone.git", MAIN, None, tmp_path / "out")
    assert "\n" not in failure.value.cause


def test_an_address_that_looks_like_an_option_is_refused(fetcher, tmp_path):
    with pytest.raises(Failure, match="is not the address"):
        fetcher.checkout("--upload-pack=touch /tmp/x", MAIN, None, tmp_path / "out")


def test_only_network_protocols_are_allowed(places, monkeypatch, make_repo, tmp_path, events):
    monkeypatch.delenv("IPAI_GIT_PROTOCOLS")
    repo = make_repo()
    repo.commit()
    fetcher = Fetcher(git_for(places, repo.url, tmp_path), places.mirrors, tmp_path, events)
    with pytest.raises(Failure, match="it is none of a server"):
        fetcher.checkout(repo.url, MAIN, None, tmp_path / "out")


def test_submodules_are_brought_also_nested_and_with_relative_addresses(
    fetcher, make_repo, tmp_path
):
    inner, middle, outer = make_repo("inner"), make_repo("middle"), make_repo("outer")
    inner.commit({"deep.txt": "deep"})
    middle.git("submodule", "--quiet", "add", "../inner", "vendor/inner")
    middle.commit({"middle.txt": "m"})
    outer.git("submodule", "--quiet", "add", middle.url, "libs/middle")
    outer.commit({"top.txt": "t"})
    inner.commit({"deep.txt": "newer, not pinned"})
    fetcher.checkout(outer.url, MAIN, None, tmp_path / "out")
    assert (tmp_path / "out/libs/middle/middle.txt").read_text() == "m"
    assert (tmp_path / "out/libs/middle/vendor/inner/deep.txt").read_text() == "deep"


def test_a_submodule_that_cannot_be_fetched_is_named(fetcher, make_repo, tmp_path):
    inner, outer = make_repo("inner"), make_repo("outer")
    inner.commit({"x": "1"})
    outer.git("submodule", "--quiet", "add", "../inner", "vendor/inner")
    outer.commit()
    inner.path.rename(tmp_path / "moved")
    with pytest.raises(Failure, match="Submodule vendor/inner cannot be fetched"):
        fetcher.checkout(outer.url, MAIN, None, tmp_path / "out")


def test_a_submodule_without_address_is_left_empty_and_told(fetcher, make_repo, tmp_path, events):
    repo = make_repo()
    head = repo.commit({"x": "1"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},lost")
    repo.git("commit", "--quiet", "-m", "a link without address")
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "out")
    assert "lost" in events.messages("warning")[0]


def test_a_submodule_behind_a_link_out_of_the_repository_is_refused(fetcher, make_repo, tmp_path):
    inner, outer = make_repo("inner"), make_repo("outer")
    inner.commit({"x": "1"})
    outer.commit({".gitmodules": f'[submodule "e"]\n\tpath = link/evil\n\turl = {inner.url}\n'})
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "out/.gitmodules").write_text((outer.path / ".gitmodules").read_text())
    head = inner.git("rev-parse", "HEAD")
    with pytest.raises(Failure, match="points outside"):
        fetcher._submodules(outer.url, {"link/evil": head}, tmp_path / "out", depth=1)


@pytest.mark.parametrize(
    "base,url,expected",
    [
        ("https://h/o/repo.git", "../other.git", "https://h/o/other.git"),
        ("https://h/o/repo.git/", "../../p/other", "https://h/p/other"),
        ("git@h:o/repo.git", "../other.git", "git@h:o/other.git"),
        ("git@h:repo.git", "../other.git", "git@h:other.git"),
        ("https://h/o/repo", "./sub", "https://h/o/repo/sub"),
        ("https://h/o/repo", "https://x/y", "https://x/y"),
    ],
)
def test_relative_addresses_resolve_as_git_does(base, url, expected):
    assert resolve_url(base, url) == expected


def test_a_mirror_is_used_by_one_build_at_a_time(places, make_repo, tmp_path):
    repo = make_repo()
    git = git_for(places, repo.url, tmp_path)
    order = []

    def second():
        with locked_mirror(git, repo.url, places.mirrors):
            order.append("second")

    with locked_mirror(git, repo.url, places.mirrors):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]


def test_waiting_for_a_mirror_ends(places, make_repo, tmp_path):
    repo = make_repo()
    git = git_for(places, repo.url, tmp_path)
    with locked_mirror(git, repo.url, places.mirrors):
        impatient = locked_mirror(git, repo.url, places.mirrors, wait_seconds=0.1)
        with pytest.raises(Failure, match="busy"):
            impatient.__enter__()


def test_what_a_killed_fetch_left_does_not_matter(fetcher, places, make_repo, tmp_path):
    repo = make_repo()
    repo.commit({"f": "1"})
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "one")
    mirror = next(places.mirrors.glob("*.git"))
    (mirror / "packed-refs.lock").touch()
    (mirror / "refs/heads/main.lock").touch()
    repo.commit({"f": "2"})
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "two")
    assert (tmp_path / "two/f").read_text() == "2"


def test_a_damaged_mirror_is_cloned_anew(fetcher, places, make_repo, tmp_path):
    repo = make_repo()
    repo.commit({"f": "1"})
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "one")
    mirror = next(places.mirrors.glob("*.git"))
    for path in (mirror / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"")
    repo.commit({"f": "2"})
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "two")
    assert (tmp_path / "two/f").read_text() == "2"


def test_a_token_goes_only_to_the_host_of_the_repository(places, tmp_path):
    (places.secrets / "git-credentials").write_text("bot:to/ken\n")
    git = git_for(places, "https://git.example/o/r.git", tmp_path)
    filled = git.run("credential", "fill", timeout_seconds=10)
    assert "to/ken" not in " ".join(filled.command) + repr(git.environment)
    answers = {}
    for host in ("git.example", "evil.example"):
        answers[host] = credential(git, host)
    assert "password=to/ken" in answers["git.example"]
    assert "to/ken" not in answers["evil.example"]


def credential(git, host: str) -> str:
    from ipai_toolbox.process import capture

    question = f"protocol=https\nhost={host}\npath=o/r.git\n\n"
    return capture(
        ["git", "credential", "fill"], timeout_seconds=10, env=git.environment, stdin=question
    ).output


def test_a_key_is_given_to_ssh_as_a_private_file(places, tmp_path):
    (places.secrets / "git-credentials").write_text(
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END\n"
    )
    command = git_for(places, "git@host:o/r.git", tmp_path).environment["GIT_SSH_COMMAND"]
    key = command.split("-i ")[1].split()[0]
    assert os.stat(key).st_mode & 0o077 == 0
    assert Path(key).read_text().endswith("-----END\n")


@pytest.mark.parametrize(
    "errors,words",
    [
        ("fatal: Could not resolve host: nowhere", "unknown host name"),
        ("fatal: unable to connect: Connection refused", "does not accept connections"),
        ("remote: Repository not found.", "does not exist or is not readable"),
        ("fatal: Authentication failed for 'x'", "refused the credentials"),
        ("error: file write error: No space left on device", "disk is full"),
        ("something odd\nfatal: odd end", "cannot be reached: fatal: odd end"),
    ],
)
def test_complaints_become_sentences(errors, words):
    assert words in explain("https://bot:pw@host/r", errors).cause


def test_passwords_are_not_shown():
    assert shown("https://bot:pw@host/r") == "https://host/r"
    assert shown("git@host:o/r") == "git@host:o/r"


def test_the_log_tells_what_is_fetched(fetcher, make_repo, tmp_path, events: RecordedEvents):
    repo = make_repo()
    repo.commit()
    fetcher.checkout(repo.url, MAIN, None, tmp_path / "out")
    assert events.messages() == [f"Fetching {repo.url} (main)"]
