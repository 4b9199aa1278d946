"""Starts the target's own Odoo on a restored database, looks at its login page, stops it."""

import http.client
import time
from dataclasses import dataclass, field

from ..job import Job
from ..odoo_command import (
    conf_for,
    free_port,
    odoo_environment,
    odoo_program,
    odoo_user,
    own_data_folder,
    path_options,
)
from ..odoo_conf import read_options
from ..odoo_facts import target_database
from ..odoo_log import OdooLog
from ..outcome import Failure
from ..process import stream

SECONDS = 300
PAGE_SECONDS = 120
MOST_REFUSALS = 3
LOGIN = "/web/login"


class _Answered(Exception):
    """Odoo has answered: it may end."""


@dataclass
class _Visitor:
    """Asks for health and login page until both are there."""

    port: int
    statuses: dict = field(default_factory=dict)
    refusals: int = 0

    def ask(self) -> None:
        """Raises _Answered when both pages are good, or the login page is bad for good."""
        for path in ("/web/health", LOGIN):
            status, text = self._page(path)
            self.statuses[path] = status
            if status != 200:
                return self._count(status)
        if 'name="password"' not in text:
            self.statuses[LOGIN] = 0
        raise _Answered

    def _count(self, status: int) -> None:
        """A server that answers with errors will not get well by waiting."""
        self.refusals += status > 0
        if self.refusals >= MOST_REFUSALS:
            raise _Answered

    def _page(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PAGE_SECONDS)
        try:
            connection.request("GET", path, headers={"User-Agent": "ipai-boot"})
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()


def run(job: Job) -> dict:
    started, database = time.monotonic(), job.spec.text("database")
    options = read_options(job.places.odoo_conf)
    own_data_folder(job.places, odoo_user())
    with target_database(options, database) as target:
        if not target.is_initialized():
            raise Failure(f"{database} is not a database of Odoo", "Choose another backup")
        version = target.modules()["base"][1]
    visitor, log = _Visitor(free_port()), OdooLog(job.events)
    answered = _visit(job, visitor, log)
    _check(visitor, answered, log)
    seconds = round(time.monotonic() - started, 2)
    job.events.progress(1.0, f"Odoo {version} answered on {database} after {seconds} s")
    return {"seconds": seconds, "login": visitor.statuses[LOGIN], "version": version}


def _visit(job: Job, visitor: _Visitor, log: OdooLog) -> bool:
    """True when the pages answered, False when Odoo ended or took too long before that."""
    user = odoo_user()

    def idle() -> None:
        log.on_idle()
        visitor.ask()

    with conf_for(job.places, user) as conf:
        command = [odoo_program(), *_arguments(job, conf, visitor.port)]
        environment = odoo_environment(user, job.places, job.spec.text("database"))
        try:
            stream(
                command,
                log.on_line,
                on_idle=idle,
                timeout_seconds=SECONDS,
                env=environment,
                user=user,
            )
        except _Answered:
            return True
        finally:
            log.flush()
    return False


def _arguments(job: Job, conf, port: int) -> list[str]:
    """No cron, no mail, no other database, no door but this container's own."""
    database = job.spec.text("database")
    words = ["--config", str(conf), "--database", database, "--db-filter", f"^{database}$"]
    words += ["--workers", "0", "--max-cron-threads", "0", "--no-database-list"]
    words += ["--http-interface", "127.0.0.1", "--http-port", str(port)]
    return [*words, "--smtp", "invalid", *path_options(job.places)]


def _check(visitor: _Visitor, answered: bool, log: OdooLog) -> None:
    if answered and visitor.statuses.get(LOGIN) == 200:
        return
    status = visitor.statuses.get(LOGIN) or visitor.statuses.get("/web/health") or "nothing"
    errors = f"; it told of {log.facts.errors} errors" if log.facts.errors else ""
    raise Failure(
        f"Odoo does not work on the restored database: its login page answers {status}{errors}",
        "Read the log for the reason; this backup is not proven",
    )
