"""Lists the modules of a target: what the database knows, what the image has. Changes nothing."""

import platform
from importlib.metadata import distributions

from ..inventory import chunks, code_folders, rows
from ..job import Job
from ..odoo_command import module_folders
from ..odoo_conf import read_options
from ..odoo_facts import target_database
from ..outcome import Failure
from ..update_plan import INSTALLED


def run(job: Job) -> dict:
    database = job.spec.text("database")
    with target_database(read_options(job.places.odoo_conf), database) as target:
        if not target.is_initialized():
            raise Failure(f"{database} has no Odoo in it yet", "Deploy the environment first")
        known = target.module_rows()
    code = code_folders(module_folders(job.places))
    found = rows(known, code, job.places.odoo_addons)
    for portion in chunks(found):
        names = f"{portion[0]['name']} to {portion[-1]['name']}"
        job.events.debug(f"Modules {names}", {"modules": portion})
    for portion in chunks(_packages()):
        job.events.debug(f"{len(portion)} Python packages", {"packages": portion})
    installed = sum(row["state"] in INSTALLED for row in found)
    job.events.progress(1.0, f"{installed} modules are installed, {len(found)} are known")
    return {"known": len(found), "installed": installed, "python": platform.python_version()}


def _packages() -> list[dict]:
    """The Python packages of the image, by name and version."""
    found = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    return [{"name": name, "version": version} for name, version in sorted(found.items())]
