"""What an environment takes of the disk; near the limit it is said, at the limit it stops."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import disk
from ..constants import GONE, LIVE_LANES

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

    def _note_stopped(self, run):
        """Take over whether the disk limit's stop came about."""
        if self.state not in GONE:
            self.write({"state": "asleep"} if run.state == "done" else {"disk_held_at": False})

    def _note_resumed(self, run):
        """A release ends what the disk limit stopped."""
        if self.disk_held_at:
            self.disk_held_at = False
            self.env["ops.audit"]._note("environment.resumed", self, run=run.id)
