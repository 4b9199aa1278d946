"""Only who knows the secret is believed."""

import hashlib
import hmac

import pytest
from ipai_ops.engine.webhooks import generic, gitea, github, gitlab

SECRET = "correct horse"
BODY = b'{"ref": "refs/heads/main"}'
DIGEST = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

SIGNED = {
    github: {"x-hub-signature-256": f"sha256={DIGEST}"},
    gitea: {"x-gitea-signature": DIGEST},
    gitlab: {"x-gitlab-token": SECRET},
    generic: {"x-ipai-signature": f"sha256={DIGEST}"},
}
FORGES = pytest.mark.parametrize("forge", SIGNED, ids=lambda forge: forge.NAME)


@FORGES
def test_a_right_signature_is_believed(forge):
    assert forge.verify(SIGNED[forge], BODY, SECRET)


@FORGES
def test_another_secret_is_not_believed(forge):
    assert not forge.verify(SIGNED[forge], BODY, "another")


@FORGES
def test_a_missing_signature_is_not_believed(forge):
    assert not forge.verify({}, BODY, SECRET)


@FORGES
def test_a_blank_secret_lets_nobody_in(forge):
    blank = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    headers = {
        "x-hub-signature-256": f"sha256={blank}",
        "x-gitea-signature": blank,
        "x-gitlab-token": "",
        "x-ipai-signature": f"sha256={blank}",
    }
    assert not forge.verify(headers, BODY, "")


@pytest.mark.parametrize("forge", [github, gitea, generic], ids=lambda forge: forge.NAME)
def test_a_changed_body_is_not_believed(forge):
    assert not forge.verify(SIGNED[forge], BODY + b" ", SECRET)


@pytest.mark.parametrize("header", ["sha1=" + "0" * 40, "sha256=", DIGEST, "sha256=ü", "="])
def test_a_strange_signature_of_github_is_not_believed(header):
    assert not github.verify({"x-hub-signature-256": header}, BODY, SECRET)


def test_forgejo_signs_under_its_own_name():
    assert gitea.verify({"x-forgejo-signature": DIGEST}, BODY, SECRET)


def test_github_says_which_delivery_it_is():
    assert github.delivery_id({"x-github-delivery": "72d3162e"}) == "72d3162e"


def test_a_retry_of_gitlab_keeps_the_id_that_is_looked_at_first():
    headers = {"x-gitlab-event-uuid": "new-each-time", "idempotency-key": "stays"}
    assert gitlab.delivery_id(headers) == "stays"
