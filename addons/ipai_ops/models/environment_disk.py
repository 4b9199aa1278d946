"""What environments take of the disk, measured; near the limit it is said, at the limit they stop."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import disk, naming
from ..platform_facts import platform
from .environment import GONE, LIVE_LANES

ALERT, SOURCE = "disk", "disk"
ACTIVE = ("queued", "running")


class Environment(models.Model):
    _inherit = "ops.environment"

    disk_files_bytes = fields.Float(string="Files", digits=(20, 0), readonly=True, copy=False)
    disk_database_bytes = fields.Float(string="Database", digits=(20, 0), readonly=True, copy=False)
    disk_measured_at = fields.Datetime(string="Measured", readonly=True, copy=False)
    disk_held_at = fields.Datetime(
        string="Stopped by its disk limit",
        readonly=True,
        copy=False,
        help="Since when it is stopped, because it takes more of the disk than its limit.",
    )
    disk_used_bytes = fields.Float(
        string="Disk used", digits=(20, 0), compute="_compute_disk_used", store=True
    )
    disk_level = fields.Selection(
        [(disk.FREE, "No limit"), (disk.OK, "Enough"), (disk.NEARLY, "Near"), (disk.FULL, "Full")],
        string="Room on the disk",
        compute="_compute_disk_level",
    )
    disk_usage = fields.Char(string="Disk", compute="_compute_disk_level")

    @api.depends("disk_files_bytes", "disk_database_bytes")
    def _compute_disk_used(self):
        for environment in self:
            used = environment.disk_files_bytes + environment.disk_database_bytes
            environment.disk_used_bytes = used

    @api.depends("disk_used_bytes", "disk_limit_gb", "disk_measured_at")
    def _compute_disk_level(self):
        for environment in self:
            used, limit = environment.disk_used_bytes, environment.disk_limit_gb
            environment.disk_level = disk.level(used, limit)
            environment.disk_usage = environment._disk_words(used, limit)

    def _disk_words(self, used, limit):
        if not self.disk_measured_at:
            return self.env._("not measured yet")
        if not limit:
            return self.env._("%s GB, no limit", disk.shown(used))
        return self.env._("%(used)s of %(limit)s GB", used=disk.shown(used), limit=limit)

    def action_measure_disk(self):
        """Have it measured now and open the run."""
        self.ensure_one()
        self._check_may("deploy")
        run = self.database_server_id.sudo()._measure("button")  # the server is the product's
        if not run:
            raise UserError(self.env._("There is nothing to measure: deploy it first."))
        return run.with_env(self.env)._open() if self._may("logs") else True

    def action_resume(self):
        """Start what the disk limit stopped, and open the run."""
        self.ensure_one()
        self._check_may("deploy")
        if not self.disk_held_at:
            raise UserError(self.env._("It was not stopped by its disk limit."))
        if self.disk_level == disk.FULL:
            raise UserError(f"{self._disk_cause()} {self._disk_hint()}")
        return self._restart("button")._open()

    def _disk_cause(self):
        return self.env._(
            "%(environment)s takes %(usage)s of the disk.",
            environment=self.display_name,
            usage=self.disk_usage,
        )

    def _disk_hint(self):
        return self.env._(
            "Raise “Disk (GB)” under Settings, or free space in the console and press Measure; "
            "then press Resume."
        )

    def _take_disk(self, found, at):
        """Note what was measured, and do what it asks for."""
        self.write(
            {
                "disk_files_bytes": found.get("files_bytes") or 0,
                "disk_database_bytes": found.get("database_bytes") or 0,
                "disk_measured_at": at,
            }
        )
        self._tell_disk()
        if disk.has_to_stop(self.state, self.disk_level, self._is_busy()):
            self._stop_for_disk()

    def _is_busy(self):
        active = [("environment_id", "=", self.id), ("state", "in", ACTIVE)]
        return bool(
            self.env["ops.run"].search_count([*active, ("lane", "in", LIVE_LANES)], limit=1)
        )

    def _tell_disk(self):
        alerts = self.env["ops.alert"]
        if self.disk_level in (disk.FREE, disk.OK):
            alerts._resolve(self, ALERT)
            return
        severity = "critical" if self.disk_level == disk.FULL else "warning"
        hint = self._disk_hint()
        if self.disk_level == disk.NEARLY:
            hint = self.env._(
                "At its limit it is stopped, so that its neighbours keep their room. Raise “Disk "
                "(GB)” under Settings, or free space."
            )
        alerts._raise(self, ALERT, self._disk_cause(), severity, message=hint, source=SOURCE)

    def _stop_for_disk(self):
        """Its service goes, its data stays; people read why on its page."""
        self.disk_held_at = fields.Datetime.now()
        facts = {"used_bytes": self.disk_used_bytes, "limit_gb": self.disk_limit_gb}
        self.env["ops.audit"]._note("environment.stopped_for_disk", self, **facts)
        self.message_post(body=f"{self._disk_cause()} {self._disk_hint()}")
        self.env["ops.run"]._queue(self, "stop", "schedule", None, None)

    def _run_ended(self, run):
        result = super()._run_ended(run)
        if run.kind == "stop" and self.state not in GONE:
            self.write({"state": "asleep"} if run.state == "done" else {"disk_held_at": False})
        return result

    def _released(self, run):
        result = super()._released(run)
        if self.disk_held_at:
            self.disk_held_at = False
            self.env["ops.audit"]._note("environment.resumed", self, run=run.id)
        return result

    def _state_left_behind(self):
        """A release that fails leaves what was stopped as it was."""
        return "asleep" if self.disk_held_at else super()._state_left_behind()

    def _order_at_start(self, spec, kind):
        spec = super()._order_at_start(spec, kind)
        if kind != "measure":
            return spec
        server = self.env["ops.database.server"].browse(spec["server_id"]).exists()
        here = {one["id"] for one in server._to_measure()}
        return {**spec, "measured": [one for one in spec["measured"] if one["id"] in here]}


class DatabaseServer(models.Model):
    _inherit = "ops.database.server"

    @api.model
    def _cron_measure(self):
        """Measure the environments of every server."""
        for server in self.search([]):
            server._measure("schedule")

    def _measure(self, trigger):
        """Queue a look at the environments' disk use, unless one is under way; return the run."""
        self.ensure_one()
        runs = self.env["ops.run"]
        active = runs.search([("kind", "=", "measure"), ("state", "in", ACTIVE)])
        known = active.filtered(lambda run: run.spec.get("server_id") == self.id)[:1]
        measured = self._to_measure()
        if known or not measured:
            return known
        order = {"server": self._facts(), "server_id": self.id, "measured": measured}
        nowhere = self.env["ops.environment"]
        return runs._queue(nowhere, "measure", trigger, None, None, order=order)

    def _to_measure(self):
        """Return the environments with data on the server, as the order names them."""
        here = [("database_server_id", "=", self.id), ("database_name", "!=", False)]
        environments = self.env["ops.environment"].search([*here, ("state", "not in", GONE)])
        return [
            {"id": one.id, "project": one.project_id.id, "database": one.database_name}
            for one in environments
        ]


