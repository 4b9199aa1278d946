"""How staging and development reach the world: mail to the catcher, listed hosts by the proxy."""

import hashlib
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...adapters.local import platform_facts
from ...engine import gate, host_list
from ..network.edge import SERVED


class Environment(models.Model):
    _inherit = "ops.environment"

    allowed_hosts = fields.Text(
        copy=False,
        tracking=True,
        help="Hosts the Odoo may reach, one a line, for instance api.example.com, "
        "*.example.com or api.example.com:8443. Blank: none.",
    )
    refusal_ids = fields.One2many("ops.egress.refusal", "environment_id", string="Last refused")
    needs_restart = fields.Boolean(compute="_compute_needs_restart")

    @api.constrains("allowed_hosts")
    def _check_allowed_hosts(self):
        for environment in self:
            try:
                environment._check_hosts_lead_outside(host_list.parse(environment.allowed_hosts))
            except ValueError as exc:
                raise ValidationError(
                    self.env._(
                        "“%s” is no host: write api.example.com, *.example.com or "
                        "api.example.com:8443.",
                        exc,
                    )
                ) from exc

    def _check_hosts_lead_outside(self, hosts):
        name, why = host_list.problem(hosts, self.project_id._opened())
        if why == "wide":
            raise ValidationError(
                self.env._(
                    "“%s” covers hosts of many owners: write the domain you mean, for instance "
                    "*.example.com.",
                    name,
                )
            )
        if why:
            raise ValidationError(
                self.env._(
                    "“%s” is inside this installation or its private network: only an operator "
                    "opens such a host (docs/mail-and-egress.md).",
                    name,
                )
            )

    @api.depends("allowed_hosts", "run_ids.state")
    def _compute_needs_restart(self):
        for environment in self:
            serving = environment._origin._serving_run()
            has_proxy = bool((serving.spec or {}).get("egress"))
            is_wanted = environment._has_way_out()
            environment.needs_restart = bool(serving) and is_wanted != has_proxy

    @contextmanager
    def _hosts_noted(self, vals):
        """Write down in the audit trail how the list changes inside."""
        before = {each: each.allowed_hosts for each in self} if "allowed_hosts" in vals else {}
        yield
        for environment, hosts in before.items():
            facts = {"before": hosts or "", "hosts": environment.allowed_hosts or ""}
            self.env["ops.audit"]._note("environment.hosts_changed", environment, **facts)

    def _is_closed(self):
        """Say whether the environment sits in the network without a way out."""
        return bool(self) and self.stage != "production"

    def _has_way_out(self):
        """Say whether its Odoo is told of the proxy."""
        has_proxy = bool(platform_facts.platform().egress)
        return has_proxy and self._is_closed() and bool(self._hosts())

    def _hosts(self):
        """Return the hosts of the list; none while somebody is still typing one."""
        try:
            return host_list.parse(self.allowed_hosts)
        except ValueError:
            return ()

    def _catches_mail(self):
        return self._is_closed() and bool(platform_facts.platform().mail)

    def _gate_account(self):
        """Return the environment as catcher and proxy know it."""
        own = self.sudo().db_password  # closed to everyone; what is made of it goes to the driver
        password = hashlib.sha256(f"gate, {own}".encode()).hexdigest()[:40]
        return gate.Account(self.id, password, self._hosts())

    @api.model
    def _gate_policy(self):
        """Return what catcher and proxy are to enforce now, as text."""
        closed = [("state", "in", SERVED), ("stage", "!=", "production")]
        environments = self.search(closed, order="id")
        accounts = (environment._gate_account() for environment in environments)
        return gate.policy(accounts, self.env["ops.project"]._open_networks())

    def _network_order(self):
        """Return what a run's order says of mail and of the way out."""
        ways = {"egress": self._has_way_out(), "catches_mail": self._catches_mail()}
        return {name: True for name, is_given in ways.items() if is_given}

    def _allow_host(self, host):
        """Add a host to the list, unless it is there. Callers have checked the right."""
        lines = (self.allowed_hosts or "").splitlines()
        if host not in lines:
            self.allowed_hosts = "\n".join([*lines, host])
