"""Runs what a person typed beside a target's data: in the shell, in Odoo's shell, or as SQL.

Each line it says is a line of the run's log, so a session is recorded as any other work is. What it
did before it was killed cannot be known: the step is tried once.
"""

import shutil
import tempfile

from ..console_sql import ask, change
from ..events import Events
from ..job import Job
from ..odoo_command import conf_for, odoo_environment, odoo_program, odoo_user, path_options
from ..odoo_conf import read_options
from ..outcome import Failure
from ..process import Finished, stream
from ..session import target_session
from ..spec import FAULT
from ..way_out import proxy_variables

HOME = "/var/lib/odoo"


def run(job: Job) -> dict:
    """The number of lines or rows that came back. Raises Failure when the command failed."""
    programs = {"shell": _shell, "odoo": _odoo, "sql": _sql}
    program = job.spec.text("program")
    if program not in programs:
        raise Failure(f"There is no console for '{program}'", FAULT)
    return programs[program](job, int(job.spec.get("minutes") or 1) * 60)


def _shell(job: Job, seconds: int) -> dict:
    command = [shutil.which("bash") or "sh", "-c", job.spec.text("text")]
    return _told(job, seconds, lambda conf: command, None)


def _odoo(job: Job, seconds: int) -> dict:
    """Odoo's shell reads a script where it has no terminal; what it does not commit is undone."""
    words = ["--database", job.spec.text("database"), "--no-http", "--log-level", "warn"]

    def command(conf):
        return [odoo_program(), "shell", "--config", str(conf), *words, *path_options(job.places)]

    with tempfile.TemporaryFile() as script:
        script.write(job.spec.text("text").encode())
        script.seek(0)
        return _told(job, seconds, command, script)


def _told(job: Job, seconds: int, command, stdin) -> dict:
    """Run as the target's own user, with its configuration; `command(conf)` gives the words."""
    said, user = _Lines(job.events), odoo_user()
    with conf_for(job.places, user) as conf:
        own = odoo_environment(user, job.places, job.spec.text("database"))
        environment = {**own, **proxy_variables(job.places)}
        environment |= {"ODOO_RC": str(conf), "TERM": "dumb"}
        done = stream(
            command(conf),
            said,
            timeout_seconds=seconds,
            env=environment,
            cwd=HOME,
            user=user,
            stdin=stdin,
        )
    _check_end(done, seconds)
    return {"lines": said.number}


def _check_end(done: Finished, seconds: int) -> None:
    if done.timed_out:
        raise Failure(
            f"The command was stopped after {seconds // 60} minutes",
            "Its output until then is in the log; ask for more minutes where it takes longer",
        )
    if done.exit_status:
        raise Failure(
            f"The command ended with status {done.exit_status}", "Its output is in the log"
        )


def _sql(job: Job, seconds: int) -> dict:
    options, database = read_options(job.places.odoo_conf), job.spec.text("database")
    answer = change if job.spec.get("writes") else ask
    limit = f"-c statement_timeout={seconds}s"
    with target_session(options, database, limit) as session:
        found = answer(session, job.spec.text("text"))
    for line in found.lines():
        job.events.info(line)
    return {"lines": len(found.rows)}


class _Lines:
    """Hands lines on to the log and counts them."""

    def __init__(self, events: Events):
        self._events, self.number = events, 0

    def __call__(self, line: str) -> None:
        self.number += 1
        self._events.info(line)
