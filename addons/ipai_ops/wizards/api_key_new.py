"""Makes a key for a machine: what it may do, where, from where, until when; shown once."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..authentication import api_call
from ..authentication.asks_again import asks_again
from ..engine import address_list
from ..engine.permissions import PERMISSIONS

DAYS = [("7", "A week"), ("30", "A month"), ("90", "3 months"), ("180", "6 months")]
LONGEST = ("365", "A year")


class ApiKeyNew(models.TransientModel):
    _name = "ops.api.key.new"
    _description = "New API key"
    _transient_max_hours = 0.5

    name = fields.Char(required=True)
    project_ids = fields.Many2many("ops.project", string="Projects")
    environment_ids = fields.Many2many(
        "ops.environment", string="Environments", domain="[('state', '!=', 'destroyed')]"
    )
    days = fields.Selection([*DAYS, LONGEST], "Expires after", required=True, default="90")
    allowed_addresses = fields.Text(help="One network a line; # begins a remark.")
    gives_logs = fields.Boolean(PERMISSIONS["logs"], default=True)
    gives_deploy = fields.Boolean(PERMISSIONS["deploy"], default=True)
    gives_rollback = fields.Boolean(PERMISSIONS["rollback"])
    gives_backup = fields.Boolean(PERMISSIONS["backup"])
    gives_restore = fields.Boolean(PERMISSIONS["restore"])
    gives_download = fields.Boolean(PERMISSIONS["download"])
    gives_modules = fields.Boolean(PERMISSIONS["modules"])
    gives_settings = fields.Boolean(PERMISSIONS["settings"])
    gives_secrets = fields.Boolean(PERMISSIONS["secrets"])
    gives_shell = fields.Boolean(PERMISSIONS["shell"])
    gives_database_shell = fields.Boolean(PERMISSIONS["database_shell"])
    gives_destroy = fields.Boolean(PERMISSIONS["destroy"])
    gives_approve = fields.Boolean(PERMISSIONS["approve"])
    gives_policies = fields.Boolean("Let runs pass in an emergency")
    text = fields.Char("Your new key", compute="_compute_text")

    @api.depends_context("ops_new_key")
    def _compute_text(self):
        self.text = self.env.context.get("ops_new_key")

    @asks_again
    def action_make(self):
        """Make the key and show it, this once."""
        self.ensure_one()
        self.check_access("write")
        if api_call.is_by_key(self.env):
            raise AccessError(self.env._("A key makes no keys: make it in the browser."))
        self.project_ids.check_access("read")
        self.environment_ids.check_access("read")
        _key, text = self.env["ops.api.key"]._make(self._key_values(), self.env.user)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Your new key"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("ipai_ops.api_key_new_view_shown").id, "form")],
            "target": "new",
            "context": {"ops_new_key": text},
        }

    def _key_values(self):
        """Return what the key is made with; it reaches the projects of its environments."""
        projects = self.project_ids | self.environment_ids.project_id
        return {
            "name": self.name,
            "permissions": ",".join(name for name in PERMISSIONS if self._gives(name)),
            "is_everywhere": not projects,
            "project_ids": [fields.Command.set(projects.ids)],
            "is_whole_project": not self.environment_ids,
            "environment_ids": [fields.Command.set(self.environment_ids.ids)],
            "allowed_addresses": "\n".join(self._networks()) or False,
            "expires_at": fields.Datetime.now() + timedelta(days=int(self.days)),
            "has_second_factor": self.env.user._has_shown_second(),
        }

    def _gives(self, permission):
        name = f"gives_{permission}"
        return name in self._fields and self[name]

    def _networks(self):
        try:
            return address_list.parse(self.allowed_addresses or "")
        except ValueError as exc:
            raise UserError(
                self.env._("“%s” is no network: write 192.0.2.0/24 or 2001:db8::/32.", exc)
            ) from exc
