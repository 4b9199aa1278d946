"""Says what an installation, update or removal of modules would do. Changes nothing."""

from ..inventory import chunks, code_folders, rows
from ..job import Job
from ..module_closure import dependents, needed
from ..module_data import loss
from ..odoo_command import module_folders
from ..odoo_conf import read_options
from ..odoo_facts import target_database
from ..outcome import Failure
from ..update_plan import INSTALLED

ACTIONS = ("install", "update", "uninstall")
KEPT = ("base", "web")


def run(job: Job) -> dict:
    action, names = job.spec.text("action"), job.spec.texts("names")
    if action not in ACTIONS:
        raise Failure(f"'{action}' is nothing that can be done with modules", "Report this")
    with target_database(read_options(job.places.odoo_conf), job.spec.text("database")) as target:
        code = code_folders(module_folders(job.places))
        found = {
            row["name"]: row for row in rows(target.module_rows(), code, job.places.odoo_addons)
        }
        plan = _plan(action, names, found)
        lost = loss(target, plan["modules"]) if action == "uninstall" else {}
    return _told(job, plan, lost)


def _plan(action: str, names: list[str], found: dict[str, dict]) -> dict:
    installed = {name: row["depends"] for name, row in found.items() if row["state"] in INSTALLED}
    if action == "install":
        return _installation(names, found, installed)
    absent = sorted(set(names) - set(installed))
    if absent:
        raise Failure(f"{', '.join(absent)} is not installed here", "Read the modules again")
    modules = dependents(names, installed)
    if action == "uninstall" and set(modules) & set(KEPT):
        raise Failure("Odoo itself needs base and web", "Choose other modules")
    return {"modules": modules, "restart": modules if action == "update" else []}


def _installation(names: list[str], found: dict[str, dict], installed: dict) -> dict:
    depends = {name: row["depends"] for name, row in found.items() if row["origin"] != "missing"}
    needs, missing = needed(names, depends)
    if missing:
        raise Failure(
            f"The image has no module {', '.join(missing)}",
            "Add it to the project first: Modules › Marketplace",
        )
    return {"modules": [name for name in needs if name not in installed], "restart": []}


def _told(job: Job, plan: dict, lost: dict) -> dict:
    """Long lists go as events, portion by portion; the result stays short."""
    for key, found in (("modules", plan["modules"]), ("tables", lost.get("tables", ()))):
        for portion in chunks(list(found)):
            if portion:
                job.events.info(f"{len(portion)} {key}", {"plan": {key: portion}})
    for portion in chunks(lost.get("columns", [])):
        if portion:
            job.events.info(f"{len(portion)} columns", {"plan": {"columns": portion}})
    return {
        "modules": len(plan["modules"]),
        "tables": len(lost.get("tables", ())),
        "rows": sum(table["rows"] for table in lost.get("tables", ())),
        "columns": len(lost.get("columns", ())),
        "records": lost.get("records", 0),
    }
