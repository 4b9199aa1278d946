"""Removes modules from a target's database with Odoo's own command, in the target's own image."""

import configparser
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..job import Job
from ..odoo_causes import explain_update
from ..odoo_command import addons_paths, odoo_environment, odoo_program, odoo_user, own_data_folder
from ..odoo_conf import read_options
from ..odoo_facts import target_database
from ..odoo_log import OdooLog
from ..outcome import Failure
from ..process import stream
from ..update_plan import INSTALLED

SECONDS = 3600


def run(job: Job) -> dict:
    names, database = job.spec.texts("names"), job.spec.text("database")
    present = _installed(job, database, names)
    if not present:
        job.events.info("None of these modules is installed any more")
        return {"mode": "none", "modules": [], "warnings": 0, "errors": 0}
    own_data_folder(job.places, odoo_user())
    log = OdooLog(job.events)
    done = _odoo(job, database, present, log)
    log.flush()
    if done.exit_status or done.timed_out:
        raise explain_update(log.facts, done.exit_status, done.output)
    left = _installed(job, database, names)
    if left:
        raise Failure(f"Odoo did not remove {', '.join(left)}", "Look in the log for the reason")
    facts = {"warnings": log.facts.warnings, "errors": log.facts.errors}
    return {"mode": "uninstall", "modules": present, **facts}


def _odoo(job: Job, database: str, names: list[str], log: OdooLog):
    user = odoo_user()
    with _conf(job.places, user) as conf:
        command = [odoo_program(), "module", "uninstall", "--config", str(conf)]
        return stream(
            [*command, "--database", database, *names],
            log.on_line,
            on_idle=log.on_idle,
            timeout_seconds=SECONDS,
            env=odoo_environment(user, job.places, database),
            user=user,
        )


def _installed(job: Job, database: str, names: list[str]) -> list[str]:
    with target_database(read_options(job.places.odoo_conf), database) as target:
        known = target.modules()
    return sorted(name for name in names if known.get(name, ("",))[0] in INSTALLED)


@contextmanager
def _conf(places, user):
    """A copy of odoo.conf that names all addons' folders: this command has no option for them."""
    settings = configparser.RawConfigParser()
    settings.read_string(places.odoo_conf.read_text(encoding="utf-8"))
    folders = addons_paths(places)
    if folders:
        settings["options"]["addons_path"] = ",".join(folders)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        conf = Path(folder, "odoo.conf")
        conf.touch(mode=0o600)
        with conf.open("w", encoding="utf-8") as file:
            settings.write(file)
        if user is not None:
            os.chown(conf, user.pw_uid, user.pw_gid)
            os.chown(folder, user.pw_uid, user.pw_gid)
        yield conf
