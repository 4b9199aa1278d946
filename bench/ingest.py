"""How many log lines a second reach the database, against a bare bulk INSERT of the same rows."""

import json

from psycopg2.extras import execute_values

from odoo.addons.ipai_ops.engine.ports import LogLine

from .measure import Row, seconds

LINES = 20_000
TARGET = 5_000


def rows(env):
    """Return the table's row; measured over 20,000 lines with levels and payloads."""
    run, step = _running_step(env)
    counter = iter(range(100))

    def ours():
        step.write({"attempt": next(counter)})
        run._read_lines(step.name, list(_lines(step.attempt)))
        env.cr.flush()

    def bare():
        execute_values(
            env.cr._obj,
            "INSERT INTO bench_line (run_id, at, level, message) VALUES %s",
            [(run.id, "2026-01-31 10:00:00", "info", line.text) for line in _lines(1)],
            page_size=2000,
        )

    env.cr.execute(
        "CREATE TEMP TABLE bench_line (run_id int, at timestamp, level text, message text)"
    )
    our_rate, bare_rate = LINES / seconds(ours), LINES / seconds(bare)
    return [
        Row(
            "log lines ingested per second",
            f"{our_rate:,.0f}/s",
            f"bulk INSERT {bare_rate:,.0f}/s",
            f"{our_rate / bare_rate:.2f}",
            f"≥ {TARGET:,}/s",
            our_rate >= TARGET,
        )
    ]


def _running_step(env):
    project = env["ops.project"].create(
        {"name": "Bench", "code": "bench", "repository_url": "https://git.example.com/bench.git"}
    )
    run = project.environment_ids[0]._deploy("api")
    run._begin()
    step = run._step("build")
    step.write({"state": "running", "attempt": 1})
    return run, step


def _lines(attempt):
    for number in range(1, LINES + 1):
        data = {
            "seq": number,
            "step": "build",
            "attempt": attempt,
            "at": "2026-01-31T10:00:00.123Z",
            "level": "warning" if number % 50 == 0 else "info",
            "message": f"Collecting package number {number} from the index, please wait",
            "payload": {"progress": number / LINES},
        }
        yield LogLine(f"2026-01-31T10:00:00.{number:09d}Z", json.dumps(data))
