"""Which private networks and hosts an operator opens, for everything that calls others by a name people give."""

import logging

from odoo import api, models
from odoo.exceptions import ValidationError

from ...adapters.local import platform_facts
from ...engine import inner_addresses, repository_address

_logger = logging.getLogger(__name__)
OPEN = "ipai_ops.open_networks"


class Project(models.Model):
    _inherit = "ops.project"

    def _open_networks(self):
        """Return the system parameter's networks and names as a list of words; none where it cannot be read."""
        text = self.env["ir.config_parameter"].sudo().get_param(OPEN) or ""  # nobody's secret
        try:
            found = inner_addresses.opened(text.splitlines())
        except ValueError as exc:
            _logger.warning("The system parameter %s opens nothing: %s is no network.", OPEN, exc)
            return []
        return [*map(str, found.networks), *found.names]

    def _opened(self):
        return inner_addresses.opened(self._open_networks())

    @api.model
    def _refuse_inside(self, address, what):
        """Raise ValidationError where a URL or host leads to this machine or its private network."""
        host = inner_addresses.host_of(address or "")
        if address and (not host or inner_addresses.is_inner_host(host, self._opened())):
            raise ValidationError(
                self.env._(
                    "%(what)s “%(address)s” is inside this installation or its private network: "
                    "only an operator opens it (the system parameter ipai_ops.open_networks).",
                    what=what,
                    address=address,
                )
            )

    def _git_reach(self):
        """Return what Git may call for a project."""
        own = platform_facts.platform().own_repositories
        return repository_address.Reach(self._opened(), (own,) if own else ())
