"""A secret shows in no form in a log."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ipai_ops.engine.redact import MASK, Redactor, blank

SECRET = 'p4ss/w+rd&"quoted" ü'
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\nAAAAshort\n-----END"


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_blanked_in_every_usual_form(shown):
    text = Redactor([SECRET]).text(f"using {shown} now")
    assert shown not in text
    assert MASK in text


@pytest.mark.parametrize("before", ["", "u:", "us:", "user:", "someone:"])
def test_a_secret_inside_a_basic_authorization_header_is_blanked(before):
    header = base64.b64encode(f"{before}topsecretvalue".encode()).decode()
    rest = Redactor(["topsecretvalue"]).text(header).replace(MASK, "")
    own = len(base64.b64encode(before.encode()))
    assert len(rest) <= own + 4  # at most the name before it and two bits at each border


def test_a_private_key_is_blanked_line_by_line():
    text = Redactor([KEY]).text("debug1: b3BlbnNzaC1rZXktdjEAAAAABG5vbmU")
    assert "b3Blbn" not in text


def test_the_token_of_git_credentials_is_blanked_alone():
    assert blank("token glpat-1234567890", ["ci:glpat-1234567890"]) == f"token {MASK}"


def test_a_password_in_any_url_is_blanked():
    assert blank("clone https://ci:unknown@git.example.org/x", []) == (
        f"clone https://{MASK}@git.example.org/x"
    )


def test_a_url_without_a_password_stays():
    text = "GET https://example.org:8080/a@b and ssh://git@example.org/x"
    assert blank(text, []) == text


def test_very_short_secrets_do_not_tear_words_apart():
    assert blank("an ordinary line", ["a", "line", ""]) == "an ordinary line"


def test_values_inside_payloads_are_blanked():
    value = {"password": SECRET, "list": [SECRET, 1, None], "n": 2}
    assert Redactor([SECRET]).value(value) == {"password": MASK, "list": [MASK, 1, None], "n": 2}


@example("00000000", "%", "")
@given(st.text(min_size=8, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_no_secret_survives_between_any_texts(secret, before, after):
    secret = secret.strip()
    if len(secret) < 6 or secret in MASK:
        return
    assert secret not in blank(before + secret + after, [secret]).replace(MASK, "\0")
