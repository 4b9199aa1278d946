"""The administrator has one door, and it leads to the database `postgres` alone: no code goes round it."""

import ast
import inspect
from pathlib import Path

import pytest

import ipai_toolbox
from ipai_toolbox import dump, foreign_sql, identity, manifest
from ipai_toolbox.login import Login
from ipai_toolbox.outcome import Failure
from ipai_toolbox.postgres import Server
from ipai_toolbox.tenant import tenant

TOOLBOX = Path(ipai_toolbox.__file__).parent
TREES = {
    path.relative_to(TOOLBOX).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(TOOLBOX.rglob("*.py"))
}
CLIENTS = ("psql", "pg_dump", "pg_dumpall", "pg_restore", "createdb", "dropdb", "createuser")
CLIENTS += (
    "dropuser",
    "vacuumdb",
    "reindexdb",
    "clusterdb",
    "pg_basebackup",
    "pgbench",
    "pg_isready",
)
AT_HOME = {
    "psql": {"login.py"},
    "pg_dump": {"dump.py"},
    "pg_restore": {"dump.py", "verbs/export_zip.py"},  # the latter writes a text, without a server
}


def files_where(is_it):
    """The files that have a node for which it holds."""
    return {name for name, tree in TREES.items() if any(map(is_it, ast.walk(tree)))}


def is_text(value):
    return lambda node: isinstance(node, ast.Constant) and node.value == value


def is_call(*names):
    def is_it(node):
        if not isinstance(node, ast.Call):
            return False
        called = node.func
        return getattr(called, "attr", getattr(called, "id", "")) in names

    return is_it


@pytest.mark.parametrize("program", CLIENTS)
def test_programs_of_postgresql_are_started_in_one_place(program):
    assert files_where(is_text(program)) <= AT_HOME.get(program, set())


def test_connections_are_opened_in_one_place_for_each_kind_of_login():
    """`odoo_facts` is the target's own role, from its odoo.conf."""

    def opens(node):
        return is_call("connect")(node) and "psycopg2" in ast.dump(node.func)

    assert files_where(opens) == {"login.py", "odoo_facts.py"}
    assert files_where(is_text("PGUSER")) == {"login.py"}


def test_logins_are_made_for_the_administrators_home_and_for_jobs_alone():
    assert files_where(is_call("Login")) == {"postgres.py", "tenant.py"}
    assert files_where(is_call("_administrator")) == {"postgres.py"}
    assert files_where(is_text("postgres-admin")) <= {"postgres.py", "blank.py"}


def test_only_extensions_are_made_by_the_administrator_in_a_new_database():
    assert files_where(is_call("run_in_new")) == {"extensions.py"}


def test_nothing_that_the_administrator_is_asked_takes_the_name_of_a_database():
    for name in ("rows", "value", "run", "attempt", "connect", "wait"):
        words = set(inspect.signature(getattr(Server, name)).parameters) - {"self"}
        assert words <= {"query", "statements"}, name
    server = Server("db", 5432, Path("/none"))
    assert server._home.environment()["PGDATABASE"] == "postgres"


def test_every_session_of_the_administrator_finds_the_servers_own_functions_alone():
    options = Server("db", 5432, Path("/none"))._home.options()
    assert "-c search_path=pg_catalog,pg_temp" in options


def test_what_reads_or_fills_a_database_wants_a_login_and_no_server():
    for work in (
        dump.write_dump,
        dump.read_dump,
        foreign_sql.run_script,
        identity.renew,
        identity.is_odoo,
        manifest.frozen,
        manifest.row_counts,
    ):
        first = next(iter(inspect.signature(work).parameters.values()))
        assert first.annotation is Login, work.__name__


def test_a_login_says_at_once_who_it_is_and_where_it_looks():
    login = Login("db", 5432, Path("/none"), "ipai_job_1", "acme", role="acme role")
    assert "-c role=acme\\ role" in login.options()
    assert "-c search_path=public,pg_temp" in login.options()
    assert "-c standard_conforming_strings=on" in login.options()


def test_a_job_has_no_login_without_a_role():
    with (
        pytest.raises(Failure, match="names no role"),
        tenant(Server("db", 5432, Path("/none")), "acme", ""),
    ):
        pass
