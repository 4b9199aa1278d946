"""How secrets reach the running Odoo: Swarm secrets and odoo.conf, rendered by the driver."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...engine.odoo_conf import is_free_option


class Environment(models.Model):
    _inherit = "ops.environment"

    secret_ids = fields.One2many("ops.secret", "environment_id", string="Secrets")

    def _delivered_secrets(self):
        """Return the secrets the running Odoo gets: its own ones win over the project's."""
        found = self.env["ops.secret"].sudo().search(self._secrets_here())  # whoever deploys
        ranked = found.sorted(lambda one: (bool(one.environment_id), one.stages != "all"))
        return found.browse({one.name: one.id for one in ranked}.values())

    def _secrets_here(self):
        """Return the secrets of this place as a domain: the environment's own, and its stage's."""
        side = "production" if self.stage == "production" else "nonproduction"
        of_stage = Domain("environment_id", "=", False) & Domain("stages", "in", ("all", side))
        here = Domain("environment_id", "=", self.id) | of_stage
        is_set = Domain("sealed_values", "!=", False)
        return Domain("project_id", "=", self.project_id.id) & is_set & here

    def _secret_values(self):
        return [*super()._secret_values(), *self._delivered_secrets().mapped("value")]


class Run(models.Model):
    _inherit = "ops.run"

    @api.model
    def _spec(self, environment, *args, **kwargs):
        spec = super()._spec(environment, *args, **kwargs)
        delivered = environment._delivered_secrets() if environment else []
        if delivered:
            spec["delivered"] = [
                {"id": one.id, "name": one.name, "delivery": one.delivery} for one in delivered
            ]
        return spec

    def _file_content(self, what):
        named = [one for one in self._named("file") if f"secret-{one['id']}" == what]
        if not named:
            return super()._file_content(what)
        secret = self._delivered("file").filtered(lambda one: one._file_name() == what)
        if not secret:
            raise UserError(
                self.env._(
                    "The secret %s was moved or deleted after the run was asked for: retry the run.",
                    named[0]["name"],
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

    def _conf_extra(self):
        """Return the options of odoo.conf that are secrets of this environment."""
        secrets = self._delivered("option")
        free = secrets.filtered(lambda one: is_free_option(one.name))
        for secret in secrets - free:
            self._warn_once(
                self.env._("%s is no option a project may set: it is left out.", secret.name)
            )
        self._note_use(free)
        return {secret.name: secret.value for secret in free}

    def _warn_once(self, said):
        if said not in self.event_ids.filtered(lambda one: one.level == "warning").mapped(
            "message"
        ):
            self._say(self.step_ids.browse(), "warning", said)

    def _note_use(self, secrets):
        for secret in secrets:
            secret.last_used_at = fields.Datetime.now()
            self.env["ops.audit"]._note("secret.used", secret, run=self.id, name=secret.name)