class Run(models.Model):
    _inherit = "ops.run"

    def _note_fact(self, kind, **payload):
        """That somebody measured is no news; what is found is."""
        told = self.filtered(lambda run: run.kind != "measure")
        return super(Run, told)._note_fact(kind, **payload)

    def _passes_policies(self):
        """A run that would write where there is no room left fails at once, and says why."""
        environment = self.environment_id
        is_held, level = bool(environment.disk_held_at), environment.disk_level
        if self.started_at or disk.may_begin(self.kind, self.lane, is_held, level):
            return super()._passes_policies()
        why = {"cause": environment._disk_cause(), "hint": environment._disk_hint()}
        self.step_ids.sorted("sequence")[:1].write({"state": "failed", **why})
        self._finish("failed", fields.Datetime.now())
        return False

    def _settle_artifacts(self):
        if self.kind == "measure":
            self._settle_measured()
        return super()._settle_artifacts()

    def _settle_measured(self):
        """Carry what was found over to the environments; older looks have nothing to say any more."""
        found = (self._steps_done("measure").result or {}).get("environments", {})
        measured = [one["id"] for one in self.spec.get("measured", ())]
        environments = self.env["ops.environment"].with_context(active_test=False)
        for environment in environments.browse(measured).exists():
            if environment.state in GONE:
                self._give_up_volume(environment)
            elif str(environment.id) in found:
                environment._take_disk(found[str(environment.id)], self.finished_at)
        over = [("kind", "=", "measure"), ("state", "in", ("done", "failed", "cancelled"))]
        older = self.search([*over, ("id", "<", self.id)])
        older.filtered(lambda run: run.spec.get("server_id") == self.spec["server_id"]).unlink()

    def _give_up_volume(self, environment):
        """One destroyed meanwhile may have got an empty volume again, by being looked at."""
        if environment.state == "destroyed":
            name = naming.target_volume(platform().instance, environment.id)
            known = self.env["ops.artifact"]._plan(self, "volume", name, f"volume:{name}")
            known.environment_id = environment
            known._mark_garbage(self.env._("Its environment is destroyed."))
