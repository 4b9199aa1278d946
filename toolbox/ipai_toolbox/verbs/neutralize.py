"""Makes a copy of production harmless, in the target's own image; anything not proven safe fails."""

from ..catalog import installed_modules
from ..job import Job
from ..neutralizing.identity import admin_login, new_identity, read_parameters
from ..neutralizing.modules import (
    count_statements,
    modules_without_code,
    modules_without_neutralize,
)
from ..neutralizing.sweep import Swept, sweep
from ..odoo_command import module_folders, run_neutralize
from ..odoo_conf import read_options
from ..outcome import Failure
from ..session import Session, target_session

SHOWN = 3


def run(job: Job) -> dict:
    options, database = read_options(job.places.odoo_conf), job.spec.text("database")
    folders = module_folders(job.places)
    with target_session(options, database) as session:
        modules, before = installed_modules(session), read_parameters(session)
        _check_code(job, modules_without_code(modules, folders))
        job.events.progress(0.05, f"Neutralising {len(modules)} modules")
        statements = _odoos_own(job, database)
        job.events.progress(0.5, f"Odoo's own neutralisation: {statements} statements")
        swept = sweep(session, _identity(job), before)
        report = _report(session, swept, statements)
    report["modules_without_neutralize"] = modules_without_neutralize(
        modules, folders, swept.credentials
    )
    _tell(job, report)
    _refuse_what_is_left(swept)
    return {"report": report}


def _odoos_own(job: Job, database: str) -> int:
    """Run it, and count what it ran. Raises Failure."""
    script = run_neutralize(database, job.places, job.events, only_print=True)
    done = run_neutralize(database, job.places, job.events)
    statements = count_statements(script.output)
    if not (script.is_ok and done.is_ok and statements):
        raise Failure(
            f"Odoo's own neutralisation failed with exit status {done.exit_status}",
            "Read the log; the copy is not released before it is neutralised",
        )
    return statements


def _identity(job: Job):
    return new_identity(job.spec.text("base_url"), job.places.secret("admin-password"))


def _check_code(job: Job, missing: list[str]) -> None:
    refused = [name for name in missing if name not in job.spec.texts("accept_without_code")]
    if refused:
        raise Failure(
            f"The image has no code of {_listed(refused)}: nothing can neutralise it",
            "Add the module to the repository, or uninstall it in production",
        )


def _report(session: Session, swept: Swept, statements: int) -> dict:
    return {
        "statements": statements,
        "checks": swept.checks,
        "found": sum(row["found"] for row in swept.checks),
        "left": sum(row["left"] for row in swept.checks),
        "admin_login": admin_login(session),
    }


def _tell(job: Job, report: dict) -> None:
    for row in report["checks"]:
        if row["found"] and row["left"] == 0:
            job.events.debug(f"{row['name']}: {row['fixed']} mended")
    for entry in report["modules_without_neutralize"]:
        columns = ", ".join(entry["columns"])
        job.events.info(
            f"Module {entry['module']} has no neutralize.sql; emptied by name: {columns}"
        )


def _refuse_what_is_left(swept: Swept) -> None:
    if swept.left:
        raise Failure(
            f"The copy is not neutral: {_listed(swept.left)}",
            "The copy is not released; see the checks in this run's log, then retry the run",
        )


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
