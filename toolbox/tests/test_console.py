"""What a person types: asked of a real PostgreSQL and of real shells."""

import json
import os
import uuid
from pathlib import Path

import psycopg2
import pytest

from ipai_toolbox.console_sql import MOST_ROWS, Answer, ask, change
from ipai_toolbox.job import Job
from ipai_toolbox.odoo_conf import read_options
from ipai_toolbox.outcome import Failure
from ipai_toolbox.session import target_session
from ipai_toolbox.spec import read_spec
from ipai_toolbox.verbs import console


def options():
    return read_options(Path(os.environ.get("ODOO_RC") or f"{os.environ['IPAI_STATE']}/shell.conf"))


@pytest.fixture(scope="module")
def database():
    """A database of this module with three people in it."""
    name = f"console_{uuid.uuid4().hex[:8]}"
    with target_session(options(), "postgres") as session:
        session.run(f"CREATE DATABASE {name}")
    with target_session(options(), name) as session:
        session.run(
            "CREATE TABLE person AS SELECT g AS id, 'P' || g AS name FROM generate_series(1, 3) g"
        )
        session.run("CREATE SEQUENCE counter")
    yield name
    with target_session(options(), "postgres") as session:
        session.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def session(database):
    with target_session(options(), database) as session:
        yield session


def people(database):
    with target_session(options(), database) as session:
        return session.value("SELECT string_agg(name, ',' ORDER BY id) FROM person")


def test_a_query_s_rows_come_as_a_table(session):
    assert ask(session, "SELECT id, name FROM person ORDER BY id;").lines() == [
        "id | name",
        "---+-----",
        "1  | P1",
        "2  | P2",
        "3  | P3",
        "(3 rows)",
    ]


@pytest.mark.parametrize(
    "query", ["VALUES (1, 2)", "EXPLAIN SELECT 1", "SHOW server_version", "TABLE person"]
)
def test_whatever_gives_rows_may_be_asked(session, query):
    assert ask(session, query).rows


def test_columns_of_one_name_and_empty_cells_are_kept(session):
    found = ask(
        session, "SELECT 1 AS a, NULL AS a, '{\"b\": 2}'::jsonb AS c, 'x' || chr(10) || 'y' AS d"
    )
    assert (found.names, found.rows) == (("a", "a", "c", "d"), [("1", "", '{"b": 2}', "x⏎y")])


def test_many_rows_are_cut_and_that_is_said(session):
    found = ask(session, "SELECT generate_series(1, 100000)")
    assert len(found.rows) == MOST_ROWS
    assert found.lines()[-1] == "(1000 rows, more were left out after 1000)"


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM person",
        "DELETE FROM person RETURNING id",
        "WITH gone AS (DELETE FROM person RETURNING id) SELECT * FROM gone",
        "SELECT 1; DELETE FROM person",
        "COMMIT; DELETE FROM person",
        "ROLLBACK; SET default_transaction_read_only = off; DELETE FROM person",
        "SET TRANSACTION READ WRITE; DELETE FROM person",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "DO $x$ BEGIN COMMIT; DELETE FROM person; END $x$",
        "SELECT pg_temp.ipai_ask('DELETE FROM person RETURNING id', 5)",
        "CREATE TABLE other (id int)",
        "TRUNCATE person",
        "SELECT nextval('counter')",
    ],
)
def test_nothing_is_written_by_whatever_was_not_allowed_to(database, session, text):
    try:
        ask(session, text)
    except Failure as failure:
        assert failure.hint
    assert people(database) == "P1,P2,P3"
    with target_session(options(), database) as other:
        assert other.value("SELECT to_regclass('other') IS NULL")
        assert not other.value("SELECT is_called FROM counter")


def test_a_refused_change_says_how_to_allow_it(session):
    with pytest.raises(Failure) as caught:
        ask(session, "UPDATE person SET name = 'x'")
    assert "cannot open UPDATE query" in caught.value.cause
    assert "may change data" in caught.value.hint


