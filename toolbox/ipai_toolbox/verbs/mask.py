"""Replaces what names a person in a copy, in the target's own image, and proves that it is gone."""

from pathlib import Path

from ..job import Job
from ..masking.copy import Copy
from ..masking.digests import key_settings
from ..masking.policy import load_policy
from ..masking.state import State
from ..masking.words import load_words
from ..odoo_conf import read_options
from ..outcome import Failure
from ..session import Session, target_session
from ..spec import FAULT

MODES = ("placeholder", "delete")
DATA_FOLDER = "/var/lib/odoo"
SHOWN = 3
ACTIVE_LANGUAGES = "SELECT code FROM res_lang WHERE active ORDER BY code"


def run(job: Job) -> dict:
    options, database = read_options(job.places.odoo_conf), job.spec.text("database")
    policy = load_policy(job.spec.get("policy"))
    settings = key_settings(job.places.secret("masking-key"))
    with target_session(options, database, settings) as session:
        state = State(session)
        if state.open(job.spec.run):
            job.events.info("An earlier attempt began to mask this copy: going on where it was")
            if state.finished():
                return {"report": state.finished()}
        copy = Copy(session, state, policy, load_words(_languages(job, session)))
        report = _mask(job, copy, _filestore(options, database))
        state.finish(report)
    return {"report": report}


def _mask(job: Job, copy: Copy, filestore: Path) -> dict:
    copy.prepare()
    copy.empty_tables()
    job.events.progress(0.05, "Originals to look for later are remembered")
    copy.mask_tables(job.events)
    files = copy.mask_files(_mode(job), filestore, bool(job.spec.get("filestore", True)))
    job.events.progress(0.8, f"Masked {files['replaced']} files, removed {files['deleted']}")
    leaks = copy.find_leaks(filestore)
    _refuse_leaks(job, leaks)
    report = {**copy.report(), "attachments": files, "leaks": 0}
    _tell(job, report)
    return report


def _tell(job: Job, report: dict) -> None:
    for entry in report["undecided"]:
        job.events.debug(
            f"Undecided: {entry['column']} ({entry['type']}), masked as {entry['kind']}"
        )
    job.events.info(
        f"Masked {report['rows']} rows, {report['rows_per_second']} per second;"
        f" none of {report['samples']} originals can be found;"
        f" {len(report['undecided'])} columns wait for a decision"
    )


def _refuse_leaks(job: Job, leaks: list[dict]) -> None:
    for leak in leaks:
        job.events.error(f"An original survived in {leak['where']} ({leak['family']})")
    if leaks:
        places = list(dict.fromkeys(leak["where"] for leak in leaks))
        more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
        raise Failure(
            f"Originals survived the masking in {', '.join(places[:SHOWN])}{more}",
            "Say in the masking policy what becomes of these columns, then retry the run",
        )


def _languages(job: Job, session: Session) -> list[str]:
    return job.spec.texts("languages") or [code for (code,) in session.rows(ACTIVE_LANGUAGES)]


def _mode(job: Job) -> str:
    mode = job.spec.maybe_text("attachments", MODES[0])
    if mode not in MODES:
        raise Failure(f"The job's specification says '{mode}' for attachments", FAULT)
    return mode


def _filestore(options: dict[str, str], database: str) -> Path:
    return Path(options.get("data_dir") or DATA_FOLDER) / "filestore" / database
