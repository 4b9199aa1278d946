"""Says what a restore brings, what it costs and what is kept, before it begins."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..authentication.asks_again import asks_again_when, on_production
from ..engine.wording import duration


class RestoreWizard(models.TransientModel):
    _name = "ops.restore.wizard"
    _description = "Restore a backup"

    backup_id = fields.Many2one("ops.backup", required=True, ondelete="cascade")
    project_id = fields.Many2one(related="backup_id.project_id", related_sudo=False)
    source_id = fields.Many2one(
        related="backup_id.environment_id", related_sudo=False, string="Backup of"
    )
    taken_at = fields.Datetime(
        related="backup_id.taken_at", related_sudo=False, string="Data as of"
    )
    backup_state = fields.Selection(related="backup_id.state", related_sudo=False, string="State")
    rto_seconds = fields.Float(
        related="backup_id.rto_seconds", related_sudo=False, string="It took, when proven"
    )
    environment_id = fields.Many2one(
        "ops.environment",
        string="Into",
        required=True,
        ondelete="cascade",
        compute="_compute_environment_id",
        precompute=True,
        store=True,
        readonly=False,
    )
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    code = fields.Selection(
        [("backup", "The build of the backup"), ("current", "The build that serves there now")],
        default="backup",
        required=True,
        string="Served by",
        help="The build that serves now first updates the restored data to its modules.",
    )
    lost_text = fields.Char(string="You lose", compute="_compute_consequences")
    lost_run_ids = fields.Many2many("ops.run", compute="_compute_consequences")
    kept_text = fields.Char(string="Kept", compute="_compute_consequences")
    masked_text = fields.Char(compute="_compute_consequences")
    needs_name = fields.Boolean(compute="_compute_consequences")
    typed_name = fields.Char(string="Type the environment's name")

    @api.depends("backup_id")
    def _compute_environment_id(self):
        for wizard in self:
            wizard.environment_id = wizard.environment_id or wizard.backup_id.environment_id

    @api.depends("environment_id", "backup_id")
    def _compute_consequences(self):
        for wizard in self:
            target, backup = wizard.environment_id, wizard.backup_id
            is_own = target == backup.environment_id
            moment = backup.taken_at if is_own else target.deployed_at
            minutes, runs = target._lost_since(moment) if moment else (0, target.run_ids.browse())
            wizard.needs_name = target.stage == "production"
            wizard.lost_run_ids = runs if is_own else False
            wizard.lost_text = wizard._lost(is_own, minutes)
            wizard.kept_text = wizard._kept()
            is_masked = backup.stage == "production" and target.stage != "production"
            wizard.masked_text = is_masked and self.env._(
                "Production's data is neutralised and masked on its way here."
            )

    def _lost(self, is_own, minutes):
        if not self.environment_id.database_name:
            return self.env._("Nothing: no data is there yet.")
        if not is_own:
            return self.env._("All data that %s has now.", self.environment_id.name)
        return self.env._(
            "What was written in the last %(time)s, since %(moment)s UTC.",
            time=duration(minutes * 60),
            moment=fields.Datetime.to_string(self.taken_at),
        )

    def _kept(self):
        if not self.environment_id.database_name:
            return False
        return self.env._(
            "The data that serves now is kept aside for %(days)s days, one click away. Until the "
            "new data is compared and started, it goes on serving.",
            days=self.project_id.keep_points_days,
        )

    @asks_again_when(on_production)
    def action_confirm(self):
        """Queue the restore and open its run."""
        self.ensure_one()
        environment = self.environment_id
        environment._check_may("restore")
        if self.needs_name and (self.typed_name or "").strip() != environment.name:
            raise UserError(
                self.env._(
                    "Type “%s” to confirm: production's present data will be put aside.",
                    environment.name,
                )
            )
        image = environment.image_id if self.code == "current" else None
        return self.backup_id._restore_into(environment, "button", image).run_id._open()
