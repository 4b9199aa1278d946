"""The audit trail: rows a second with and without the chain, and verification of a million rows."""

import time

from odoo.addons.ipai_ops.engine import audit_chain
from odoo.addons.ipai_ops.models import audit_tables

from .measure import Row, seconds

ROWS = 5_000
MANY = 1_000_000
APPEND_TARGET = 1_000
VERIFY_TARGET_SECONDS = 120
FILL = (
    "INSERT INTO ops_audit (user_id, login, via, address, action, outcome, res_model, res_id, "
    "record_name, project_id, environment_id, details) SELECT 2, 'admin', 'web', '203.0.113.7', "
    "'run.queued', 'done', 'ops.run', i, 'Deploy · Acme / main', 1, 1, "
    '\'{"commit": "3f2c1a9d", "kind": "deploy"}\' FROM generate_series(1, %s) i'
)


def rows(env):
    """Return the table's rows."""
    return [*_append(env), _verify(env)]


def _append(env):
    audit, project = env["ops.audit"], env["ops.project"]

    def noted():
        for number in range(ROWS):
            audit._note("bench.row", project, number=number)

    def chained():
        noted()
        audit_tables.seal(env.cr)

    bare_rate, chained_rate = ROWS / seconds(noted), ROWS / seconds(chained)
    yield Row(
        "audit rows appended per second, chained",
        f"{chained_rate:,.0f}/s",
        f"without the chain {bare_rate:,.0f}/s",
        f"{chained_rate / bare_rate:.2f}",
        f"≥ {APPEND_TARGET:,}/s",
        chained_rate >= APPEND_TARGET,
    )


def _verify(env):
    env.cr.execute(FILL, [MANY])
    audit_tables.seal(env.cr)
    count = audit_tables.head(env.cr)[0]
    start = time.perf_counter()
    verdict = audit_chain.verify(env["ops.audit"]._links(), [], audit_chain.public_text(_key()))
    taken = time.perf_counter() - start
    return Row(
        f"verification of {count:,} audit rows",
        f"{taken:.1f} s",
        "",
        "",
        f"≤ {VERIFY_TARGET_SECONDS} s",
        verdict.is_good and verdict.count == count and taken <= VERIFY_TARGET_SECONDS,
    )


def _key():
    return audit_chain.private_key("bench")
