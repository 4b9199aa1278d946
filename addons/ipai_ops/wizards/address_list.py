"""Sets who reaches an environment, or this Odoo, and shows first whom that locks out."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from ..engine import address_list
from ..models.network.edge import ALLOWED

SEEN_DAYS = 7


class AddressList(models.TransientModel):
    _name = "ops.address.list"
    _description = "Allowed addresses"

    environment_id = fields.Many2one(
        "ops.environment", ondelete="cascade", help="Blank: this management Odoo."
    )
    addresses = fields.Text("Allowed networks", help="One a line; # begins a remark.")
    own_address = fields.Char("Your address", compute="_compute_preview")
    own_is_in = fields.Boolean(compute="_compute_preview")
    preview = fields.Text(compute="_compute_preview")
    accepts_lock_out = fields.Boolean("Lock me out of this environment")

    @api.depends("addresses", "environment_id")
    def _compute_preview(self):
        own = self._own_address()
        for wizard in self:
            wizard.own_address = own
            try:
                networks = address_list.parse(wizard.addresses)
            except ValueError as exc:
                wizard.own_is_in = False
                wizard.preview = self.env._("“%s” is no network.", exc)
                continue
            wizard.own_is_in = not networks or address_list.contains(networks, own)
            wizard.preview = wizard._preview_text(networks)

    def _preview_text(self, networks):
        if not networks:
            return self.env._("Everybody reaches it.")
        lines = [f"{network}: {address_list.size(network)}" for network in networks]
        out = [each for each in self._seen() if not address_list.contains(networks, each)]
        if out and not self.environment_id:
            lines.append(self.env._("Locked out, of those seen this week: %s", ", ".join(out)))
        return "\n".join(lines)

    def _seen(self):
        """Return the addresses from which people signed in lately; shown to managers."""
        if not self.env.user.has_group("ipai_ops.group_manager"):
            return []
        since = fields.Datetime.now() - timedelta(days=SEEN_DAYS)
        domain = [("at", ">", since), ("action", "=", "login"), ("address", "!=", "")]
        groups = self.env["ops.audit"]._read_group(domain, ["address"])
        return sorted(address for (address,) in groups)

    @api.model
    def _own_address(self):
        return request.httprequest.remote_addr or "" if request else ""

    @api.model
    def _open(self, environment):
        known = environment.allowed_addresses if environment else self._control_list()
        values = {"environment_id": environment.id, "addresses": known}
        wizard = self.create(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "Who reaches %s", environment.display_name or self.env._("Operations")
            ),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _control_list(self):
        return self.env["ir.config_parameter"].sudo().get_param(ALLOWED) or ""

    @api.model
    def action_open_management(self):
        """Open the list of who reaches this Odoo."""
        self._check_is_manager()
        return self._open(self.env["ops.environment"])

    def _check_is_manager(self):
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers say who reaches this Odoo."))

    def action_apply(self):
        """Put the list in force within seconds; never one that locks its author out of this Odoo."""
        self.ensure_one()
        environment = self.environment_id
        if environment:
            environment._check_may("settings")
        else:
            self._check_is_manager()
        networks = self.env["ops.environment"]._parsed_addresses(self.addresses)
        self._refuse_lock_out(networks)
        if environment:
            environment.allowed_addresses = self.addresses
            return {"type": "ir.actions.act_window_close"}
        # The list is a setting of the product; the right was asked above.
        self.env["ir.config_parameter"].sudo().set_param(ALLOWED, self.addresses or "")
        self.env["ops.audit"]._note("addresses.changed", networks=list(networks))
        return {"type": "ir.actions.act_window_close"}

    def _refuse_lock_out(self, networks):
        own = self._own_address()
        if not networks or address_list.contains(networks, own):
            return
        if self.environment_id and self.accepts_lock_out:
            return
        raise UserError(
            self.env._(
                "Your own address %s is not in the list: you would lock yourself out. Add it.",
                own or self.env._("(unknown)"),
            )
        )
