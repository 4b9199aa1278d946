"""The first deploy: a customer's repository pushed, its run followed, its Odoo visited."""

import http.client
import time
from urllib.parse import urlsplit

from . import forge
from .credentials import read_secret
from .odoo_api import OdooApi
from .trouble import Trouble

CODE = "demo"
RUN_FIELDS = ["state", "colour", "cause", "hint", "waiting_for", "commit"]
STEP_FIELDS = ["sequence", "label", "state", "duration_seconds", "progress"]
MARKS = {"done": "✓", "failed": "✗", "skipped": "–", "cancelled": "–"}
OVER = ("done", "failed", "cancelled", "superseded")
POLL_SECONDS = 0.5
PICK_UP_SECONDS = 60
RUN_SECONDS = 1800
AWAKE_SECONDS = 40


def ensure_demo(commands, settings, progress):
    """Acme's Odoo, deployed and answering; returns its URL."""
    api = OdooApi(commands, settings)
    _ensure_project(commands, settings, api)
    commit = forge.head(commands, settings, CODE)
    if not commit:
        commit = forge.push_folder(commands, settings, CODE, settings.checkout / "demo")
    if not _is_there(settings, _environment(api), commit):
        follow(api, _run_of(commands, settings, api, commit), progress)
        visit(settings, _environment(api)["url"])
    return _environment(api)["url"]


def _is_there(settings, environment, commit):
    """Whether the commit is deployed and answers; what was lost is deployed again."""
    if environment["state"] != "up" or environment["commit"] != commit:
        return False
    try:
        visit(settings, environment["url"], AWAKE_SECONDS)
    except Trouble:
        return False
    return True


def _ensure_project(commands, settings, api):
    forge.ensure_repository(commands, settings, CODE)
    if api.search("ops.project", [["code", "=", CODE]], ["id"]):
        return
    api.call(
        "ops.project",
        "create",
        vals_list=[
            {
                "name": "Acme ERP",
                "code": CODE,
                "forge": "gitea",
                "repository_url": forge.repository_url(commands, settings, CODE),
                "new_webhook_secret": read_secret(settings, "webhook-secret"),
            }
        ],
    )


def _environment(api):
    domain = [["project_id.code", "=", CODE], ["stage", "=", "production"]]
    found = api.search("ops.environment", domain, ["state", "commit", "url"], limit=1)
    if not found:
        raise Trouble(
            f"The project “{CODE}” has no production environment any more: make one in Operations."
        )
    return found[0]


def _run_of(commands, settings, api, commit):
    """The newest deploy of `commit`; asks for one where the push went unheard or its deploy failed."""
    run = _newest_run(api, commit)
    if run and run["state"] in ("queued", "running"):
        return run["id"]
    deadline = time.monotonic() + (0 if run else 5)
    while time.monotonic() < deadline:
        found = _newest_run(api, commit)
        if found:
            return found["id"]
        time.sleep(POLL_SECONDS)
    forge.tell_again(commands, settings, CODE)
    return _wait_for_new_run(api, commit, run["id"] if run else 0)


def _wait_for_new_run(api, commit, older_than):
    deadline = time.monotonic() + PICK_UP_SECONDS
    while time.monotonic() < deadline:
        found = _newest_run(api, commit)
        if found and found["id"] > older_than:
            return found["id"]
        time.sleep(POLL_SECONDS)
    raise Trouble(
        "The push of the demo started no run: see Operations › Webhook deliveries for the reason."
    )


def _newest_run(api, commit):
    domain = [["project_id.code", "=", CODE], ["kind", "=", "deploy"], ["commit", "=", commit]]
    found = api.search("ops.run", domain, ["state"], limit=1, order="id desc")
    return found[0] if found else None


def follow(api, run_id, progress):
    """Show the run's steps as they happen; raises Trouble when it does not end well."""
    told = set()
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        [run] = api.call("ops.run", "read", ids=[run_id], fields=RUN_FIELDS)
        steps = api.search(
            "ops.run.step", [["run_id", "=", run_id]], STEP_FIELDS, order="sequence, id"
        )
        _show(progress, run, steps, told)
        if run["state"] in OVER:
            return _judge(run)
        time.sleep(POLL_SECONDS)
    raise Trouble(
        f"The demo's run {run_id} is not over after {RUN_SECONDS // 60} minutes: see it in Operations."
    )


def _show(progress, run, steps, told):
    for step in steps:
        if step["state"] in MARKS and step["id"] not in told:
            told.add(step["id"])
            progress.line(
                f"  {MARKS[step['state']]} {step['label']}", step["duration_seconds"] or 0.0
            )
    running = next((step for step in steps if step["state"] == "running"), None)
    if running:
        progress.spin(
            f"  {running['label']} {running['progress'] * 100:3.0f} % · {progress.total_seconds():.0f} s in all"
        )
    elif run["state"] == "queued":
        progress.spin(f"  waiting {run['waiting_for'] or ''}")


def _judge(run):
    if run["state"] == "done":
        return run["colour"]
    said = " ".join(text for text in (run["cause"], run["hint"]) if text)
    raise Trouble(
        f"The demo's deploy ended {run['state']}: {said or 'no cause was given'} (run {run['id']} in Operations)"
    )


def visit(settings, url, timeout_seconds=60):
    """Return when the target's login page comes through the edge; raises Trouble when it does not."""
    host = urlsplit(url).netloc
    deadline = time.monotonic() + timeout_seconds
    while True:
        seen = _fetch_login(settings, host)
        if seen == "":
            return
        if time.monotonic() > deadline:
            raise Trouble(f"{url}/web/login does not show its login form through the edge: {seen}.")
        time.sleep(POLL_SECONDS)


def _fetch_login(settings, host):
    """What is wrong with the login page of `host`, or an empty text."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.ports["edge"], timeout=30)
    try:
        connection.request("GET", "/web/login", headers={"Host": host})
        answer = connection.getresponse()
        page = answer.read()
    except (OSError, http.client.HTTPException) as exc:
        return str(exc) or type(exc).__name__
    finally:
        connection.close()
    if answer.status == 200 and b'name="login"' in page:
        return ""
    return f"it answers {answer.status}"
