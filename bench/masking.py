"""Rows masked per second: their fakes alone, and two tables written anew with all their indexes against a plain UPDATE.

A second is one of the server's processor time: rows per second and core. A row of res.partner has ten masked columns
and a table of twelve indexes, one of them of trigrams; a row of mail.message five and eight.
"""

import os
import sys
from pathlib import Path

from .measure import Row, growth

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "toolbox"))

from ipai_toolbox.catalog import read_columns
from ipai_toolbox.masking.copy import Copy
from ipai_toolbox.masking.digests import key_settings
from ipai_toolbox.masking.policy import load_policy
from ipai_toolbox.masking.rewrite import mask_table, repeated_columns
from ipai_toolbox.masking.state import State
from ipai_toolbox.masking.statement import selection_of
from ipai_toolbox.masking.words import load_words
from ipai_toolbox.odoo_conf import read_options
from ipai_toolbox.session import target_session

LANGUAGES = ["en_US", "fr_FR"]
ONE_PROCESS = (
    "SET max_parallel_maintenance_workers = 0",
    "SET max_parallel_workers_per_gather = 0",
)
SIZES = (125_000, 250_000, 500_000)
TARGET = 50_000
PERSON = """
INSERT INTO res_partner (name, complete_name, email, email_normalized, phone, phone_sanitized, street,
                         city, zip, lang, is_company, active, type)
SELECT p.name, p.name, p.mail, p.mail, '+32 475 ' || p.number, '+32475' || p.number, 'Street ' || n, 'Ghent',
       '9000', 'en_US', false, true, 'contact'
  FROM generate_series(%s + 1, %s) AS n,
       LATERAL (SELECT 'Person Number' || n AS name, 'person' || n || '@bench.test' AS mail,
                       lpad((n %% 1000000)::text, 6, '0') AS number) AS p
"""
PLAIN = """
UPDATE res_partner SET name = name || 'x', complete_name = complete_name || 'x', email = email || 'x',
       email_normalized = email_normalized || 'x', phone = phone || '1', phone_sanitized = phone_sanitized || '1',
       street = street || 'x', city = city || 'x', zip = zip || 'x'
"""
MESSAGE = """
INSERT INTO mail_message (message_type, model, res_id, date, body, email_from, reply_to, message_id, subject)
SELECT 'comment', 'res.partner', n, now(), '<p>Hello Person Number' || n || ', see you soon.</p>',
       'person' || n || '@bench.test', 'person' || n || '@bench.test', '<' || n || '@bench.test>', 'Hello ' || n
  FROM generate_series(1, %s) AS n
"""
PLAIN_MESSAGE = """
UPDATE mail_message SET body = body || 'x', email_from = email_from || 'x', reply_to = reply_to || 'x',
       message_id = message_id || 'x', subject = subject || 'x'
"""


def rows(env):
    """Return the table's rows; the database is the benchmark's own and dropped by it."""
    name = env.cr.dbname
    env.cr.commit()
    options = read_options(Path(os.environ["ODOO_RC"]))
    with target_session(options, name, key_settings("the benchmark's masking key")) as session:
        for setting in ONE_PROCESS:
            session.run(setting)  # all of it by the one process we watch
        people, faked, plain = _people(session)
        messages, faked_messages, plain_messages = _messages(session)
    largest = SIZES[-1]
    return [
        _fakes_row("res.partner", faked),
        _fakes_row("mail.message", faked_messages),
        _row("res.partner", largest / people[largest], largest / plain),
        _row("mail.message", largest / messages, largest / plain_messages),
        Row(
            "growth of masking with the rows (exponent)",
            f"{growth(people):.2f}",
            "linear 1.00",
            "",
            "≤ 1.15",
            growth(people) <= 1.15,
        ),
    ]


def _people(session):
    """Return the seconds of masking by size, and of fakes and the plain UPDATE at the largest."""
    points, there, plain, faked = {}, 0, 0.0, 0.0
    for size in SIZES:
        session.run(PERSON, [there, size])
        there = size
        session.run("VACUUM ANALYZE res_partner")
        if size == SIZES[-1]:
            faked = _faked(session, "res_partner")
            plain = _once(session, lambda: session.run(PLAIN))
            session.run("VACUUM FULL res_partner")
        points[size] = _masked(session, "res_partner", size)
    return points, faked, plain


def _messages(session):
    session.run(MESSAGE, [SIZES[-1]])
    session.run("VACUUM ANALYZE mail_message")
    faked = _faked(session, "mail_message")
    plain = _once(session, lambda: session.run(PLAIN_MESSAGE))
    session.run("VACUUM FULL mail_message")
    return _masked(session, "mail_message", 1), faked, plain


def _faked(session, table):
    """Return the seconds of making the fakes of all columns that hold something, writing none."""
    decisions = _decisions(session, table, 0)
    counts = ", ".join(f"count({decision.column.sql})" for decision in decisions)
    [numbers] = session.rows(f"SELECT {counts} FROM {table}")
    filled = [each for each, number in zip(decisions, numbers, strict=True) if number]
    selection = selection_of(filled, load_words(LANGUAGES), repeated_columns(session, filled))
    return _once(session, lambda: session.run(f"EXPLAIN (ANALYZE, TIMING OFF) {selection}"))


def _masked(session, table, run):
    """Return the seconds of masking one table: fakes, rewriting, indexes, statistics."""
    state = State(session)
    decisions = _decisions(session, table, run, state)
    return _once(session, lambda: mask_table(session, state, decisions, load_words(LANGUAGES)))


def _decisions(session, table, run, state=None):
    """Return what is to be masked in a table; the session gets its functions."""
    state = state or State(session)
    state.open(run)
    copy = Copy(session, state, load_policy(), load_words(LANGUAGES))
    copy.make_functions()
    wanted = {column.label for column in read_columns(session) if column.table == table}
    return [
        decision
        for decision in copy.decisions
        if decision.column.label in wanted and not decision.is_kept
    ]


def _once(session, work):
    """Return the processor seconds the server spent on one call: other work of the machine is not in it."""
    process = session.value("SELECT pg_backend_pid()")
    start = _processor_seconds(process)
    work()
    return _processor_seconds(process) - start


def _processor_seconds(process):
    """Of a process of this machine: user and system time, fields 14 and 15 of proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fakes_row(what, seconds):
    rate = SIZES[-1] / seconds
    return Row(
        f"rows whose fakes are made per second, {SIZES[-1]:,} rows of {what}, one core",
        f"{rate:,.0f}/s",
        "",
        "",
        f"≥ {TARGET:,}/s",
        rate >= TARGET,
    )


def _row(what, rate, plain):
    return Row(
        f"rows masked per second and written anew with all indexes, {SIZES[-1]:,} rows of {what}, one core",
        f"{rate:,.0f}/s",
        f"plain UPDATE {plain:,.0f}/s",
        f"{rate / plain:.2f}",
        f"≥ {TARGET:,}/s",
        rate >= TARGET,
    )
