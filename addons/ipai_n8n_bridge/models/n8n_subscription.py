"""Which facts go to which webhook of n8n."""

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.constants import STAGES
from odoo.exceptions import ValidationError

from ..engine.matching import Place, Wish, patterns, wants


class N8nSubscription(models.Model):
    _name = "ipai.n8n.subscription"
    _description = "n8n subscription"
    _order = "name"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    server_id = fields.Many2one("ipai.n8n.server", required=True, ondelete="cascade", index=True)
    path = fields.Char(
        string="Webhook path", required=True, help="The path of the workflow's webhook trigger."
    )
    url = fields.Char(string="Goes to", compute="_compute_url")
    kinds = fields.Char(
        string="Facts", default="run.*", help="For instance run.*, alert.raised. Empty: all."
    )
    project_ids = fields.Many2many("ops.project", help="Empty: all.")
    environment_ids = fields.Many2many("ops.environment", help="Empty: all.")
    stage = fields.Selection(STAGES, help="Empty: all.")
    delivery_ids = fields.One2many("ipai.n8n.delivery", "subscription_id")

    @api.depends("server_id.url", "path")
    def _compute_url(self):
        for subscription in self:
            server = subscription.server_id
            subscription.url = server and server._webhook_url(subscription.path)

    @api.constrains("path")
    def _check_path(self):
        for subscription in self:
            if not subscription.path.strip("/") or ".." in subscription.path:
                raise ValidationError(
                    self.env._("The path is what n8n shows after /webhook/ in the trigger.")
                )

    def _wants(self, fact):
        place = Place(fact.kind, fact.project_id.id, fact.environment_id.id, fact.stage or "")
        wish = Wish(
            patterns(self.kinds or ""),
            frozenset(self.project_ids.ids),
            frozenset(self.environment_ids.ids),
            self.stage or "",
        )
        return wants(wish, place)
