"""A customer's secret: written, never read, and handed to running Odoos by name."""

import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...engine.odoo_conf import FREE, is_free_option
from ..key_file import key_file
from .encrypted import encrypted

NAME = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
RESERVED = (
    "odoo.conf",
    "git-credentials",
    "docker-config.json",
    "postgres-admin",
    "admin-password",
)
PLACE = ("project_id", "environment_id", "stages", "delivery", "name")
WARN_DAYS = 14
MAIL_SERVER = ("smtp_server", "smtp_port", "smtp_ssl")
STAGES = [
    ("all", "All stages"),
    ("production", "Production"),
    ("nonproduction", "Staging and development"),
]


class Secret(models.Model):
    _name = "ops.secret"
    _description = "Secret"
    _inherit = ["ops.encrypted.mixin", "ops.audited.mixin", "mail.activity.mixin", "mail.thread"]
    _order = "project_id, name, id"

    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    environment_id = fields.Many2one(
        "ops.environment",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('project_id', '=', project_id)]",
        help="Blank: for the project's environments of the stages chosen.",
    )
    stages = fields.Selection(STAGES, required=True, default="production")
    name = fields.Char(required=True, help="For instance stripe-key: letters, digits, . _ and -.")
    delivery = fields.Selection(
        [("file", "File in /run/secrets"), ("option", "Option of odoo.conf")],
        required=True,
        default="file",
    )
    value = encrypted(fields.Char, "value", goes_to=PLACE)
    new_value = fields.Text(
        "New value",
        compute="_compute_new_value",
        inverse="_inverse_new_value",
        help="It can be written, never read.",
    )
    has_value = fields.Boolean("Set", compute="_compute_has_value")
    set_at = fields.Datetime(readonly=True, copy=False)
    last_used_at = fields.Datetime("Last used", readonly=True, copy=False)
    expires_on = fields.Date(help="Two weeks before, somebody who may change it is reminded.")

    _name_unique = models.UniqueIndex(
        "(project_id, COALESCE(environment_id, 0), stages, name)",
        "There is a secret of this name already.",
    )

    @api.constrains("name", "delivery")
    def _check_name(self):
        for secret in self:
            if not NAME.fullmatch(secret.name or "") or secret.name in RESERVED:
                raise ValidationError(
                    self.env._(
                        "“%s” cannot be a secret's name: take lower-case letters, digits, "
                        "dots, hyphens and underscores, a letter first.",
                        secret.name,
                    )
                )
            if secret.delivery == "option" and not is_free_option(secret.name):
                raise ValidationError(
                    self.env._(
                        "A project does not set the option “%(name)s” of odoo.conf. It may set "
                        "%(free)s, and options of its own modules that begin with x_. Choose one of "
                        "them, or hand the secret over as a file.",
                        name=secret.name,
                        free=", ".join(sorted(FREE)),
                    )
                )

    @api.constrains("environment_id", "project_id")
    def _check_environment(self):
        for secret in self.filtered("environment_id"):
            if secret.environment_id.project_id != secret.project_id:
                raise ValidationError(self.env._("The environment belongs to another project."))

    def _compute_new_value(self):
        self.new_value = False

    def _inverse_new_value(self):
        for secret in self.filtered("new_value"):
            if secret.delivery == "option" and len(secret.new_value.splitlines()) > 1:
                raise ValidationError(self.env._("An option of odoo.conf is one line."))
            secret._refuse_where_a_password_follows()
            known = secret.sudo()  # nobody may read or write the value itself
            known.value = secret.new_value
            known.set_at = fields.Datetime.now()
        self.invalidate_recordset(["new_value"])

    def _refuse_where_a_password_follows(self, going=None):
        """Another mail server would be sent the password that is kept for the present one."""
        if self.delivery != "option" or self.name not in MAIL_SERVER or self.env.su:
            return
        domain = [("project_id", "=", self.project_id.id), ("name", "=", "smtp_password")]
        kept = self.sudo().search([*domain, ("delivery", "=", "option")])  # whoever may see it
        if (kept - (going or self)).filtered("has_value"):
            raise ValidationError(
                self.env._(
                    "The kept smtp_password would be sent to the new mail server. Delete it, change "
                    "%s, then enter the password again.",
                    self.name,
                )
            )

    @api.depends("sealed_values")
    def _compute_has_value(self):
        for secret in self:
            secret.has_value = bool(secret.sudo().sealed_values)  # that it is set is no secret

    @api.model_create_multi
    def create(self, vals_list):
        with self.env.cr.savepoint():
            secrets = super().create(vals_list)
            secrets._check_may_set()  # where they are, however that was said
        return secrets

    def write(self, vals):
        self._check_may_set()
        with self.env.cr.savepoint():
            done = super().write(vals)
            self._check_may_set()  # where they have gone
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_only_with_the_right(self):
        self._check_may_set()
        for secret in self.filtered("has_value"):
            secret._refuse_where_a_password_follows(going=self)

    def _forget(self, names):
        if names:
            self._refuse_where_a_password_follows()
        super()._forget(names)
        self.sudo().set_at = False  # the product's own field

    def _check_may_set(self):
        """Ask for the right at each secret's own place: its environment, else the whole project."""
        if self.env.su:
            return
        for secret in self:
            place = secret.environment_id or secret.project_id
            place._check_may("secrets")

    @api.model
    def action_rotate(self):
        """Make a new key and encrypt every secret with it; the old one still opens backups."""
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only managers rotate the key."))
        count = self.sudo()._rotate()  # every record, whoever may see it
        return self.env["ops.environment"]._shown_once(
            self.env._("The key was rotated"),
            self.env._("%s records are encrypted with the new one.", count),
        )

    @api.model
    def _rotate(self):
        """Return how many records were encrypted anew. Both keys are in the file while it works."""
        self._new_key()
        count = self._reseal_some()
        self._note_rotation(count)
        return count

    @api.model
    def _begin_rotation(self):
        """Make a new key, unless an interrupted rotation left records for the newest one."""
        self._keyring_to_write()
        if not any(model._stale_ids(1) for model in self._sealed_models()):
            self._new_key()

    @api.model
    def _new_key(self):
        self._keyring_to_write()
        key_file(self.env, "secrets").add_key()

    @api.model
    def _reseal_some(self, limit=None):
        """Encrypt up to ``limit`` records of a model with the newest key; return how many."""
        count = 0
        for model in self._sealed_models():
            count += model.browse(model._stale_ids(limit))._reseal()
            if limit and count >= limit:
                break
        return count

    @api.model
    def _sealed_models(self):
        models_ = [self.env[name] for name in self.env.registry]
        return [one for one in models_ if hasattr(one, "_reseal") and not one._abstract]

    @api.model
    def _note_rotation(self, count):
        self.env["ops.audit"]._note("secret.key_rotated", records=count)

    def _file_name(self):
        """Return the name by which a run's containers ask for the value."""
        return f"secret-{self.id}"

    @api.model
    def _cron_warn(self):
        """Remind somebody of secrets that are about to expire, once each."""
        limit = fields.Date.today() + timedelta(days=WARN_DAYS)
        for secret in self.search([("expires_on", "<=", limit), ("activity_ids", "=", False)]):
            summary = self.env._("The secret %s expires: set a new value", secret.name)
            secret.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=secret.expires_on,
                summary=summary,
                user_id=secret._keeper().id,
            )

    def _keeper(self):
        """Return who is reminded: somebody with the right on the project, else a manager."""
        members = self.env["ops.project.member"]
        stage = self.environment_id.stage or "production"
        keepers = members._users_with("secrets", self.project_id, stage)
        return (keepers or self.env.ref("ipai_ops.group_manager").all_user_ids)[:1]
