"""Logins, API keys and rights of people, as rows of the audit trail."""

from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import AccessDenied

RIGHTS = {"group_ids", "active", "login", "password", "new_password", "totp_secret"}
MEMBERS = {"user_ids", "implied_ids", "implied_by_ids"}


class Users(models.Model):
    _inherit = "res.users"

    @contextmanager
    def _refused_login_noted(self, credential):
        """Write a sign-in down that is refused inside, in a transaction of its own."""
        try:
            yield
        except AccessDenied:
            facts = self._told_of_credential(credential)
            self.env["ops.audit"]._note_apart("login.failed", outcome="refused", **facts)
            raise

    def _note_login(self, credential, info):
        """Write a sign-in down; ``info`` is what Odoo says of it."""
        user, facts = self.browse(info["uid"]), self._told_of_credential(credential)
        audit = self.env["ops.audit"].with_user(user)
        audit._note_apart("login", user, method=info.get("auth_method"), **facts)

    @staticmethod
    def _told_of_credential(credential):
        return {"login": str(credential.get("login") or "")[:200], "kind": credential.get("type")}

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        for user in users:
            self.env["ops.audit"]._note("user.created", user, groups=user._group_names())
        return users

    def write(self, vals):
        told = sorted(
            RIGHTS.intersection(vals) | {name for name in vals if name.startswith("role")}
        )
        before = {user: user._group_names() for user in self} if told else {}
        done = super().write(vals)
        for user, groups in before.items():
            facts = {"fields": told, "groups": user._group_names(), "groups_before": groups}
            self.env["ops.audit"]._note("user.changed", user, **facts)
        return done

    def _group_names(self):
        """Return the external names of the groups a person was given, those of others too."""
        groups = self.sudo().group_ids  # the trail tells them; only managers read the trail
        return sorted(filter(None, groups.get_external_id().values()))


class Groups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        is_told = bool(MEMBERS.intersection(vals))
        before = {group: group._gives() for group in self} if is_told else {}
        done = super().write(vals)
        for group, (people, groups) in before.items():
            people_now, groups_now = group._gives()
            facts = {"joined": people_now - people, "left": people - people_now}
            facts |= {"implies": groups_now - groups, "implies_no_more": groups - groups_now}
            told = {name: sorted(names) for name, names in facts.items() if names}
            if told:
                self.env["ops.audit"]._note("group.changed", group, **told)
        return done

    def _gives(self):
        """Return the logins of the group's people, and the groups it gives them besides itself."""
        self.invalidate_recordset(["all_user_ids", "all_implied_ids"])
        group = self.sudo()  # the trail tells them; only managers read the trail
        others = (group.all_implied_ids - group).mapped("full_name")
        return set(group.all_user_ids.mapped("login")), set(others)


class UsersApikeys(models.Model):
    _inherit = "res.users.apikeys"

    def _generate(self, scope, name, expiration_date):
        key = super()._generate(scope, name, expiration_date)
        facts = {"name": name, "scope": scope, "until": expiration_date}
        self.env["ops.audit"]._note("api_key.created", self.env.user, **facts)
        return key

    def _remove(self):
        for key in self:
            self.env["ops.audit"]._note("api_key.removed", key.user_id, name=key.name)
        self.env["ops.api.key"].sudo()._ended(self.ids)  # in Odoo's own list they go too
        return super()._remove()

    def _note_shown(self, uid, scope, key):
        """Write down that a key was shown: whose it is, or that it is nobody's."""
        user = self.env["res.users"].browse(uid)
        audit = self.env["ops.audit"]
        if not uid:
            told = self.env["ops.api.key"]._told_of(key)
            audit._note_apart("api_key.refused", scope=scope, outcome="refused", **told)
        else:
            audit._note_key_use(user, scope)


class Device(models.Model):
    _inherit = "res.device"

    def _revoke(self):
        for device in self:
            facts = {"browser": device.display_name, "session_from": device.ip_address}
            self.env["ops.audit"]._note("session.revoked", device.user_id, **facts)
        return super()._revoke()
