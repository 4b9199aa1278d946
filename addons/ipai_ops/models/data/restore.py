"""One time that data was brought back or tried out: from which copy, how long it took, what it showed."""

from odoo import api, fields, models

from .snapshot import html_table

BRINGING = ("restore", "clone", "import_zip", "recover", "boot")  # what a way back is made of
INTO_PLACE = (
    "restore",
    "import",
    "recovery",
    "rollback",
    "clone",
)  # purposes that change what serves


class Restore(models.Model):
    _name = "ops.restore"
    _description = "Restore"
    _product_written = True
    _order = "id desc"

    project_id = fields.Many2one(related="environment_id.project_id", store=True, index=True)
    environment_id = fields.Many2one(
        "ops.environment", string="Into", required=True, index=True, ondelete="cascade"
    )
    purpose = fields.Selection(
        [
            ("restore", "Restore"),
            ("import", "Import"),
            ("recovery", "As of a time"),
            ("rollback", "Roll back"),
            ("clone", "Clone"),
            ("proof", "Proof"),
            ("drill", "Drill"),
        ],
        required=True,
    )
    backup_id = fields.Many2one("ops.backup", index=True, ondelete="set null")
    snapshot_id = fields.Many2one("ops.snapshot", index=True, ondelete="set null")
    point_id = fields.Many2one("ops.restore.point", ondelete="set null")
    archive_id = fields.Many2one("ops.archive", index="btree_not_null", ondelete="set null")
    aside_id = fields.Many2one(
        "ops.restore.point", string="Kept aside", ondelete="set null", readonly=True
    )
    run_id = fields.Many2one("ops.run", required=True, index=True, ondelete="cascade")
    state = fields.Selection(related="run_id.state", store=True)
    cause = fields.Char(related="run_id.cause", related_sudo=False)
    requested_by_id = fields.Many2one(related="run_id.requested_by_id", related_sudo=False)
    started_at = fields.Datetime(related="run_id.started_at", store=True)
    duration_seconds = fields.Float(
        related="run_id.duration_seconds", store=True, string="Took", aggregator="avg"
    )
    data_at = fields.Datetime(string="Data as of")
    rto_seconds = fields.Float(string="Restore time (s)", aggregator="avg")
    age_seconds = fields.Float(string="Age of the data (s)", aggregator="avg")
    method = fields.Char(help="How the copy was made: a reflink takes no room, a copy does.")
    report = fields.Json(help="What the proof or drill compared and measured.")
    report_html = fields.Html(compute="_compute_report_html")

    @api.depends("purpose", "environment_id.display_name", "run_id.queued_at")
    def _compute_display_name(self):
        purposes = dict(self._fields["purpose"]._description_selection(self.env))
        for restore in self:
            at = fields.Datetime.context_timestamp(
                restore, restore.run_id.queued_at or fields.Datetime.now()
            )
            what = purposes.get(restore.purpose)
            place = restore.environment_id.display_name
            restore.display_name = f"{what} · {place} · {at:%Y-%m-%d %H:%M}"

    @api.depends("report")
    def _compute_report_html(self):
        head = (self.env._("Step"), self.env._("What"), self.env._("Value"))
        for restore in self:
            rows = [
                (step, fact.replace("_", " "), value)
                for step, facts in (restore.report or {}).items()
                for fact, value in facts.items()
                if fact != "ok"
            ]
            restore.report_html = html_table(head, rows)

    def action_view_run(self):
        """Open the run that did it."""
        self.ensure_one()
        return self.run_id._open()

    def _measure(self):
        """Note how long the way back took and how old the data was then."""
        for restore in self:
            steps = restore.run_id.step_ids
            brought = steps.filtered(lambda step: step.kind in BRINGING)
            facts = {step.name: step.result or {} for step in steps if step.state == "done"}
            age = restore.run_id.started_at - restore.data_at if restore.data_at else None
            restore.write(
                {
                    "rto_seconds": sum(brought.mapped("duration_seconds")),
                    "age_seconds": age.total_seconds() if age else 0,
                    "method": facts.get("clone", {}).get("method"),
                    "report": {name: _short(result) for name, result in facts.items()},
                }
            )


def _short(result):
    """Leave out the long lists of a step's result; they are on the snapshot's page."""
    return {key: value for key, value in result.items() if not isinstance(value, list | dict)}
