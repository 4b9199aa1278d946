"""Installs or updates modules in a target's database, in the target's own image, tests included."""

import json

from ..content import parts, verdict
from ..inventory import chunks, code_folders
from ..job import Job
from ..odoo_causes import explain_update
from ..odoo_command import Request, module_folders, odoo_user, own_data_folder, run_odoo
from ..odoo_conf import read_options
from ..odoo_facts import DIGESTS_KEY, PARTS_KEY, TargetDatabase, target_database
from ..odoo_log import Facts, OdooLog
from ..outcome import Failure
from ..process import Finished
from ..update_plan import INSTALLED, Plan, Present, Wanted, code_versions, make_plan, same_version


def run(job: Job) -> dict:
    options = read_options(job.places.odoo_conf)
    database = job.spec.text("database")
    own_data_folder(job.places, odoo_user())
    with target_database(options, database) as target:
        is_marked, is_new = target.is_new(), not target.is_initialized()
        content = _content(job)
        plan = make_plan(_wanted(job, content), _present(job, target))
        _tell_content(job, target, content)
    _check_code(job, plan)
    job.events.progress(0.02, _announcement(plan))
    facts = _carry_out(job, plan, database)
    with target_database(options, database) as target:
        _check_installed(target, _wanted(job))
        password_set = _finish(job, target) if is_new or is_marked else False
        if job.spec.get("catches_mail"):
            _leave_mail_to_the_catcher(job, target)
        target.set_parameter(PARTS_KEY, json.dumps(content, sort_keys=True))
        target.set_parameter(DIGESTS_KEY, json.dumps(_wanted(job).digests, sort_keys=True))
        if is_marked:
            target.mark_ready()
    return _result(plan, facts, password_set)


def _carry_out(job: Job, plan: Plan, database: str) -> Facts:
    tags = tuple(job.spec.texts("test_tags"))
    if plan.mode == "none" and not tags:
        return Facts()
    demo = bool(job.spec.get("demo"))
    request = Request(database, plan.install, plan.update, demo, tags)
    done, log = run_odoo(request, job.places, job.events)
    _check_end(done, log)
    if tags and not log.facts.tests_run:
        raise Failure(
            f"No test ran, although tests were asked for: {', '.join(tags)}",
            "Correct 'tests' in .ipai.yml, or set it to false, and push again",
        )
    return log.facts


def _check_code(job: Job, plan: Plan) -> None:
    """Odoo ignores unknown names with a mere warning and exits with 0."""
    versions = code_versions(module_folders(job.places), plan.install)
    unknown = [name for name in plan.install if name not in versions]
    if unknown:
        raise Failure(
            f"The image has no module with the name {', '.join(unknown)}",
            "Correct 'install' in .ipai.yml, or add the addon to the repository or to requirements.txt",
        )


def _check_end(done: Finished, log: OdooLog) -> None:
    if done.timed_out:
        raise Failure(
            "Odoo did not end in time and was stopped", "Look in the log for what it waited for"
        )
    if done.exit_status or log.facts.tests_failed or log.facts.failed_tests:
        raise explain_update(log.facts, done.exit_status, done.output)


def _check_installed(target: TargetDatabase, wanted: Wanted) -> None:
    """Odoo leaves out what it cannot install, with a mere log line, and exits with 0."""
    states = {name: state for name, (state, _version) in target.modules().items()}
    missing = sorted(name for name in wanted.install if states.get(name) not in INSTALLED)
    if missing:
        raise Failure(
            f"Odoo did not install {', '.join(missing)}: its state is '{states.get(missing[0], 'unknown')}'",
            "Look in the log for the dependency that is missing",
        )


def _finish(job: Job, target: TargetDatabase) -> bool:
    """What only a database that we made gets: its address and the administrator's password."""
    base_url = job.spec.maybe_text("base_url")
    if base_url:
        target.set_parameter("web.base.url", base_url)
        target.set_parameter("web.base.url.freeze", "True")
    password = job.places.secret("admin-password")
    return target.set_admin_password(password) if password else False


def _leave_mail_to_the_catcher(job: Job, target: TargetDatabase) -> None:
    """Odoo prefers a server of its database to odoo.conf, which names the catcher."""
    number = target.switch_off_mail_servers()
    if number:
        job.events.info(f"{number} outgoing mail servers switched off: mail goes to the catcher")


def _content(job: Job) -> dict[str, dict]:
    """The fingerprints of the repository's addons, as the image has them."""
    digests = job.spec.part("addons_digests") if job.spec.get("addons_digests") else {}
    folders = code_folders(module_folders(job.places))
    return {name: parts(folders[name]) for name in sorted(digests) if name in folders}


def _tell_content(job: Job, target: TargetDatabase, content: dict[str, dict]) -> None:
    """What each changed addon takes by its content, beside the rule of its manifest's version."""
    if not target.is_initialized():
        return
    before, modules = target.stored_parts(), target.modules()
    versions = code_versions(module_folders(job.places), content)
    rows = [
        {
            "name": name,
            "content": verdict(before.get(name), after),
            "version": "update" if _is_outdated(name, versions, modules) else "nothing",
        }
        for name, after in content.items()
        if modules.get(name, ("",))[0] in INSTALLED
    ]
    for portion in chunks([row for row in rows if row["content"] != "nothing"]):
        if portion:
            job.events.info(f"{len(portion)} addons changed", {"update_plan": portion})


def _is_outdated(name: str, versions: dict[str, str], modules: dict) -> bool:
    return name in versions and not same_version(versions[name], modules[name][1])


def _wanted(job: Job, content: dict[str, dict] | None = None) -> Wanted:
    modules = job.spec.texts("modules") if job.spec.get("modules") is not None else None
    digests = job.spec.part("addons_digests") if job.spec.get("addons_digests") else {}
    is_by_content = job.spec.maybe_text("update_by") == "content"
    return Wanted(
        tuple(job.spec.texts("install")),
        digests,
        None if modules is None else tuple(modules),
        (content or {}) if is_by_content else {},
    )


def _present(job: Job, target: TargetDatabase) -> Present:
    if not target.is_initialized():
        return Present({}, {}, {}, is_initialized=False)
    modules = target.modules()
    installed = [name for name, (state, _version) in modules.items() if state in INSTALLED]
    versions = code_versions(module_folders(job.places), installed)
    return Present(modules, target.stored_digests(), versions, parts=target.stored_parts())


def _announcement(plan: Plan) -> str:
    if plan.mode == "none":
        return "Nothing changed: no module has to be updated"
    verb = "Installing" if plan.mode == "install" else "Updating"
    names = ", ".join(plan.modules[:8]) + (" …" if len(plan.modules) > 8 else "")
    return f"{verb} {len(plan.modules)} modules: {names}"


def _result(plan: Plan, facts: Facts, password_set: bool) -> dict:
    return {
        "mode": plan.mode,
        "modules": plan.modules,
        "warnings": facts.warnings,
        "errors": facts.errors,
        "tests": {"run": facts.tests_run or 0, "failed": facts.tests_failed},
        "admin_password_set": password_set,
    }
