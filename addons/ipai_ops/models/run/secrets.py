"""What reaches the running Odoo as a secret or an option: Swarm secrets, odoo.conf, mail and proxy."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...adapters.local import platform_facts
from ...engine import gate
from ...engine.odoo_conf import is_free_option


class Run(models.Model):
    _inherit = "ops.run"

    def _conf_extra(self):
        """Return the options of odoo.conf that the environment's place and secrets ask for.

        All mail of a closed environment goes to the catcher, whatever its secrets say.
        """
        extra = self._secret_options()
        if not self.environment_id._catches_mail():
            return extra
        catcher = platform_facts.platform().mail
        return {**extra, **gate.mail_options(catcher, self.environment_id._gate_account())}

    def _secret_options(self):
        """Return the options of odoo.conf that are secrets of this environment."""
        secrets = self._delivered("option")
        free = secrets.filtered(lambda one: is_free_option(one.name))
        for secret in secrets - free:
            self._warn_once(
                self.env._("%s is no option a project may set: it is left out.", secret.name)
            )
        self._note_use(free)
        return {secret.name: secret.value for secret in free}

    def _proxy_url(self):
        """Return the proxy's address with the environment's login."""
        proxy = platform_facts.platform().egress
        if not proxy:
            raise UserError(self.env._("This installation has no proxy to the world."))
        return gate.proxy_url(proxy, self.environment_id._gate_account())

    def _named_file(self, what):
        """Return what the order says of the secret that is delivered as this file, or nothing."""
        return next((one for one in self._named("file") if f"secret-{one['id']}" == what), None)

    def _delivered_file(self, what):
        """Return the text of a secret that is delivered as a file."""
        secret = self._delivered("file").filtered(lambda one: one._file_name() == what)
        if not secret:
            raise UserError(
                self.env._(
                    "The secret %s was moved or deleted after the run was asked for: retry the run.",
                    self._named_file(what)["name"],
                )
            )
        self._note_use(secret)
        return secret.value

    def _named(self, delivery):
        return [one for one in self.spec.get("delivered", ()) if one["delivery"] == delivery]

    def _delivered(self, delivery):
        """Return the secrets the spec names that still belong to the environment's place."""
        named = Domain("id", "in", [one["id"] for one in self._named(delivery)])
        here = named & self.environment_id._secrets_here()
        return self.env["ops.secret"].sudo().search(here)  # the driver hands them over

    def _warn_once(self, said):
        if said not in self.event_ids.filtered(lambda one: one.level == "warning").mapped(
            "message"
        ):
            self._say(self.step_ids.browse(), "warning", said)

    def _note_use(self, secrets):
        for secret in secrets:
            secret.last_used_at = fields.Datetime.now()
            self.env["ops.audit"]._note("secret.used", secret, run=self.id, name=secret.name)
