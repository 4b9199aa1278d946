"""Keys for machines: each narrows what its owner may do, ends in time, and tells who used it."""

import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.sql_db import PoolError, db_connect

from ...authentication import api_call
from ...engine import key_scope
from ...engine.permissions import PERMISSIONS

_logger = logging.getLogger(__name__)

SCOPE = "ipai_ops"
START_LETTERS = 8
WARN_DAYS = 14
STATES = [("active", "Active"), ("expired", "Expired"), ("revoked", "Revoked")]
USED = """
UPDATE ops_api_key SET last_used_at = now() AT TIME ZONE 'UTC', last_used_from = %(address)s
WHERE id = %(id)s AND (last_used_from IS DISTINCT FROM %(address)s
    OR last_used_at IS NULL OR last_used_at < (now() AT TIME ZONE 'UTC') - interval '1 minute')
"""


class ApiKey(models.Model):
    _name = "ops.api.key"
    _description = "API key"
    _product_written = True
    _inherit = ["mail.activity.mixin", "mail.thread"]
    _order = "revoked_at desc nulls first, expires_at, id"

    name = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", "Owner", required=True, readonly=True, index=True, ondelete="cascade"
    )
    permissions = fields.Char(readonly=True, help="Names of permissions, with commas between.")
    scope = fields.Char("Lets its owner", compute="_compute_scope")
    is_everywhere = fields.Boolean("In all projects", readonly=True)
    project_ids = fields.Many2many("ops.project", string="Projects", readonly=True)
    is_whole_project = fields.Boolean("In all environments", readonly=True)
    environment_ids = fields.Many2many("ops.environment", string="Environments", readonly=True)
    allowed_addresses = fields.Text(readonly=True, help="Blank: from anywhere.")
    starts_with = fields.Char(readonly=True, help="The key's first letters, to know it by.")
    has_second_factor = fields.Boolean(
        "Behind a second factor", readonly=True, help="Whoever made it had shown one."
    )
    expires_at = fields.Datetime("Expires", required=True, readonly=True)
    last_used_at = fields.Datetime("Last used", readonly=True)
    last_used_from = fields.Char("Used from", readonly=True)
    revoked_at = fields.Datetime("Revoked", readonly=True)
    revoked_by_id = fields.Many2one("res.users", "Revoked by", readonly=True)
    state = fields.Selection(STATES, compute="_compute_state")
    may_revoke = fields.Boolean(compute="_compute_may_revoke", search="_search_may_revoke")
    # Odoo keeps the key itself, as a hash.
    odoo_key_id = fields.Integer(groups=fields.NO_ACCESS, index=True)

    @api.depends("permissions")
    def _compute_scope(self):
        for key in self:
            names = key_scope.permissions_of(key.permissions)
            key.scope = ", ".join(label for name, label in PERMISSIONS.items() if name in names)

    @api.depends("revoked_at", "expires_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            ended = "expired" if key.expires_at and key.expires_at < now else "active"
            key.state = "revoked" if key.revoked_at else ended

    @api.depends_context("uid")
    @api.depends("user_id", "project_ids")
    def _compute_may_revoke(self):
        # The answer is about the person, whoever reads the row.
        mine = set(self.sudo().search(Domain("id", "in", self.ids) & self._revocable()).ids)
        for key in self:
            key.may_revoke = key.id in mine

    def _search_may_revoke(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._revocable() if True in value else ~self._revocable()

    @api.model
    def _revocable(self):
        """Return one's own keys, and those that reach no project but where one manages members."""
        held = api_call.scope(self.env)
        if held:
            return Domain("id", "=", held.key_id)  # a key ends no other key
        if self.env["ops.project"]._is_everywhere(self.env.user):
            return Domain.TRUE
        managed = self.env["ops.project"]._domain_may("members", "in", [True])
        others = self.env["ops.project"].sudo().search(~managed)  # to leave their keys out
        of_projects = Domain("is_everywhere", "=", False) & Domain("project_ids", "!=", False)
        of_projects &= Domain("project_ids", "not in", others.ids)
        return Domain("user_id", "=", self.env.uid) | of_projects

    def action_revoke(self):
        """End the key at once: the next call with it is refused."""
        for key in self:
            key.check_access("read")
        self.sudo().filtered(lambda key: not key.revoked_at)._revoke(self.env.user)
        return True

    @api.model
    def _ended(self, odoo_key_ids):
        """Note the end of keys that somebody removed in Odoo's own list."""
        domain = [("odoo_key_id", "in", odoo_key_ids), ("revoked_at", "=", False)]
        known = self.search(domain)
        known.write({"revoked_at": fields.Datetime.now(), "revoked_by_id": self.env.uid})

    def _revoke(self, user):
        for key in self:
            key.write({"revoked_at": fields.Datetime.now(), "revoked_by_id": user.id})
            known = self.env["res.users.apikeys"].browse(key.odoo_key_id).exists()
            known._remove()
            key.activity_unlink(["mail.mail_activity_data_todo"])
            for project in key.project_ids:
                self.env["ops.alert"]._resolve(project, key._alert_key())

    @api.model
    def _make(self, values, user):
        """Return a new key of ``user`` and the text that is shown once."""
        apikeys = self.env["res.users.apikeys"].with_user(user).sudo()
        text = apikeys._generate(SCOPE, values["name"], values["expires_at"])
        start = text[:START_LETTERS]
        known = apikeys.search([("user_id", "=", user.id), ("scope", "=", SCOPE)])
        facts = {"user_id": user.id, "starts_with": start, "odoo_key_id": max(known.ids)}
        return self.sudo().create({**values, **facts}), text

    def _as_scope(self):
        """Return what the key lets through, as the engine knows it."""
        return key_scope.KeyScope(
            key_id=self.id,
            name=self.name,
            user_id=self.user_id.id,
            permissions=key_scope.permissions_of(self.permissions),
            projects=None if self.is_everywhere else frozenset(self.project_ids.ids),
            environments=None if self.is_whole_project else frozenset(self.environment_ids.ids),
            has_second_factor=self.has_second_factor,
        )

    @api.model
    def _admit(self, odoo_key_id):
        """Narrow this transaction to the key of this id; return it, or nothing where it is refused."""
        call = api_call.current()
        key = self.sudo().search([("odoo_key_id", "=", odoo_key_id), ("revoked_at", "=", False)])
        if (
            not call
            or not key
            or not key_scope.is_allowed_from(key.allowed_addresses, call.address)
        ):
            return self.browse()
        api_call.keep_scope(self.env.cr, key._as_scope())
        key._note_use(call.address)
        return key

    def _note_use(self, address):
        """Write down when and from where, apart from what the call does; at most once a minute."""
        try:
            with db_connect(self.env.cr.dbname).cursor() as cursor:
                facts = {"id": self.id, "address": address}
                cursor.execute(USED, facts, log_exceptions=False)
        except (psycopg2.Error, PoolError) as exc:
            _logger.info("The use of key %s is noted at its next use: %s", self.id, exc)

    @api.model
    def _told_of(self, text):
        """Return what the audit trail tells of a refused key, as far as it is known by its start."""
        key = self.sudo().search([("starts_with", "=", (text or "")[:START_LETTERS])], limit=1)
        if not key:
            return {}
        return {"name": key.name, "owner": key.user_id.login, "state": key.state}

    @api.model
    def _cron_warn(self):
        """Remind the owner, and the projects, of keys that are about to expire."""
        limit = fields.Datetime.now() + timedelta(days=WARN_DAYS)
        for key in self.search([("expires_at", "<=", limit), ("revoked_at", "=", False)]):
            day = fields.Date.to_string(key.expires_at.date())
            facts = {"key": key.name, "owner": key.user_id.name, "day": day}
            told = self.env._("The key “%(key)s” of %(owner)s expires on %(day)s", **facts)
            for project in key.project_ids:
                self.env["ops.alert"]._raise(project, key._alert_key(), told)
            if not key.activity_ids:
                key.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=key.expires_at.date(),
                    summary=told,
                    user_id=key.user_id.id,
                )

    def _alert_key(self):
        return f"api-key-{self.id}"

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A key is revoked, not deleted: its row tells what it was."))
