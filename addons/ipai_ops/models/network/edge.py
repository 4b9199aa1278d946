"""What the edge is to serve and what it serves: it pulls its configuration from here."""

import time
from datetime import UTC, timedelta

from odoo import api, fields, models

from ...adapters.local import platform_facts
from ...engine import address_list, edge_config

ALLOWED = "ipai_ops.allowed_addresses"
PROXIES = "ipai_ops.trusted_proxies"
SEEN_EVERY = timedelta(seconds=2)  # how often its sign of life is written down
LOST_AFTER = timedelta(seconds=15)  # longer than a pull may take
FORGOTTEN_AFTER = timedelta(days=1)
SERVED = ("new", "deploying", "up", "failed", "asleep")


class Edge(models.Model):
    _name = "ops.edge"
    _description = "Edge"
    _product_written = True

    name = fields.Char(readonly=True, help="Its container: while one takes over there are two.")
    seen_at = fields.Datetime(readonly=True)
    applied_etag = fields.Char(readonly=True)
    applied_at = fields.Datetime(readonly=True)
    applied_clock = fields.Float(readonly=True, help="The same in Unix time, with its fractions.")
    error = fields.Text(readonly=True, help="Why the edge refused the last configuration.")

    @api.model
    def _configuration(self):
        """Return (etag, text): the complete configuration the edge is to have now."""
        platform = platform_facts.platform()
        environments = self.env["ops.environment"].search([("state", "in", SERVED)], order="id")
        sites = [self._site(environment) for environment in environments]
        text = edge_config.render(platform, sites, self._doors())
        return edge_config.etag(text), text

    @staticmethod
    def _site(environment):
        facts = {name: environment[name] for name in ("id", "host", "stage", "state")}
        held = environment.held_until
        until = int(held.replace(tzinfo=UTC).timestamp()) if held else 0
        allowed = address_list.parse(environment.allowed_addresses)
        return edge_config.Site(**facts, held_until=until, allowed=allowed)

    @api.model
    def _doors(self):
        """Return who reaches this Odoo, and which proxies in front of the edge are believed."""
        settings = self.env["ir.config_parameter"].sudo()  # the edge has no user here
        control, proxies = (settings.get_param(name) or "" for name in (ALLOWED, PROXIES))
        return edge_config.Doors(address_list.parse(control), address_list.parse(proxies))

    @api.model
    def _note_applied(self, name, etag, error):
        """Remember what this edge runs, or why it refused; written only when it changed."""
        edge = self.search([("name", "=", name)], limit=1) or self._new(name)
        now = fields.Datetime.now()
        values = {}
        if not edge.seen_at or now - edge.seen_at >= SEEN_EVERY:
            values["seen_at"] = now
        if error and edge.error != error:
            values["error"] = error
        if etag and (edge.applied_etag != etag or (edge.error and not error)):
            values |= {"applied_etag": etag, "applied_at": now, "applied_clock": time.time()}
            values["error"] = error or False
        if values:
            edge.write(values)

    def _new(self, name):
        long_ago = fields.Datetime.now() - FORGOTTEN_AFTER
        self.search(["|", ("seen_at", "=", False), ("seen_at", "<", long_ago)]).unlink()
        return self.create({"name": name})

    @api.model
    def _served_since(self):
        """Return since when, in Unix time, every edge serves what it is to serve now; None if one does not."""
        alive = [("seen_at", ">", fields.Datetime.now() - LOST_AFTER)]
        edges = self.search(alive)
        etag, _text = self._configuration()
        if not edges or any(edge.applied_etag != etag for edge in edges):
            return None
        return max(edges.mapped("applied_clock"))

    @api.model
    def _control_url(self):
        """Return the public URL of this Odoo, as forges and people reach it."""
        return platform_facts.platform().url(edge_config.CONTROL_HOST)
