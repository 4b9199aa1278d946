"""The demo forge's hook says what Gitea says, and the control plane understands it."""

import subprocess

import pytest
from ipai_ops.engine import webhooks

from provision import post_receive

ZERO = "0" * 40
SECRET = "s3cret"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "-m", "Say hello"]):
        subprocess.run([*git, *words], check=True, timeout=30)
    monkeypatch.chdir(tmp_path)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return head.stdout.strip()


def heard(before, after, ref):
    """What the control plane makes of the hook's message, its signature checked."""
    event, payload = post_receive.message(before, after, ref, "demo")
    sent = post_receive.request("http://ops.test/ipai/hook/demo", SECRET, event, payload)
    headers = {name.lower(): value for name, value in sent.headers.items()}
    forge = webhooks.forge_of(headers)
    assert forge.verify(headers, sent.data, SECRET)
    assert not forge.verify(headers, sent.data, "another")
    return forge.parse(headers, sent.data)


def test_a_push_is_heard_with_commit_subject_and_author(repository):
    event = heard(ZERO, repository, "refs/heads/main")
    assert isinstance(event, webhooks.PushEvent)
    assert (event.branch, event.commit) == ("main", repository)
    assert (event.subject, event.author) == ("Say hello", "Ada")


def test_a_deleted_branch_is_heard(repository):
    event = heard(repository, ZERO, "refs/heads/feature/x")
    assert event == webhooks.BranchDeleted("feature/x")


def test_a_tag_is_nobodys_business(repository):
    assert post_receive.message(ZERO, repository, "refs/tags/v1", "demo") is None
