"""Who is who, and which hosts are whose."""

import asyncio
import hashlib
import json

import pytest
from policy import Account, Policy, read_accounts

PASSWORD = "pass word"


def body(hosts=(), environment=5):
    row = {
        "environment": environment,
        "login": f"env-{environment}",
        "password_sha256": hashlib.sha256(PASSWORD.encode()).hexdigest(),
        "hosts": [list(host) for host in hosts],
    }
    return json.dumps({"accounts": [row]}).encode()


@pytest.mark.parametrize(
    ("login", "password", "is_known"),
    [
        ("env-5", PASSWORD, True),
        ("env-5", "wrong", False),
        ("env-6", PASSWORD, False),
        ("env-5", "", False),
        ("", "", False),
    ],
)
def test_only_login_and_password_together_are_an_environment(tmp_path, login, password, is_known):
    policy = Policy(tmp_path / "policy.json")
    policy.take('"1"', body())
    assert bool(policy.account(login, password)) is is_known


@pytest.mark.parametrize(
    ("host", "port", "may"),
    [
        ("api.example.com", 443, True),
        ("API.example.com.", 443, True),
        ("api.example.com", 80, False),
        ("example.com", 443, False),
        ("x.api.example.com", 443, False),
        ("a.example.org", 8443, True),
        ("a.b.example.org", 8443, True),
        ("example.org", 8443, False),
        ("evilexample.org", 8443, False),
        (".example.org", 8443, False),
    ],
)
def test_a_host_is_reached_when_it_is_listed(host, port, may):
    account = Account(5, "", (("api.example.com", 443), ("*.example.org", 8443)))
    assert account.may_reach(host, port) is may


def test_a_restart_goes_on_with_the_last_good_policy(tmp_path):
    Policy(tmp_path / "policy.json").take('"1"', body([("a.example.com", 443)]))
    again = Policy(tmp_path / "policy.json")
    assert again.account("env-5", PASSWORD).may_reach("a.example.com", 443)


@pytest.mark.parametrize("bad", [b"", b"{}", b"[]", b'{"accounts": [{"login": "x"}]}'])
def test_a_bad_policy_changes_nothing(tmp_path, bad):
    policy = Policy(tmp_path / "policy.json")
    policy.take('"1"', body())
    with pytest.raises((ValueError, KeyError, TypeError)):
        policy.take('"2"', bad)
    assert policy.account("env-5", PASSWORD)
    assert read_accounts((tmp_path / "policy.json").read_bytes())


def test_a_policy_that_the_disk_lost_stops_nothing(tmp_path):
    (tmp_path / "policy.json").write_bytes(b"")
    assert Policy(tmp_path / "policy.json").account("env-5", PASSWORD) is None


class Flaky:
    """A control plane that answers, is away, talks nonsense, and answers again."""

    def __init__(self):
        self.answers = [("1", body()), OSError("away"), ("2", b"nonsense"), ("3", body((), 6))]
        self.asked = []

    def policy(self, etag):
        self.asked.append(etag)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_absent_or_confused_control_plane_changes_nothing(tmp_path):
    policy, control = Policy(tmp_path / "policy.json"), Flaky()
    said = [asyncio.run(policy._pull(control)) for _ in range(4)]
    assert [bool(word) for word in said] == [False, True, True, False]
    assert control.asked == ["", "1", "1", "1"]
    assert policy.account("env-6", PASSWORD)
    assert policy.account("env-5", PASSWORD) is None


def test_what_an_operator_opens_comes_with_the_policy_and_stays_over_a_restart(tmp_path):
    opening = {**json.loads(body()), "open": ["192.168.7.0/24", "erp.lan"]}
    Policy(tmp_path / "policy.json").take('"1"', json.dumps(opening).encode())
    again = Policy(tmp_path / "policy.json")
    assert [str(network) for network in again.opened.networks] == ["192.168.7.0/24"]
    assert again.opened.names == ("erp.lan",)


def test_a_policy_that_opens_nonsense_changes_nothing(tmp_path):
    policy = Policy(tmp_path / "policy.json")
    with pytest.raises(ValueError, match="not/a/network"):
        policy.take('"1"', json.dumps({**json.loads(body()), "open": ["not/a/network"]}).encode())
    assert policy.account("env-5", PASSWORD) is None
