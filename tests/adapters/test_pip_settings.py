"""Which index the machine's own pip asks: by the environment, by its configuration, by itself."""

import sys

import pytest
from ipai_module_manager.adapters import pip_settings

HELP = """
Package Index Options:
  -i, --index-url <url>       Base URL of the Python Package Index (default
                              https://packages.example.com/simple). This should point
  --extra-index-url <url>     Extra URLs of package indexes (default none)
"""
PIP = """#!/bin/sh
if [ "$1" = config ]; then [ -n "{configured}" ] && echo "{configured}" && exit 0; exit 1; fi
cat "{help}"
"""


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """Put a pip on the path that says what it is told to say."""
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python-without-pip"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "help.txt").write_text(HELP)

    def put(configured):
        program = tmp_path / "pip3"
        program.write_text(PIP.format(configured=configured, help=tmp_path / "help.txt"))
        program.chmod(0o755)

    return put


def test_the_environment_says_it_first(pip, monkeypatch):
    pip("https://configured.example.com/simple")
    monkeypatch.setenv("PIP_INDEX_URL", " https://given.example.com/simple ")
    assert pip_settings.index_url() == "https://given.example.com/simple"


def test_then_pips_configuration(pip):
    pip("https://configured.example.com/simple")
    assert pip_settings.index_url() == "https://configured.example.com/simple"


def test_then_what_pip_asks_by_itself(pip):
    pip("")
    assert pip_settings.index_url() == "https://packages.example.com/simple"


def test_the_certificates_are_the_environments_or_pips_or_requests_own(pip, monkeypatch):
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    pip("")
    assert pip_settings.certificates() is True
    pip("/etc/ssl/own.crt")
    assert pip_settings.certificates() == "/etc/ssl/own.crt"
    monkeypatch.setenv("PIP_CERT", "/etc/ssl/given.crt")
    assert pip_settings.certificates() == "/etc/ssl/given.crt"


def test_without_any_pip_there_is_no_address(tmp_path, monkeypatch):
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python-without-pip"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pip_settings.index_url() == ""
