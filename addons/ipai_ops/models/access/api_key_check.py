"""Where keys come in: JSON-2's bearer, XML-RPC and JSON-RPC. What a key does not name is refused."""

from odoo import api, models
from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT
from odoo.exceptions import AccessDenied, AccessError
from odoo.tools import SQL

from ...authentication import api_call
from .api_key import SCOPE

READS = frozenset({"fields_get", "read", "search", "search_count", "search_read"})
READABLE = frozenset(
    {
        "ops.alert",
        "ops.approval",
        "ops.archive",
        "ops.artifact",
        "ops.backup",
        "ops.environment",
        "ops.fact",
        "ops.project",
        "ops.restore",
        "ops.restore.point",
        "ops.run",
        "ops.run.event",
        "ops.run.step",
        "ops.run.verdict",
        "ops.snapshot",
        "ops.webhook.delivery",
    }
)
OWN_ADDONS = "odoo.addons.ipai_"


class UsersApikeys(models.Model):
    _inherit = "res.users.apikeys"

    def _check_credentials(self, *, scope, key):
        """Accept a key of ours where a key for calls is asked for, and narrow what follows."""
        user_id = self._user_of_key(scope, key)
        self._note_shown(user_id, scope, key)
        return user_id

    def _user_of_key(self, scope, key):
        user_id = super()._check_credentials(scope=scope, key=key)
        if user_id and api_call.current():
            api_call.keep_used(self.env.cr)
        if user_id or scope != "rpc":
            return user_id
        user_id = super()._check_credentials(scope=SCOPE, key=key)
        if not user_id:
            return None
        admitted = self.env["ops.api.key"]._admit(self._row_of(user_id, key))
        return user_id if admitted else None

    def _row_of(self, user_id, key):
        """Return the id of the stored key that ``key`` is."""
        for row_id, stored in self._rows_like(user_id, key):
            if KEY_CRYPT_CONTEXT.verify(key, stored):
                return row_id
        return 0

    @api.model
    def _rows_like(self, user_id, key):
        return self.env.execute_query(
            SQL(
                "SELECT id, key FROM res_users_apikeys"
                " WHERE user_id = %s AND index = %s AND scope = %s",
                user_id,
                (key or "")[:INDEX_SIZE],
                SCOPE,
            )
        )


class Users(models.Model):
    _inherit = "res.users"

    @api.model
    def _check_key_as_password(self, uid, key):
        """Take a key of ours where a password is asked for; raises AccessDenied where it is not good."""
        with self._assert_can_auth(user=uid):
            user = self.with_user(uid).env.user
            if not user.active:
                raise AccessDenied
            credential = {"login": user.login, "password": key, "type": "password"}
            with self.env["ops.guess"]._watched(user.login):
                user._check_credentials(credential, {"interactive": False})
        call = api_call.current()
        self.env["ops.api.key"].with_user(uid)._check_call(call.model, call.method)

    def has_group(self, group_ext_id):
        """Whoever comes with a narrowed key is no manager."""
        held = api_call.scope(self.env)
        if held and self.id == held.user_id and group_ext_id == "ipai_ops.group_manager":
            return False
        return super().has_group(group_ext_id)


class ApiKey(models.Model):
    _inherit = "ops.api.key"

    @api.model
    def _check_call(self, model, method):
        """Raise AccessError, in the audit trail too, where a key may not make this call at all."""
        if self._is_callable(model, method):
            return
        called = f"{model}.{method}"
        self.env["ops.audit"]._note_apart("access.refused", outcome="refused", call=called)
        raise AccessError(
            self.env._(
                "This key is for the calls of Operations; %s is none of them. "
                "Do it in the screens, or with one of Odoo's own keys.",
                called,
            )
        )

    @api.model
    def _is_callable(self, model, method):
        """Keys read what belongs to projects, and call what our own addons offer on it.

        Another addon opens a model of its own, whose rows and calls ask for rights on environments, with
        ``_is_for_keys = True``.
        """
        if model not in self.env or not method:
            return False
        is_for_keys = getattr(self.env[model], "_is_for_keys", False)
        if not is_for_keys and not model.startswith("ops."):
            return False
        if method in READS:
            return is_for_keys or model in READABLE
        if method.startswith("_"):
            return False
        parents = [each for each in type(self.env[model]).__mro__ if method in vars(each)]
        return bool(parents) and all(each.__module__.startswith(OWN_ADDONS) for each in parents)


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _compute_domain_context_values(self):
        """Rules that ask for a group answer otherwise to a narrowed key: remember them apart."""
        yield from super()._compute_domain_context_values()
        yield bool(api_call.scope(self.env))
