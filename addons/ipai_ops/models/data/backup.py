"""A restorable copy of database, files and manifest in the project's repository."""

from odoo import api, fields, models
from odoo.exceptions import UserError

BACKUP_STATES = [
    ("making", "Being made"),
    ("stored", "Not proven yet"),
    ("proving", "Being proven"),
    ("proven", "Proven"),
    ("damaged", "Proof failed"),
    ("failed", "Failed"),
    ("removed", "Removed"),
]
RESTORABLE = ("stored", "proving", "proven")
IN_REPOSITORY = (*RESTORABLE, "damaged")
RESULT_FIELDS = (
    "size_bytes",
    "added_bytes",
    "database_bytes",
    "filestore_files",
    "filestore_bytes",
    "seconds",
)


class Backup(models.Model):
    _name = "ops.backup"
    _description = "Backup"
    _product_written = True
    _inherit = ["mail.thread"]
    _order = "taken_at desc, id desc"

    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    environment_id = fields.Many2one(
        "ops.environment", required=True, index=True, ondelete="cascade"
    )
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    may_backup = fields.Boolean(related="environment_id.may_backup", related_sudo=False)
    repository_id = fields.Many2one("ops.backup.repository", ondelete="restrict")
    run_id = fields.Many2one("ops.run", string="Made by", ondelete="set null", index=True)
    proof_run_id = fields.Many2one("ops.run", string="Proven by", ondelete="set null")
    state = fields.Selection(BACKUP_STATES, required=True, default="making", index=True)
    cause = fields.Char(help="What went wrong, in one sentence.")
    hint = fields.Char(help="What to do about it, in one sentence.")
    taken_at = fields.Datetime(
        default=fields.Datetime.now, required=True, help="The moment the data is of."
    )
    snapshot = fields.Char(string="Repository id")
    image_id = fields.Many2one("ops.artifact", string="Build", ondelete="set null")
    commit = fields.Char()
    commit_subject = fields.Char()
    size_bytes = fields.Float(string="Size", digits=(20, 0), aggregator="max")
    added_bytes = fields.Float(
        string="Added", digits=(20, 0), aggregator="sum", help="New data in the repository."
    )
    database_bytes = fields.Float(string="Database", digits=(20, 0), aggregator="max")
    filestore_files = fields.Integer(string="Files", aggregator="max")
    filestore_bytes = fields.Float(string="Size of the files", digits=(20, 0), aggregator="max")
    seconds = fields.Float(string="Taken in (s)", aggregator="avg")
    manifest = fields.Json()
    server_version = fields.Char(string="PostgreSQL")
    module_count = fields.Integer(string="Modules")
    table_count = fields.Integer(string="Tables")
    row_count = fields.Float(string="Rows", digits=(20, 0))
    proven_at = fields.Datetime()
    rto_seconds = fields.Float(
        string="Restore time (s)",
        aggregator="avg",
        help="Measured by the proof: restore and start.",
    )
    age_seconds = fields.Float(string="Age when proven (s)", aggregator="avg")
    is_held = fields.Boolean(string="Held", help="Retention never removes it.", tracking=True)
    hold_reason = fields.Char(tracking=True)
    kept_as = fields.Char(string="Kept as", help="Why the retention keeps it.")
    removed_at = fields.Datetime()
    snapshot_ids = fields.One2many("ops.snapshot", "backup_id", string="Snapshots")
    restore_ids = fields.One2many("ops.restore", "backup_id", string="Restores and proofs")

    _taken_index = models.Index("(environment_id, taken_at DESC)")

    @api.depends("environment_id.display_name", "taken_at")
    def _compute_display_name(self):
        for backup in self:
            taken_at = backup.taken_at or fields.Datetime.now()  # of one that is not saved yet
            at = fields.Datetime.context_timestamp(backup, taken_at)
            backup.display_name = f"{backup.environment_id.display_name} · {at:%Y-%m-%d %H:%M}"

    @api.ondelete(at_uninstall=False)
    def _unlink_only_when_gone(self):
        if self.filtered(lambda backup: backup.state in IN_REPOSITORY):
            raise UserError(
                self.env._("The repository still holds it; retention removes it there.")
            )

    def _take_result(self, run):
        """Note what the job found out; the proof follows by itself."""
        self.ensure_one()
        step = run.step_ids.filtered(lambda step: step.kind == "backup")
        result = step.result or {}
        manifest = result.get("manifest") or {}
        self.write(
            {
                **{name: result.get(name) or 0 for name in RESULT_FIELDS},
                "state": "stored",
                "snapshot": result["snapshot"],
                "taken_at": _naive(result.get("taken_at")) or run.started_at,
                "manifest": manifest,
                "server_version": manifest.get("server_version"),
                "module_count": manifest.get("modules"),
                "table_count": manifest.get("tables"),
                "row_count": manifest.get("rows"),
            }
        )

    def _fail(self, run, state="failed"):
        """Note that the backup or its proof failed, and tell it."""
        sentence = run.cause or self.env._("The run was %s.", run.state)
        self.write({"state": state, "cause": sentence, "hint": run.hint})
        self.environment_id._tell_backup_failed(self, run)

    def _facts(self):
        """Return what a run's frozen spec says of the backup."""
        self.ensure_one()
        taken_at = fields.Datetime.to_string(self.taken_at)
        return {"id": self.id, "snapshot": self.snapshot, "taken_at": taken_at}

    def _check_restorable(self):
        self.ensure_one()
        if self.state in RESTORABLE and self.snapshot:
            return
        states = dict(self._fields["state"]._description_selection(self.env))
        raise UserError(
            self.env._(
                "This backup cannot be restored: %s. Choose another one.",
                states[self.state].lower(),
            )
        )


def _naive(text):
    """Return an ISO time of a job as the ORM keeps it."""
    if not text:
        return None
    return fields.Datetime.to_datetime(text[:19].replace("T", " "))
