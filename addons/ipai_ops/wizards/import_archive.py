"""Says what an import brings, what it costs and what is kept, before it begins."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..authentication.asks_again import asks_again_when, on_production


class ImportWizard(models.TransientModel):
    _name = "ops.import.wizard"
    _description = "Import an archive of Odoo"

    environment_id = fields.Many2one(
        "ops.environment", string="Into", required=True, ondelete="cascade"
    )
    project_id = fields.Many2one(related="environment_id.project_id", related_sudo=False)
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    archive_id = fields.Many2one("ops.archive", string="Archive", ondelete="cascade")
    size_bytes = fields.Float(related="archive_id.size_bytes", related_sudo=False, string="Size")
    expires_at = fields.Datetime(related="archive_id.expires_at", related_sudo=False)
    is_masked = fields.Boolean(
        string="Mask persons",
        default=True,
        help="Names, mails and phone numbers become other ones, the same everywhere.",
    )
    lost_text = fields.Char(string="You lose", compute="_compute_consequences")
    kept_text = fields.Char(string="Kept", compute="_compute_consequences")
    change_text = fields.Char(string="Changed on the way", compute="_compute_consequences")
    needs_name = fields.Boolean(compute="_compute_consequences")
    typed_name = fields.Char(string="Type the environment's name")

    @api.depends("environment_id", "is_masked")
    def _compute_consequences(self):
        archives = self.env["ops.archive"]
        for wizard in self:
            environment = wizard.environment_id
            wizard.needs_name = archives._is_risky(environment)
            wizard.lost_text = wizard._lost()
            wizard.kept_text = wizard._kept()
            wizard.change_text = wizard._changes()

    def _lost(self):
        if not self.environment_id.database_name:
            return self.env._("Nothing: no data is there yet.")
        return self.env._("All data that %s has now.", self.environment_id.name or "")

    def _kept(self):
        if not self.environment_id.database_name:
            return False
        return self.env._(
            "The data that serves now is kept aside for %(days)s days, one click away. It goes on "
            "serving until the imported data is updated, checked and started.",
            days=self.project_id.keep_points_days,
        )

    def _changes(self):
        if self.stage == "production":
            return self.env._(
                "It gets a uuid, a secret and an address of its own. Scheduled actions, mail servers "
                "and passwords stay as they are in the archive: they work once it serves."
            )
        if self.stage == "development":
            return self.env._(
                "As for staging: neutralised and checked. The next push starts from a fresh database "
                "again."
            )
        return self.env._(
            "Mail, payments, scheduled actions and every credential found are switched off, and that "
            "is checked; everybody's password is replaced."
        )

    @asks_again_when(on_production)
    def action_confirm(self):
        """Queue the import and open its run."""
        self.ensure_one()
        environment = self.environment_id
        environment._check_may("restore")
        if not self.archive_id:
            raise UserError(self.env._("Upload an archive, or choose one that is there."))
        self.archive_id._check_confirmed(environment, self.typed_name)
        restore = self.archive_id._import_into(environment, "button", self.is_masked)
        return restore.run_id._open()
