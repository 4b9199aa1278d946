"""How secrets reach the running Odoo: Swarm secrets and odoo.conf, rendered by the driver."""

from odoo import api, fields, models


class Environment(models.Model):
    _inherit = "ops.environment"

    secret_ids = fields.One2many("ops.secret", "environment_id", string="Secrets")

    def _delivered_secrets(self):
        """Return the secrets the running Odoo gets: its own ones win over the project's."""
        side = "production" if self.stage == "production" else "nonproduction"
        domain = [
            ("project_id", "=", self.project_id.id),
            ("sealed_values", "!=", False),
            "|",
            ("environment_id", "=", self.id),
            "&",
            ("environment_id", "=", False),
            ("stages", "in", ("all", side)),
        ]
        found = self.env["ops.secret"].sudo().search(domain)  # delivered, whoever deploys
        ranked = found.sorted(lambda one: (bool(one.environment_id), one.stages != "all"))
        return found.browse({one.name: one.id for one in ranked}.values())

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
        secret = self._delivered("file").filtered(lambda one: one._file_name() == what)
        if not secret:
            return super()._file_content(what)
        self._note_use(secret)
        return secret.value

    def _delivered(self, delivery):
        ids = [one["id"] for one in self.spec.get("delivered", ()) if one["delivery"] == delivery]
        return self.env["ops.secret"].sudo().browse(ids).exists()  # the driver hands them over

    def _conf_extra(self):
        """Return the options of odoo.conf that are secrets of this environment."""
        secrets = self._delivered("option")
        self._note_use(secrets)
        return {secret.name: secret.value for secret in secrets}

    def _note_use(self, secrets):
        for secret in secrets:
            secret.last_used_at = fields.Datetime.now()
            self.env["ops.audit"]._note("secret.used", secret, run=self.id, name=secret.name)
