"""Who reaches an environment at all: a list of networks, kept by the edge."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine import address_list


class Environment(models.Model):
    _inherit = "ops.environment"

    allowed_addresses = fields.Text(
        copy=False,
        tracking=True,
        help="IPv4 and IPv6 networks, one a line. Blank: everybody reaches the login page.",
    )

    @api.constrains("allowed_addresses")
    def _check_allowed_addresses(self):
        for environment in self:
            self._parsed_addresses(environment.allowed_addresses)

    @api.model
    def _parsed_addresses(self, text):
        """Return the networks of a list; raise a sentence that names the word that is none."""
        try:
            return address_list.parse(text)
        except ValueError as exc:
            raise ValidationError(
                self.env._("“%s” is no network: write 203.0.113.0/24 or 2001:db8::/32.", exc)
            ) from exc

    def action_allowed_addresses(self):
        """Open the list with its preview."""
        self.ensure_one()
        self._check_may("settings")
        return self.env["ops.address.list"]._open(self)
