"""Which value of the provider's groups claim gives which group here."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

TYPES = ("base.group_user", "base.group_portal", "base.group_public")


class IpaiOidcGroupRule(models.Model):
    _name = "ipai.oidc.group.rule"
    _description = "Group from a claim"
    _order = "provider_id, value, id"
    _rec_name = "value"

    provider_id = fields.Many2one(
        "auth.oauth.provider", required=True, index=True, ondelete="cascade"
    )
    value = fields.Char(
        required=True, help="A value of the claim, exactly as the provider sends it."
    )
    group_id = fields.Many2one("res.groups", required=True, index=True, ondelete="cascade")

    _value_uniq = models.Constraint(
        "UNIQUE(provider_id, value, group_id)", "This value gives that group already."
    )

    @api.constrains("group_id")
    def _check_group(self):
        """What kind of user somebody is must not change with a claim: Odoo knows no user without a kind."""
        types = [self.env.ref(name).id for name in TYPES]
        if self.filtered(lambda rule: rule.group_id.id in types):
            raise ValidationError(
                self.env._(
                    "Internal, portal and public are kinds of users, not groups to give or take."
                )
            )
