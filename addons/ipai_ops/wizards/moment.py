"""Asks for a time, and says how far it is behind, where it goes, what is lost and kept."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..authentication.asks_again import asks_again_when
from ..engine.wording import duration


class MomentWizard(models.TransientModel):
    _name = "ops.moment.wizard"
    _description = "Restore as of a time"

    source_id = fields.Many2one("ops.environment", required=True, ondelete="cascade")
    project_id = fields.Many2one(related="source_id.project_id", related_sudo=False)
    oldest_at = fields.Datetime(
        related="source_id.archive_oldest_at", related_sudo=False, string="From"
    )
    newest_at = fields.Datetime(
        related="source_id.archive_newest_at", related_sudo=False, string="Until"
    )
    moment = fields.Datetime(
        string="As of",
        compute="_compute_moment",
        store=True,
        readonly=False,
        precompute=True,
    )
    target = fields.Selection(
        [("new", "A new staging environment"), ("existing", "An environment that is there")],
        string="Into",
        default="new",
        required=True,
    )
    new_name = fields.Char(
        string="Its name",
        compute="_compute_new_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    environment_id = fields.Many2one("ops.environment", string="Which", ondelete="cascade")
    behind_text = fields.Char(string="Behind now", compute="_compute_consequences")
    lost_text = fields.Char(string="You lose", compute="_compute_consequences")
    kept_text = fields.Char(string="Kept", compute="_compute_consequences")
    masked_text = fields.Char(compute="_compute_consequences")
    needs_name = fields.Boolean(compute="_compute_consequences")
    typed_name = fields.Char(string="Type the environment's name")

    @api.depends("source_id")
    def _compute_moment(self):
        for wizard in self:
            wizard.moment = wizard.moment or wizard.newest_at

    @api.depends("source_id", "moment")
    def _compute_new_name(self):
        for wizard in self:
            at = fields.Datetime.context_timestamp(wizard, wizard.moment or fields.Datetime.now())
            wizard.new_name = f"{wizard.source_id.name or 'main'}-{at:%m%d-%H%M%S}"

    @api.depends("source_id", "moment", "target", "environment_id")
    def _compute_consequences(self):
        for wizard in self:
            place = wizard._place()
            wizard.needs_name = place.stage == "production"
            wizard.behind_text = wizard._behind()
            wizard.lost_text = wizard._lost(place)
            wizard.kept_text = wizard._kept(place)
            wizard.masked_text = place.stage != "production" and self.env._(
                "Production's data is neutralised and masked on its way there."
            )

    def _place(self):
        return self.environment_id if self.target == "existing" else self.environment_id.browse()

    def _behind(self):
        if not self.moment:
            return False
        return duration((fields.Datetime.now() - self.moment).total_seconds())

    def _lost(self, place):
        if not place.database_name:
            return self.env._("Nothing: no data is there yet.")
        if place == self.source_id:
            return self.env._("What was written in the last %s.", self._behind() or "")
        return self.env._("All data that %s has now.", place.name)

    def _kept(self, place):
        if not place.database_name:
            return False
        return self.env._(
            "The data that serves now is kept aside for %(days)s days, one click away. It goes on "
            "serving until the other is compared and started.",
            days=self.project_id.keep_points_days,
        )

    def action_look_again(self):
        """Have the reach looked at now, and show it."""
        self.ensure_one()
        self.source_id._check_may("view")
        self.source_id.database_server_id._look("button")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%s as of a time", self.source_id.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    @asks_again_when(lambda wizard: wizard._place().stage == "production")
    def action_confirm(self):
        """Queue the restore and open its run."""
        self.ensure_one()
        source = self.source_id
        place = self._place()
        if self.target == "existing" and not place:
            raise UserError(self.env._("Choose the environment it goes into."))
        (place or source)._check_may("view")
        if place:
            place._check_may("restore")
        source._check_goes_back(place, self.typed_name)
        source._check_reach(self.moment)
        place = place or self._made()
        return source._restore_moment(self.moment, place, "button").run_id._open()

    def _made(self):
        """Make the new environment: that takes the rights to make one and to restore into it."""
        place = self.source_id._new_for_moment((self.new_name or "").strip())
        place._check_may("restore")
        return place
