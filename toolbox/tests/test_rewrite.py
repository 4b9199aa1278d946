"""A large table goes another way through the server than a small one: it must end with the same fakes."""

import os
import pkgutil
import uuid
from pathlib import Path

import pytest

from ipai_toolbox.catalog import Column
from ipai_toolbox.masking.digests import key_settings
from ipai_toolbox.masking.policy import Decision
from ipai_toolbox.masking.rewrite import LARGE_ROWS, SECONDARY, mask_table
from ipai_toolbox.masking.state import State
from ipai_toolbox.masking.words import load_words
from ipai_toolbox.odoo_conf import read_options
from ipai_toolbox.session import target_session

WORDS = load_words(["en_US", "fr_FR"])
COLUMNS = {
    "name": "partner",
    "complete_name": "complete_name",
    "email": "addresses",
    "email_normalized": "email",
    "phone": "phone",
    "phone_sanitized": "phone",
    "city": "city",
    "vat": "vat",
    "barcode": "digits",
}
PEOPLE = """
CREATE TABLE {table} (id int PRIMARY KEY, is_company bool, parent_id int, {columns},
                      commercial_company_name varchar);
INSERT INTO {table}
SELECT n, n % 5 = 0, NULL, name, name, mail, lower(mail), '+32 475 ' || lpad(n::text, 6, '0'),
       '+32475' || lpad(n::text, 6, '0'), (ARRAY['Gent', 'Liège', NULL, ''])[1 + n % 4],
       CASE WHEN n % 3 = 0 THEN 'BE0477472701' END, NULL, NULL
  FROM generate_series(1, {rows}) AS n,
       LATERAL (SELECT 'Élise Number' || n AS name, 'Person' || n || '@Bench.test' AS mail) AS p;
CREATE INDEX {table}_city ON {table} (city);
CREATE UNIQUE INDEX {table}_mail ON {table} (email);
"""
FEW = 300


def decisions(table: str, **conditions) -> list[Decision]:
    return [
        Decision(
            Column("public", table, name, "varchar", 0), kind, "listed", conditions.get(name, "")
        )
        for name, kind in COLUMNS.items()
    ]


@pytest.fixture
def session():
    options = read_options(
        Path(os.environ.get("ODOO_RC") or f"{os.environ['IPAI_STATE']}/shell.conf")
    )
    name = f"rewrite_{uuid.uuid4().hex[:8]}"
    with target_session(options, "postgres") as server:
        server.run(f"CREATE DATABASE {name}")
        try:
            with target_session(options, name, key_settings("a project's own masking key")) as own:
                own.run(pkgutil.get_data("ipai_toolbox.masking", "functions.sql").decode())
                yield own
        finally:
            server.run(f"DROP DATABASE {name} WITH (FORCE)")


def people(session, table: str, rows: int) -> None:
    columns = ", ".join(f"{name} varchar" for name in COLUMNS)
    session.run(PEOPLE.format(table=table, columns=columns, rows=rows))


def masked(session, table: str, run: int = 1, **conditions) -> State:
    state = State(session)
    state.open(run)
    mask_table(session, state, decisions(table, **conditions), WORDS)
    return state


def values(session, table: str) -> list[tuple]:
    return session.rows(
        f"SELECT id, {', '.join(COLUMNS)} FROM {table} WHERE id <= {FEW} ORDER BY id"
    )


def test_a_large_table_gets_the_fakes_of_a_small_one(session):
    people(session, "small", FEW)
    people(session, "large", LARGE_ROWS)
    before = values(session, "small")
    masked(session, "small")
    masked(session, "large", run=2)
    assert values(session, "large") == values(session, "small")
    for old, new in zip(before, values(session, "large"), strict=True):
        changed = [(one, other) for one, other in zip(old[1:], new[1:], strict=True) if one]
        assert all(one != other for one, other in changed)
        assert [one for one in new if not one] == [one for one in old if not one]


def test_spellings_of_one_thing_in_a_row_have_one_fake(session):
    people(session, "large", LARGE_ROWS)
    masked(session, "large")
    apart = (
        "SELECT count(*) FROM large WHERE email <> email_normalized OR name <> complete_name"
        " OR replace(phone, ' ', '') <> phone_sanitized"
    )
    assert session.value(apart) == 0
    assert session.value("SELECT count(DISTINCT email) FROM large") == LARGE_ROWS


def test_every_index_is_there_again_and_the_originals_are_in_no_statistics(session):
    people(session, "large", LARGE_ROWS)
    before = session.rows(SECONDARY, ["large"])
    masked(session, "large")
    assert session.rows(SECONDARY, ["large"]) == before != []
    told = "SELECT count(*) FROM pg_stats WHERE tablename = 'large' AND most_common_vals::text LIKE '%Gent%'"
    assert session.value(told) == 0


def test_a_row_that_its_condition_keeps_is_kept(session):
    people(session, "large", LARGE_ROWS)
    masked(session, "large", city="t.id % 2 = 0")
    kept = "SELECT count(*) FROM large WHERE id % 2 = 1 AND city = 'Liège'"
    assert session.value(kept) == LARGE_ROWS // 4
    assert session.value("SELECT count(*) FROM large WHERE id % 2 = 0 AND city = 'Gent'") == 0


def test_a_masking_that_was_cut_off_before_its_indexes_goes_on(session):
    people(session, "large", LARGE_ROWS)
    before = session.rows(SECONDARY, ["large"])
    state = masked(session, "large")
    fakes = values(session, "large")
    session.run("DROP INDEX large_city")
    session.run("DELETE FROM ipai_masking.done WHERE name LIKE 'clean %'")
    statement = "INSERT INTO ipai_masking.dropped_index VALUES (%s, %s)"
    session.run(statement, ['"public"."large"', before[0][1]])
    mask_table(session, state, decisions("large"), WORDS)
    assert session.rows(SECONDARY, ["large"]) == before
    assert values(session, "large") == fakes
