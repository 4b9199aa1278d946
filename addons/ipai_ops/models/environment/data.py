"""An environment's data: when it is backed up, what a deploy starts from, how old a loss would be."""

import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import strip
from ..data.backup import BACKUP_STATES, RESTORABLE
from ..data.restore import INTO_PLACE

HEADROOM = 1.5  # of the interval; an older backup is late


class Environment(models.Model):
    _inherit = "ops.environment"

    backup_hours = fields.Integer(
        string="Back up every (hours)", help="0: never by itself.", default=0
    )
    next_backup_at = fields.Datetime(copy=False, readonly=True)
    data_policy = fields.Selection(
        [
            ("update", "Updates its data"),
            ("clone", "Starts from a fresh clone of production"),
            ("nothing", "Does nothing: deployed by hand"),
        ],
        string="A push",
        default="update",
        required=True,
        help="For staging: what a push does with the data that is there.",
    )
    backup_ids = fields.One2many("ops.backup", "environment_id")
    point_ids = fields.One2many("ops.restore.point", "environment_id")
    present_point_ids = fields.One2many(
        "ops.restore.point", "environment_id", domain=[("state", "=", "present")]
    )
    backup_count = fields.Integer(compute="_compute_backup_facts")
    last_backup_id = fields.Many2one("ops.backup", compute="_compute_backup_facts")
    last_backup_state = fields.Selection(
        BACKUP_STATES, string="Last backup's state", compute="_compute_backup_facts"
    )
    last_backup_at = fields.Datetime(string="Last backup taken", compute="_compute_backup_facts")
    proven_backup_id = fields.Many2one("ops.backup", compute="_compute_backup_facts")
    proven_backup_at = fields.Datetime(string="Last proven", compute="_compute_backup_facts")
    rpo_seconds = fields.Float(
        string="RPO now", compute="_compute_backup_facts", help="What a loss now would cost."
    )
    rto_seconds = fields.Float(
        string="RTO", compute="_compute_backup_facts", help="How long the last proof took."
    )
    is_backup_late = fields.Boolean(compute="_compute_backup_facts")
    backup_strip = fields.Json(compute="_compute_backup_strip")
    data_at = fields.Datetime(
        string="Data of", compute="_compute_data_facts", help="How old what it started from is."
    )
    is_data_masked = fields.Boolean(compute="_compute_data_facts")

    _backup_hours_sane = models.Constraint(
        "CHECK(backup_hours >= 0)", "The hours between two backups cannot be negative."
    )

    @api.depends(
        "backup_ids.state", "backup_ids.taken_at", "backup_ids.rto_seconds", "backup_hours"
    )
    def _compute_backup_facts(self):
        now = fields.Datetime.now()
        for environment in self:
            mine = environment.backup_ids.sorted("taken_at", reverse=True)
            good = mine.filtered(lambda backup: backup.state in RESTORABLE)
            age = (now - good[0].taken_at).total_seconds() if good else 0
            limit = environment.backup_hours * 3600 * HEADROOM
            environment.backup_count = len(good)
            last, proven = mine[:1], mine.filtered(lambda one: one.state == "proven")[:1]
            environment.last_backup_id = last
            environment.last_backup_state = last.state
            environment.last_backup_at = last.taken_at
            environment.proven_backup_id = proven
            environment.proven_backup_at = proven.taken_at
            environment.rto_seconds = proven.rto_seconds
            environment.rpo_seconds = age
            environment.is_backup_late = bool(limit and environment.image_id and age > limit)

    @api.depends("backup_ids.state", "backup_ids.taken_at")
    def _compute_backup_strip(self):
        now = fields.Datetime.now()
        for environment in self:
            marks = [
                strip.Mark(backup.id, backup.taken_at, backup.state)
                for backup in environment.backup_ids
            ]
            environment.backup_strip = strip.cells(marks, now)

    def _compute_data_facts(self):
        brought = [
            ("environment_id", "in", self.ids),
            ("purpose", "in", INTO_PLACE),
            ("state", "=", "done"),
        ]
        newest = self.env["ops.restore"]._read_group(brought, ["environment_id"], ["id:max"])
        found = {environment: self.env["ops.restore"].browse(id_) for environment, id_ in newest}
        for environment in self:
            restore = found.get(environment._origin, self.env["ops.restore"])
            environment.data_at = restore.data_at
            environment.is_data_masked = restore.purpose == "clone"

    def _database_password(self, is_trial=False):
        """Return the password of the role that owns the data; a quarantine has another role."""
        own = self.sudo().db_password  # closed to everyone; the driver writes it into a secret
        if not is_trial:
            return own
        return hashlib.sha256(f"quarantine, {own}".encode()).hexdigest()

    def _data_order(self, kind):
        """Return what a run's order says of the data it starts from."""
        snapshot = self._snapshot_to_clone() if kind == "deploy" else self.env["ops.snapshot"]
        return {"snapshot": snapshot._facts()} if snapshot else {}

    def _snapshot_to_clone(self):
        """Return the snapshot a deploy of staging starts from; empty: it keeps its data."""
        snapshots = self.env["ops.snapshot"]
        if self.stage != "staging":
            return snapshots
        if self.data_policy != "clone" and self.database_name:
            return snapshots
        return snapshots._newest(self.project_id, self.database_server_id)

    def _data_at_start(self, spec):
        """Return what only counts when the run begins: the newest snapshot, what serves now."""
        found = {"environment": {**spec["environment"], "has_data": bool(self.database_name)}}
        if spec.get("snapshot"):
            snapshot = self.env["ops.snapshot"]._newest(self.project_id, self.database_server_id)
            found |= {"snapshot": snapshot._facts()} if snapshot else {}
        if self.image_id:
            serving = {"image_id": self.image_id.id, "commit": self.commit or ""}
            found["serving"] = {**serving, "commit_subject": self.commit_subject or ""}
        return found

    def _note_clone(self, run):
        """Note which snapshot a deploy starts from."""
        snapshot = (run.spec or {}).get("snapshot")
        if snapshot and not run.restore_ids:
            values = {"environment_id": self.id, "run_id": run.id, "purpose": "clone"}
            values |= {"snapshot_id": snapshot["id"], "data_at": snapshot["taken_at"]}
            self.env["ops.restore"].create(values)

    def _kept_copies(self):
        """Return the names of the databases kept beside the live one."""
        points = self.env["ops.restore.point"].search(
            [("environment_id", "in", self.ids), ("state", "=", "present")]
        )
        snapshots = self.env["ops.snapshot"].search(
            [("environment_id", "in", self.ids), ("state", "=", "present")]
        )
        copies = {*points.mapped("database_name"), *snapshots.mapped("database_name")}
        backups = [("environment_id", "in", self.ids), ("export_until", "!=", False)]
        return copies | set(self.env["ops.backup"].search(backups).mapped("export_name"))

    def _images_of_copies(self):
        """Return the builds that a backup or a copy kept aside would need again."""
        points = self.env["ops.restore.point"].search(
            [("environment_id", "in", self.ids), ("state", "=", "present")]
        )
        backups = self.env["ops.backup"].search(
            [("environment_id", "in", self.ids), ("state", "in", RESTORABLE)]
        )
        return points.image_id | backups.image_id

    def action_fresh_clone(self):
        """Queue a deploy that starts from a fresh clone of production's snapshot; open the run."""
        self.ensure_one()
        self._check_may("deploy")
        if self.stage != "staging":
            raise UserError(self.env._("Only staging starts from a clone of production."))
        snapshot = self.env["ops.snapshot"]._newest(self.project_id, self.database_server_id)
        if not snapshot:
            raise UserError(
                self.env._("There is no snapshot yet: back up production and wait for its proof.")
            )
        order = {"snapshot": snapshot._facts()}
        if not self.image_id:
            return self._deploy("button", order=order)._open()
        return self._deploy(
            "button",
            self.commit,
            redeploy_image=self.image_id,
            commit_subject=self.commit_subject,
            order=order,
        )._open()

    @api.model
    def _cron_back_up(self):
        """Queue the backups that are due; one that fails is tried again at the next turn's time."""
        now = fields.Datetime.now()
        wanted = [("backup_hours", ">", 0), ("image_id", "!=", False), ("state", "=", "up")]
        due = self.search(
            [*wanted, "|", ("next_backup_at", "=", False), ("next_backup_at", "<=", now)]
        )
        self.search(wanted)._tell_late_backups()
        for environment in due:
            environment._back_up("schedule")
            environment.next_backup_at = now + timedelta(hours=environment.backup_hours)
