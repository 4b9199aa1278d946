"""How a target learns of its proxy, and that its mail servers give way to the catcher."""

import os

import pytest

from ipai_toolbox.blank import blanker, secret_values
from ipai_toolbox.odoo_facts import TargetDatabase
from ipai_toolbox.verbs import serve
from ipai_toolbox.way_out import PROXY, proxy_variables

URL = "http://env-5:pass-word-of-the-proxy@ipai-egress:3128"


def test_without_a_list_no_program_uses_a_proxy(places):
    assert proxy_variables(places) == {}


def test_programs_find_the_proxy_in_both_spellings(places):
    (places.secrets / PROXY).write_text(URL)
    found = proxy_variables(places)
    assert found["HTTPS_PROXY"] == found["https_proxy"] == found["HTTP_PROXY"] == URL
    assert "127.0.0.1" in found["NO_PROXY"]


def test_the_proxys_password_is_blanked_in_what_a_job_says(places):
    (places.secrets / PROXY).write_text(URL)
    blank = blanker(secret_values(places, {}))
    assert blank(f"cannot reach {URL}") == "cannot reach http://•••@ipai-egress:3128"


def test_odoo_is_started_with_the_proxy(places, environ, monkeypatch):
    (places.secrets / PROXY).write_text(URL)
    (places.secrets / "odoo.conf").write_text("[options]\n")
    monkeypatch.setattr(serve, "server_command", lambda places: ["odoo"])
    monkeypatch.setattr(serve, "odoo_user", lambda: None)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.setenv(name, "")
        monkeypatch.setenv(name.lower(), "")
    started = {}
    monkeypatch.setattr(os, "execv", lambda *words: started.update(os.environ))
    serve.main(environ)
    assert started["HTTPS_PROXY"] == URL


class Cursor:
    """A cursor that keeps the statement, and says how many rows it met."""

    rowcount = 2

    def __init__(self):
        self.statements = []

    def execute(self, statement, _values):
        self.statements.append(statement)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


class Connection(Cursor):
    def __init__(self):
        super().__init__()
        self.one = Cursor()

    def cursor(self):
        return self.one


@pytest.mark.parametrize("rows", [2])
def test_every_active_mail_server_is_switched_off_and_counted(rows):
    connection = Connection()
    assert TargetDatabase(connection, "db").switch_off_mail_servers() == rows
    assert connection.one.statements == ["UPDATE ir_mail_server SET active = false WHERE active"]
