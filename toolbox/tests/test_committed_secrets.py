"""Committed secrets are told by their place and kind, and never shown."""

import pytest

from ipai_toolbox.committed_secrets import MOST_WARNINGS, committed_secrets

# Put together here, so that no search takes this file for a leak.
SECRETS = {
    "a private key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA",
    "an access key of AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "a token of GitHub": "ghp_" + "a1B2" * 9,
    "a token of GitLab": "glpat-" + "a1B2c3D4e5" * 2,
    "a token of Slack": "xoxb-" + "123456789012-" + "a1B2c3D4e5",
    "a secret key of Stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "a key of Google": "AIza" + "a1B2c" * 7,
    "a key of SendGrid": "SG." + "a1B2c3D4" * 2 + "." + "a1B2c3D4" * 4,
    "a token of npm": "npm_" + "a1B2" * 9,
    "a token of a Python index": "pypi-" + "a1B2c" * 11,
    "a password in a URL": "postgresql://shop:" + "hunter2hunter2@db.example.org/shop",
    "a password of odoo.conf": "admin_passwd = " + "correct-horse",
}


@pytest.mark.parametrize("what", SECRETS)
def test_each_kind_is_found_and_not_shown(tmp_path, what):
    secret = SECRETS[what]
    (tmp_path / "settings.py").write_text(f"first = 1\n{secret}\n")
    [warning] = committed_secrets(tmp_path)
    assert warning.startswith(f"settings.py:2 looks like {what}")
    assert secret.splitlines()[-1][-12:] not in warning


@pytest.mark.parametrize(
    "line",
    [
        "url = 'https://user:password@example.org'",
        "dsn = f'postgresql://{user}:{password}@{host}/db'",
        "git clone https://example.org/acme/erp.git",
        "admin_passwd = admin",
        "db_password = False",
        "-----BEGIN PUBLIC KEY-----",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    ],
)
def test_examples_and_placeholders_are_let_be(tmp_path, line):
    (tmp_path / "README.md").write_text(line)
    assert committed_secrets(tmp_path) == ()


def test_pictures_links_and_large_files_are_passed_over(tmp_path):
    secret = SECRETS["a token of npm"]
    (tmp_path / "picture.png").write_bytes(b"\0" + secret.encode())
    (tmp_path / "large.sql").write_text(secret + "x" * (1 << 20))
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert committed_secrets(tmp_path) == ()


def test_the_search_ends_after_a_screenful(tmp_path):
    (tmp_path / "keys").write_text((SECRETS["an access key of AWS"] + "\n") * 100)
    assert len(committed_secrets(tmp_path, "extra/")) == MOST_WARNINGS + 1
