"""The running product as a test sees it: its API, its processes, its targets."""

import json
import time
import xmlrpc.client
from pathlib import Path

import requests

OVER = ("done", "failed", "cancelled", "superseded")
POLL_SECONDS = 0.3


class Suite:
    """One running instance of the product; everything goes through what people have too."""

    def __init__(self, settings):
        self.settings = settings
        self.facts = json.loads((settings.state / "platform.json").read_text(encoding="utf-8"))
        self.password = (settings.secrets / "admin-password").read_text(encoding="utf-8").strip()
        self.database = settings.instance
        self._uid = None

    # The API ---------------------------------------------------------------------------------
    def call(self, model, method, *arguments, **options):
        """Call a public method over XML-RPC as the administrator."""
        url = self.facts["control_url"]
        if self._uid is None:
            common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common", allow_none=True)
            self._uid = common.authenticate(self.database, "admin", self.password, {})
        models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True)
        login = (self.database, self._uid, self.password)
        return models.execute_kw(*login, model, method, list(arguments), options)

    def read(self, model, record_id, *fields):
        return self.call(model, "read", [record_id], list(fields))[0]

    def search(self, model, domain, *fields, **options):
        return self.call(model, "search_read", domain, list(fields), **options)

    def project(self, code, url, **values):
        """Create a project whose production environment serves main; return its id."""
        vals = {"name": code.title(), "code": code, "repository_url": url, **values}
        return self.call("ops.project", "create", vals)

    def environment(self, project_id, **domain):
        """Return the id of the one environment of the project with these values."""
        wanted = [["project_id", "=", project_id], *([k, "=", v] for k, v in domain.items())]
        [found] = self.search("ops.environment", wanted, "id")
        return found["id"]

    def deploy(self, code, environment="main"):
        return self.call("ops.run", "queue_run", code, environment, None, None)

    # Waiting ---------------------------------------------------------------------------------
    def until(self, fact, seconds, why):
        """Poll ``fact`` until it is true; fail with ``why`` at the deadline."""
        deadline = time.monotonic() + seconds
        while True:
            value = self._asked(fact)
            if value:
                return value
            assert time.monotonic() < deadline, why() if callable(why) else why
            time.sleep(POLL_SECONDS)

    def finished(self, run_id, seconds=400):
        """Wait for the run's end; return its state, cause, hint and colour."""
        fields = ("state", "cause", "hint", "colour", "environment_id", "duration_seconds")

        def over():
            run = self.read("ops.run", run_id, *fields)
            return run if run["state"] in OVER else None

        return self.until(over, seconds, lambda: f"Run {run_id} is not over.\n{self.log(run_id)}")

    def step(self, run_id, name):
        found = self.search("ops.run.step", [["run_id", "=", run_id], ["name", "=", name]])
        return found[0] if found else {}

    def steps(self, run_id):
        return self.search("ops.run.step", [["run_id", "=", run_id]], order="sequence")

    def until_step(self, run_id, name, state="running", seconds=300):
        """Wait until the step is in ``state``; return it."""

        def there():
            step = self.step(run_id, name)
            return step if step.get("state") == state else None

        return self.until(there, seconds, lambda: f"{name} never was {state}.\n{self.log(run_id)}")

    def until_step_or_later(self, run_id, name, seconds=300):
        """Wait until the step has begun; a quick one may be over already."""
        begun = ("running", "done", "failed")
        self.until(
            lambda: self.step(run_id, name).get("state") in begun,
            seconds,
            lambda: f"{name} never began.\n{self.log(run_id)}",
        )

    def log(self, run_id, last=60):
        """Return the last lines of the run's log as text."""
        events = self.search(
            "ops.run.event", [["run_id", "=", run_id]], "level", "message", order="id"
        )
        return "\n".join(f"{event['level']:7} {event['message']}" for event in events[-last:])

    def _asked(self, fact):
        """A control plane that has just been killed answers later."""
        try:
            return fact()
        except (OSError, xmlrpc.client.ProtocolError):
            return None

    # Targets ---------------------------------------------------------------------------------
    def get(self, host, path="/web/login", **options):
        """Fetch a page of a target through the edge."""
        return requests.get(
            f"http://127.0.0.1:{self.facts['public_port']}{path}",
            headers={"Host": f"{host}.{self.facts['domain']}"},
            timeout=20,
            **options,
        )

    def post(self, host, path, **options):
        """Send something to a target through the edge; held requests take their time."""
        return requests.post(
            f"http://127.0.0.1:{self.facts['public_port']}{path}",
            headers={"Host": f"{host}.{self.facts['domain']}"},
            timeout=80,
            **options,
        )

    def host(self, environment_id):
        return self.read("ops.environment", environment_id, "host")["host"]

    # Docker ----------------------------------------------------------------------------------
    def no_orphan_is_left(self, docker_world, seconds=30):
        """Wait until every job there is belongs to a run under way: a backup may be due at any time."""
        self.until(
            lambda: not self._orphans(docker_world), seconds, lambda: self._orphans(docker_world)
        )

    def _orphans(self, docker_world):
        jobs = docker_world.jobs()
        running = self.search("ops.run", [["state", "=", "running"]], "id")
        prefixes = tuple(f"{self.job_prefix}{run['id']}-" for run in running)
        return [name for name in jobs if not name.startswith(prefixes)]

    @property
    def job_prefix(self):
        return f"{self.settings.instance}-run-"

    @property
    def repositories(self):
        return Path(self.settings.state) / "git"
