"""How a run comes to be: a frozen, fingerprinted spec, one waiting run per environment."""

import hashlib
import json
from datetime import timedelta
from statistics import median

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ConcurrencyError, UserError

from ...engine.pipelines import plan_for
from ...engine.plain import without_nulls
from ...engine.schedule import lane_of

LOOK_BACK_RUNS = 10
LATE_SECONDS = 3


class Run(models.Model):
    _inherit = "ops.run"

    @api.model
    def _queue(self, environment, kind, trigger, ref, commit, **options):
        """Queue a run and wake the driver; a run that waits already is superseded by it.

        ``options``: redeploy_image (ops.artifact), retry_of (ops.run), commit_subject,
        commit_author, order (what the pipeline must know besides). Callers check access first:
        nobody writes runs directly.
        Raises ConcurrencyError when another request queues for the same environment at the
        same moment; Odoo's request loop then calls again, with a fresh view of the database.
        """
        runs, retry_of = self.sudo(), options.get("retry_of")
        values = runs._queued_values(environment.sudo(), kind, trigger, ref, commit, options)
        try:
            with self.env.cr.savepoint():
                run = runs._create_judged(values)
        except psycopg2.errors.UniqueViolation as exc:
            raise ConcurrencyError("Two runs were queued at the same moment.") from exc
        run._plan_steps()
        run._note_fact("run.queued")
        run._announce()
        self._wake_driver()
        run = run.with_env(self.env)
        run._note_queued(retry_of)
        return run

    def _create_in_place_of_waiting(self, values):
        """Make the run in the queue; one that waits there already is superseded by it."""
        waiting = self.browse()
        if values["environment_id"]:
            place = [("environment_id", "=", values["environment_id"]), ("state", "=", "queued")]
            waiting = self.search([*place, ("lane", "=", lane_of(values["kind"]))])
        waiting._supersede()
        run = self.create(values)
        waiting.superseded_by_id = run
        waiting._note_fact("run.superseded", by=run.id)
        return run

    def _supersede(self):
        """Let runs that wait give way; a proof that does so leaves its backup as it was."""
        proven = self.env["ops.backup"].sudo().search([("proof_run_id", "in", self.ids)])
        proven.write({"state": "stored"})
        self.write({"state": "superseded", "finished_at": fields.Datetime.now()})
        self.step_ids.write({"state": "cancelled"})
        self.flush_recordset(["state"])

    def _queued_values(self, environment, kind, trigger, ref, commit, options):
        image = options.get("redeploy_image")
        retry_of = options.get("retry_of")
        spec = self._spec(environment, kind, ref, commit, image, options.get("order"))
        user = self.env.user
        return {
            "project_id": environment.project_id.id,
            "environment_id": environment.id,
            "kind": kind,
            "trigger": trigger,
            "ref": ref,
            "commit": commit,
            "commit_subject": options.get("commit_subject"),
            "commit_author": options.get("commit_author"),
            "spec": spec,
            "spec_fingerprint": self._fingerprint(spec),
            "redeploy_image_id": image.id if image else False,
            "retry_of_id": retry_of.id if retry_of else False,
            "requested_by_id": user.id if self._is_person(user) else False,
        }

    @staticmethod
    def _is_person(user):
        """Say whether somebody asked, not a forge or the scheduler, which act as the system."""
        return user.id != SUPERUSER_ID and user._is_internal()

    @staticmethod
    def _fingerprint(spec):
        canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _spec(self, environment, kind, ref, commit, image=None, order=None):
        """Return all a pipeline may know, as plain JSON, fixed from now on."""
        self._check_whose(environment, image)
        spec = {
            "kind": kind,
            "project": self._project_facts(environment.project_id),
            "environment": self._environment_facts(environment, kind),
            "server": environment.database_server_id._facts(),
            "ref": ref or None,
            "commit": commit or None,
            "extra_repositories": [],
            "redeploy": self._build_facts(image) if image else None,
            "base_url": environment.url or None,
        }
        spec |= self.env["ops.artifact"]._inventory(environment, kind)
        spec |= environment._data_order(kind) | (order or {})
        return without_nulls(spec | environment._network_order() | environment._delivered_order())

    def _check_whose(self, environment, image):
        """Refuse an image that another project has built: a name alone proves nothing."""
        if image and image.project_id != environment.project_id:
            raise UserError(
                self.env._(
                    "The build %(image)s is not one of project %(project)s. Deploy a build of this project.",
                    image=image.name,
                    project=environment.project_id.name,
                )
            )

    @staticmethod
    def _project_facts(project):
        if not project:
            return None
        facts = {"id": project.id, "code": project.code, "base_image": project.base_image or None}
        url = project.repository_url
        return {
            **facts,
            "repository_url": url,
            "has_git_credentials": project.has_git_credentials,
            "open_networks": project._open_networks() or None,
            "disk_gb": project.sudo().max_disk_gb or None,  # only managers read a ceiling
        }

    @staticmethod
    def _environment_facts(environment, kind):
        if not environment:
            return None
        names = ("id", "slug", "name", "stage", "host", "workers", "memory_mb", "cpus")
        names += ("demo", "run_tests")
        facts = {name: environment[name] for name in names}
        has_data = bool(environment.database_name)
        database = environment._stable_database()
        if kind != "deploy" and has_data:
            database = environment.database_name
        facts |= {"is_serving": bool(environment.image_id), "has_data": has_data}
        facts |= {"closed": True} if environment.allowed_addresses else {}
        return {**facts, "database": database or None}

    @staticmethod
    def _build_facts(image):
        """Return what the build of an image found out, for a deploy that does not build again."""
        build = image.run_id.step_ids.filtered(lambda step: step.name == "build")[:1]
        return {**(build.result or {}), "image": image.uri, "commit": image.run_id.commit or None}

    def _plan_steps(self):
        """Write the pipeline's steps down, with how long they took before."""
        self.ensure_one()
        known = self._earlier_durations()
        self.env["ops.run.step"].create(
            [
                {
                    "run_id": self.id,
                    "sequence": place,
                    "name": step.name,
                    "kind": step.kind,
                    "label": step.label,
                    "timeout_seconds": step.timeout_seconds,
                    "max_attempts": step.attempts,
                    "when": step.when,
                    "predicted_seconds": median(known.get(step.name, [0.0])),
                }
                for place, step in enumerate(plan_for(self.kind, self.spec).steps, start=1)
            ]
        )

    def _earlier_durations(self):
        """Return the durations of the environment's last good runs, by step name."""
        done = [
            ("environment_id", "=", self.environment_id.id),
            ("kind", "=", self.kind),
            ("state", "=", "done"),
        ]
        durations = {}
        for step in self.search(done, limit=LOOK_BACK_RUNS).step_ids:
            if step.state == "done":
                durations.setdefault(step.name, []).append(step.duration_seconds)
        return durations

    def _register_hook(self):
        """A control plane that starts again goes on at once, not at the scheduler's next round."""
        super()._register_hook()
        if self.search_count([("state", "in", ("queued", "running"))], limit=1):
            self._wake_driver()

    @api.model
    def _wake_driver(self):
        """Have the driver look at once, after this transaction's commit."""
        self.env.ref("ipai_ops.cron_drive").sudo()._trigger()

    @api.model
    def _wake_late_driver(self):
        """Wake the scheduler again when its call is overdue: one that has just started sleeps first.

        The edge's pull calls this every second, so a killed control plane goes on within seconds.
        """
        late = fields.Datetime.now() - timedelta(seconds=LATE_SECONDS)
        cron = self.env.ref("ipai_ops.cron_drive")
        crons = cron | self.env["ops.fact.consumer"]._late_crons()
        calls = [("cron_id", "in", crons.ids), ("call_at", "<", late)]
        if self.env["ir.cron.trigger"].search_count(calls, limit=1):
            cron._notifydb()

    @api.model
    def _cron_drive(self):
        """Move all active runs one step on; called by the scheduler."""
        from ... import driver

        driver.drive(self.env)

    @api.model
    def _cron_collect(self):
        """Queue the removal of what no environment uses any more, when there is something."""
        self._collect("schedule")

    @api.model
    def _collect(self, trigger):
        """Queue a clean-up, or return the one under way; empty when there is no garbage."""
        artifacts = self.env["ops.artifact"].sudo()  # whoever may ask: things are judged as a whole
        artifacts._mark_unneeded_images()
        if not artifacts.search_count(artifacts._collectable(), limit=1):
            return self.browse()
        active = [("kind", "=", "collect"), ("state", "in", ("queued", "running"))]
        under_way = self.search(active, limit=1)
        nowhere = self.env["ops.environment"]
        return under_way or self._queue(nowhere, "collect", trigger, None, None)
