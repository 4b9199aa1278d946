"""A copy beside the live data to go back to: made before a risky step, or what was live before."""

from datetime import timedelta

from odoo import api, fields, models

from ...authentication.asks_again import asks_again
from .snapshot import UNDER_WAY

POINT_STATES = [
    ("present", "There"),
    ("used", "Serves again"),
    ("expired", "Expired"),
]


class RestorePoint(models.Model):
    _name = "ops.restore.point"
    _description = "Restore point"
    _product_written = True
    _order = "taken_at desc, id desc"

    project_id = fields.Many2one(related="environment_id.project_id", store=True, index=True)
    environment_id = fields.Many2one(
        "ops.environment", required=True, index=True, ondelete="cascade"
    )
    may_rollback = fields.Boolean(related="environment_id.may_rollback", related_sudo=False)
    run_id = fields.Many2one("ops.run", string="Made by", ondelete="set null", index=True)
    kind = fields.Selection(
        [
            ("point", "Before a deploy"),
            ("aside", "Served before"),
            ("failed", "Left by a failed update"),
        ],
        required=True,
    )
    state = fields.Selection(POINT_STATES, required=True, default="present", index=True)
    database_name = fields.Char(required=True)
    artifact_id = fields.Many2one("ops.artifact", ondelete="set null")
    image_id = fields.Many2one("ops.artifact", string="Build", ondelete="set null")
    commit = fields.Char()
    commit_subject = fields.Char()
    taken_at = fields.Datetime(string="Data as of", required=True)
    expires_at = fields.Datetime()
    size_bytes = fields.Float(string="Size", digits=(20, 0))
    method = fields.Char(help="How the copy was made: a reflink takes no room, a copy does.")
    seconds = fields.Float()

    @api.depends("kind", "environment_id.display_name", "taken_at")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for point in self:
            taken_at = point.taken_at or fields.Datetime.now()  # of one that is not saved yet
            at = fields.Datetime.context_timestamp(point, taken_at)
            place = point.environment_id.display_name
            point.display_name = f"{place} · {kinds.get(point.kind)} · {at:%Y-%m-%d %H:%M}"

    @asks_again
    def action_roll_back(self):
        """Open the question whether to go back to this copy, with what will be lost."""
        self.ensure_one()
        self.environment_id._check_may("rollback")
        return self.environment_id._ask_rollback(point=self)

    def _facts(self):
        """Return what a run's frozen spec says of the copy."""
        taken_at = fields.Datetime.to_string(self.taken_at)
        return {"id": self.id, "database": self.database_name, "taken_at": taken_at}

    @api.model
    def _keep(self, run, kind, database, image, **facts):
        """Remember a copy that exists now, until it expires; return the record."""
        environment = run.environment_id
        days = environment.project_id.keep_points_days
        artifact = self.env["ops.artifact"].search(
            [("kind", "=", "database"), ("name", "=", database), ("state", "!=", "removed")],
            limit=1,
        )
        artifact._keep()
        artifact._mark_present(size_bytes=facts.get("size_bytes") or 0)
        serving = (run.spec or {}).get("serving") or {}
        return self.create(
            {
                "environment_id": environment.id,
                "run_id": run.id,
                "kind": kind,
                "database_name": database,
                "artifact_id": artifact.id,
                "image_id": image.id,
                "commit": serving.get("commit"),
                "commit_subject": serving.get("commit_subject"),
                "expires_at": fields.Datetime.now() + timedelta(days=days),
                **facts,
            }
        )

    def _give_up(self, reason):
        """Let copies go that no run is about to use."""
        active = self.env["ops.run"].search([("state", "in", UNDER_WAY)])
        used = {((run.spec or {}).get("point") or {}).get("id") for run in active}
        spare = self.filtered(lambda point: point.id not in used and point.state == "present")
        spare.artifact_id._mark_garbage(reason)
        spare.state = "expired"

    @api.model
    def _cron_expire(self):
        """Let copies go whose time is over, and those beyond the number an environment keeps."""
        present = self.search([("state", "=", "present")])
        now = fields.Datetime.now()
        late = present.filtered(lambda point: point.expires_at and point.expires_at < now)
        late._give_up(self.env._("Its time to go back is over."))
        for environment, points in (present - late).grouped("environment_id").items():
            spare = points[environment.project_id.keep_points :]
            spare._give_up(self.env._("Newer copies are there."))
