"""Thirty payloads of three forges: what each means here. See fixtures/webhooks/README.md."""

import json
from pathlib import Path

import pytest
from ipai_ops.engine import webhooks
from ipai_ops.engine.webhooks import BranchDeleted, Ignored, Ping, PullRequestEvent, PushEvent

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "webhooks"

FIRST = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821"
MAIN = "3f2c1a9d0e5b47c8a6f1d2e3b4c5a6978d0e1f2a"
POS = "9b01ce77aa4d3e2f1c0b9a8d7e6f5c4b3a291807"


def github_request(**changes):
    facts = {
        "number": 2,
        "is_open": True,
        "branch": "changes",
        "commit": HEAD,
        "ref": "refs/pull/2/head",
        "url": "https://github.com/Codertocat/Hello-World/pull/2",
        "title": "Update the README with new information.",
        "author": "Codertocat",
    }
    return PullRequestEvent(**{**facts, **changes})


def gitlab_request(**changes):
    facts = {
        "number": 41,
        "is_open": True,
        "branch": "feature/pos",
        "commit": POS,
        "ref": "refs/merge-requests/41/head",
        "url": "https://gitlab.example.org/acme/shop/-/merge_requests/41",
        "title": "Gift cards at the till",
        "author": "Ines Okafor",
    }
    return PullRequestEvent(**{**facts, **changes})


def gitea_request(**changes):
    facts = {
        "ref": "refs/pull/41/head",
        "url": "https://git.example.org/acme/shop/pulls/41",
        "author": "ines",
    }
    return gitlab_request(**{**facts, **changes})


TAGS = Ignored("Tags and other refs are not deployed.")
TAG_MADE = Ignored("Tags are not deployed.")
VAT = "Fix VAT of gift cards"
TILL = "Sell gift cards at the till"

MEANINGS = {
    "github/push-new-branch": (
        "push",
        PushEvent("master", FIRST, "Initial commit", "Codertocat", True),
    ),
    "github/push-tag": ("push", TAGS),
    "github/push-tag-deleted": ("push", TAGS),
    "github/ping": ("ping", Ping()),
    "github/create-tag": ("create", Ignored("The push that follows a new branch counts.")),
    "github/delete-tag": ("delete", TAG_MADE),
    "github/pull-request-opened": ("pull_request", github_request()),
    "github/pull-request-reopened": ("pull_request", github_request()),
    "github/pull-request-synchronize": ("pull_request", github_request()),
    "github/pull-request-closed": ("pull_request", github_request(is_open=False)),
    "gitlab/push": ("Push Hook", PushEvent("main", MAIN, VAT, "Ines Okafor")),
    "gitlab/push-new-branch": (
        "Push Hook",
        PushEvent("feature/pos", POS, "", "Ines Okafor", True),
    ),
    "gitlab/push-branch-deleted": ("Push Hook", BranchDeleted("feature/pos")),
    "gitlab/tag-push": ("Tag Push Hook", TAG_MADE),
    "gitlab/merge-request-open": ("Merge Request Hook", gitlab_request()),
    "gitlab/merge-request-new-commits": ("Merge Request Hook", gitlab_request()),
    "gitlab/merge-request-title-changed": (
        "Merge Request Hook",
        Ignored("Only new commits of a merge request are built."),
    ),
    "gitlab/merge-request-closed": ("Merge Request Hook", gitlab_request(is_open=False)),
    "gitlab/merge-request-merged": ("Merge Request Hook", gitlab_request(is_open=False)),
    "gitlab/merge-request-of-fork": ("Merge Request Hook", gitlab_request(is_from_fork=True)),
    "gitea/push": ("push", PushEvent("main", MAIN, VAT, "Ines Okafor")),
    "gitea/push-new-branch": ("push", PushEvent("feature/pos", POS, TILL, "Ines Okafor", True)),
    "gitea/push-tag": ("push", TAGS),
    "gitea/create-branch": ("create", PushEvent("feature/pos", POS, is_new_branch=True)),
    "gitea/create-tag": ("create", TAG_MADE),
    "gitea/delete-branch": ("delete", BranchDeleted("feature/pos")),
    "gitea/pull-request-opened": ("pull_request", gitea_request()),
    "gitea/pull-request-synchronized": ("pull_request", gitea_request()),
    "gitea/pull-request-closed": ("pull_request", gitea_request(is_open=False)),
    "gitea/pull-request-of-fork": ("pull_request", gitea_request(is_from_fork=True)),
}

HEADERS = {
    "github": lambda event: {"x-github-event": event},
    "gitlab": lambda event: {"x-gitlab-event": event},
    # Gitea sends GitHub's headers as well.
    "gitea": lambda event: {"x-gitea-event": event, "x-github-event": event},
}


def message(name):
    event, meaning = MEANINGS[name]
    body = (FIXTURES / f"{name}.json").read_bytes()
    return HEADERS[name.partition("/")[0]](event), body, meaning


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_a_payload_is_understood(name):
    headers, body, meaning = message(name)
    forge = webhooks.forge_of(headers)
    assert name.startswith(f"{forge.NAME}/")
    assert forge.parse(headers, body) == meaning


def test_there_are_ten_payloads_of_each_forge_and_none_is_forgotten():
    found = {f"{path.parent.name}/{path.stem}" for path in FIXTURES.glob("*/*.json")}
    assert found == set(MEANINGS)
    assert [sum(name.startswith(forge) for name in found) for forge in HEADERS] == [10, 10, 10]


def test_a_branch_deleted_at_github_is_seen_in_both_of_its_messages():
    forge = webhooks.forge_of({"x-github-event": "push"})
    push = {"ref": "refs/heads/feature/pos", "after": "0" * 40, "head_commit": None}
    delete = {"ref": "feature/pos", "ref_type": "branch"}
    gone = BranchDeleted("feature/pos")
    assert forge.parse({"x-github-event": "push"}, json.dumps(push).encode()) == gone
    assert forge.parse({"x-github-event": "delete"}, json.dumps(delete).encode()) == gone


def test_a_pull_request_of_a_deleted_fork_counts_as_one_of_a_fork():
    headers, body, _meaning = message("github/pull-request-opened")
    data = json.loads(body)
    data["pull_request"]["head"]["repo"] = None
    event = webhooks.forge_of(headers).parse(headers, json.dumps(data).encode())
    assert event.is_from_fork


# All that these say is in their headers or in their first word.
BRIEF = {"github/ping", "github/create-tag", "gitlab/tag-push"}


@pytest.mark.parametrize("name", sorted(set(MEANINGS) - BRIEF))
def test_a_payload_without_its_parts_is_malformed_and_no_crash(name):
    headers, body, _meaning = message(name)
    kept = {"object_kind": json.loads(body).get("object_kind"), "ref": 7, "object_attributes": []}
    with pytest.raises(webhooks.Malformed):
        webhooks.forge_of(headers).parse(headers, json.dumps(kept).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("forge", webhooks.FORGES, ids=lambda forge: forge.NAME)
def test_a_body_that_is_no_json_object_is_malformed(forge, body):
    with pytest.raises(webhooks.Malformed):
        forge.parse({"x-github-event": "push", "x-gitea-event": "push"}, body)
