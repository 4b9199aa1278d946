"""Says which build comes back and which minutes of data are lost, before anything moves."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..authentication.asks_again import asks_again
from ..engine.wording import duration


class RollbackWizard(models.TransientModel):
    _name = "ops.rollback.wizard"
    _description = "Roll back"

    environment_id = fields.Many2one("ops.environment", required=True, ondelete="cascade")
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    current_image_id = fields.Many2one(
        related="environment_id.image_id", related_sudo=False, string="Serving now"
    )
    run_id = fields.Many2one("ops.run", string="Behind this deploy", ondelete="cascade")
    allowed_image_ids = fields.Many2many("ops.artifact", compute="_compute_allowed")
    allowed_point_ids = fields.Many2many("ops.restore.point", compute="_compute_allowed")
    point_id = fields.Many2one(
        "ops.restore.point",
        string="Data",
        domain="[('id', 'in', allowed_point_ids)]",
        ondelete="cascade",
        compute="_compute_choice",
        precompute=True,
        store=True,
        readonly=False,
    )
    with_data = fields.Boolean(
        string="Bring the data back too",
        help="Without it only the build goes back: newer data stays, also what updates changed.",
    )
    image_id = fields.Many2one(
        "ops.artifact",
        string="Build",
        required=True,
        domain="[('id', 'in', allowed_image_ids)]",
        ondelete="cascade",
        compute="_compute_image_id",
        precompute=True,
        store=True,
        readonly=False,
    )
    lost_text = fields.Char(string="You lose", compute="_compute_consequences")
    lost_run_ids = fields.Many2many("ops.run", compute="_compute_consequences")
    kept_text = fields.Char(string="Kept", compute="_compute_consequences")
    needs_name = fields.Boolean(compute="_compute_consequences")
    typed_name = fields.Char(string="Type the environment's name")

    @api.depends("environment_id")
    def _compute_allowed(self):
        for wizard in self:
            environment = wizard.environment_id
            images = [("kind", "=", "image"), ("state", "=", "present")]
            images.append(("project_id", "=", environment.project_id.id))
            wizard.allowed_image_ids = self.env["ops.artifact"].search(images)
            points = [("environment_id", "=", environment.id), ("state", "=", "present")]
            wizard.allowed_point_ids = self.env["ops.restore.point"].search(points)

    @api.depends("environment_id")
    def _compute_choice(self):
        for wizard in self:
            wizard.point_id = wizard.point_id or wizard.allowed_point_ids[:1]

    @api.depends("point_id", "with_data")
    def _compute_image_id(self):
        for wizard in self:
            own = wizard.point_id.image_id if wizard.with_data else False
            present = own if own and own.state == "present" else False
            wizard.image_id = present or wizard.environment_id._image_before()

    @api.depends("point_id", "with_data", "environment_id")
    def _compute_consequences(self):
        for wizard in self:
            goes_back = wizard.with_data and wizard.point_id
            environment, moment = wizard.environment_id, wizard.point_id.taken_at
            minutes, runs = environment._lost_since(moment) if goes_back else (0, None)
            wizard.needs_name = wizard.stage == "production"
            wizard.lost_run_ids = runs or False
            wizard.lost_text = wizard._lost(goes_back, minutes)
            wizard.kept_text = goes_back and self.env._(
                "The data that serves now is kept aside for %s days, one click away.",
                environment.project_id.keep_points_days,
            )

    def _lost(self, goes_back, minutes):
        if not goes_back:
            return self.env._("No data: the database stays as it is. Modules are not turned back.")
        return self.env._(
            "What was written in the last %(time)s, since %(moment)s UTC.",
            time=duration(minutes * 60),
            moment=fields.Datetime.to_string(self.point_id.taken_at),
        )

    @asks_again
    def action_confirm(self):
        """Queue the way back and open its run."""
        self.ensure_one()
        environment = self.environment_id
        environment._check_may("rollback")
        if self.needs_name and (self.typed_name or "").strip() != environment.name:
            raise UserError(self.env._("Type “%s” to confirm.", environment.name))
        if self.with_data and not self.point_id:
            raise UserError(self.env._("Choose the copy of the data to go back to."))
        point = self.point_id if self.with_data else self.point_id.browse()
        return environment._roll_back(self.image_id, point, "button")._open()