def test_a_wrong_statement_is_told_in_the_server_s_words(session):
    with pytest.raises(Failure, match='relation "nobody" does not exist'):
        ask(session, "SELECT * FROM nobody")


def test_changes_are_made_all_or_none(database, session):
    with pytest.raises(Failure, match="does not exist"):
        change(session, "UPDATE person SET name = 'x'; UPDATE nobody SET name = 'x'")
    assert people(database) == "P1,P2,P3"
    assert change(session, "UPDATE person SET name = name WHERE id < 3").lines() == [
        "2 rows touched"
    ]
    found = change(session, "UPDATE person SET name = 'P9' WHERE id = 3 RETURNING id, name")
    assert (found.names, found.rows) == (("id", "name"), [("3", "P9")])
    assert people(database) == "P1,P2,P9"
    change(session, "UPDATE person SET name = 'P3' WHERE id = 3")


def test_wide_cells_are_cut_in_the_table():
    assert Answer(("a",), [("x" * 100,)]).lines()[2] == "x" * 59 + "…"


# The verb --------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch, tmp_path, places, events, database):
    """Run a text in a console: ``typed(program, text)`` gives the result; what it said is in events."""
    conf = places.secrets / "odoo.conf"
    conf.write_text(
        Path(os.environ.get("ODOO_RC") or f"{os.environ['IPAI_STATE']}/shell.conf").read_text()
    )
    monkeypatch.setattr(console, "HOME", str(tmp_path))
    monkeypatch.setenv("IPAI_ODOO_USER", "root")

    def run(program, text, **more):
        order = {"run": 7, "step": "console", "attempt": 1, "fence": "7-console-1"}
        order |= {"program": program, "text": text, "minutes": 1, "database": database, **more}
        monkeypatch.setenv("IPAI_SPEC", json.dumps(order))
        return console.run(Job(read_spec(json.dumps(order)), events, places))

    return run


def test_a_shell_speaks_line_by_line_and_knows_no_order_of_its_own(typed, events):
    assert typed("shell", 'echo one; echo two >&2; echo "<$IPAI_SPEC>"; pwd') == {"lines": 4}
    assert events.messages("info")[:3] == ["one", "two", "<>"]


def test_a_shell_that_fails_says_its_status(typed, events):
    with pytest.raises(Failure, match="status 3"):
        typed("shell", "echo before; exit 3")
    assert events.messages("info") == ["before"]


def test_a_shell_that_takes_too_long_is_stopped(typed, monkeypatch, events):
    real = console.stream
    monkeypatch.setattr(
        console, "stream", lambda *words, **more: real(*words, **{**more, "timeout_seconds": 1})
    )
    with pytest.raises(Failure, match="was stopped after 1 minutes"):
        typed("shell", "echo begun; sleep 60")
    assert events.messages("info") == ["begun"]


def test_sql_reads_by_default_and_writes_where_it_may(typed, events, database):
    assert typed("sql", "SELECT name FROM person WHERE id = 1") == {"lines": 1}
    assert events.messages("info") == ["name", "----", "P1", "(1 rows)"]
    with pytest.raises(Failure, match="cannot open UPDATE query"):
        typed("sql", "UPDATE person SET name = 'x'")
    typed("sql", "UPDATE person SET name = 'P1' WHERE id = 1", writes=True)
    assert people(database) == "P1,P2,P3"


def test_another_program_is_a_fault_of_the_platform(typed):
    with pytest.raises(Failure, match="no console for 'perl'"):
        typed("perl", "1")


def test_a_server_that_ends_the_connection_is_one_sentence(session):
    with pytest.raises(Failure, match="refused it"), target_session(options(), "postgres") as other:
        with pytest.raises(psycopg2.Error):
            other.value("SELECT 1 / 0")
        change(session, "SELECT pg_terminate_backend(pg_backend_pid())")
