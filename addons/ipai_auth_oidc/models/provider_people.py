"""From proven claims to a user: found, linked by verified e-mail, made just in time; groups follow the claims."""

from odoo import fields, models
from odoo.fields import Command

from ..protocol import claims
from ..protocol.refusal import Refused


class AuthOauthProvider(models.Model):
    _inherit = "auth.oauth.provider"

    def _person(self, found):
        """Return the user these claims belong to, with the groups they give; raise Refused.

        Call it as superuser: whoever signs in is nobody yet, and users are not theirs to read or write.
        """
        wanted = self._wanted_groups(found)
        user = self._linked_user(found) or self._user_to_link(found) or self._new_user(found)
        if not user.active:
            raise Refused("account_closed", f"user {user.login} is archived")
        if user.oidc_break_glass:
            raise Refused("no_account", f"user {user.login} is for emergencies and not linked")
        self._give_groups(user, wanted)
        return user

    def _linked_user(self, found):
        return self._people().search(
            [("oauth_provider_id", "=", self.id), ("oauth_uid", "=", found["sub"])], limit=1
        )

    def _people(self):
        return self.env["res.users"].with_context(active_test=False)

    def _user_to_link(self, found):
        """Return the user whose sign-in e-mail the provider vouches for, linked from now on."""
        if self.account_policy == "linked":
            raise Refused("no_account", f"nobody is linked to {found['sub']}")
        email = claims.verified_email(found, self.verified_claim)
        users = self._users_of_email(email)
        if len(users) > 1:
            raise Refused("no_account", f"{email} belongs to {len(users)} users")
        if not users:
            return users
        if users.oauth_uid or users.oauth_provider_id:
            raise Refused("account_taken", f"{users.login} is linked to another person or provider")
        if users.active and not users.oidc_break_glass:
            users.write({"oauth_provider_id": self.id, "oauth_uid": found["sub"]})
            self.env["ipai.oidc.event"]._note("linked", self, users, found["sub"])
        return users

    def _users_of_email(self, email):
        """Compare in Python, too: ``=ilike`` reads _ and % as wildcards, and folds more than ASCII."""
        users = self._people().search(
            ["|", ("oidc_email", "=ilike", _literal(email)), ("login", "=ilike", _literal(email))]
        )
        return users.filtered(lambda user: (user.oidc_email or user.login).lower() == email)

    def _new_user(self, found):
        email = claims.verified_email(found, self.verified_claim)
        if self.account_policy != "create":
            raise Refused("no_account", f"there is no user {email}")
        user = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": claims.shown(found, "name") or email,
                    "login": email,
                    "email": email,
                    "oauth_provider_id": self.id,
                    "oauth_uid": found["sub"],
                    "group_ids": [Command.set(self.new_user_group_ids.ids)],
                }
            )
        )
        self.env["ipai.oidc.event"]._note("created", self, user, found["sub"])
        return user

    def _wanted_groups(self, found):
        """Return the groups the claims give; None where this provider gives none."""
        if not self.groups_claim:
            return None
        said = claims.values(found, self.groups_claim)
        rules = self.group_rule_ids.filtered(lambda rule: rule.value in said)
        if self.is_group_needed and not rules:
            raise Refused("no_group", f"none of {sorted(said)[:20]} is among the rules")
        return rules.group_id

    def _give_groups(self, user, wanted):
        """Add and remove the groups that the rules speak of, and no others."""
        if wanted is None:
            return
        removed = (self.group_rule_ids.group_id - wanted) & user.group_ids
        added = wanted - user.group_ids
        if not removed and not added:
            return
        commands = [Command.link(group.id) for group in added]
        user.write({"group_ids": commands + [Command.unlink(group.id) for group in removed]})
        text = f"+{added.mapped('name')} -{removed.mapped('name')}"
        self.env["ipai.oidc.event"]._note("groups", self, user, text)

    def _sign_in(self, login, answer, address):
        """Return user, the new session's key and the Proof for the provider's answer; raise Refused."""
        proof = self._prove(login, answer)
        with self.env.cr.savepoint():
            user = self._person(proof.claims)
            session, key = self.env["ipai.oidc.session"]._begin(self, user, proof, address)
            self.env["ipai.oidc.event"]._note("signed_in", self, user, session._words_of_strength())
        return user, key, proof

    def _is_open(self):
        """Return whether people may sign in here."""
        return bool(self.exists() and self.enabled and self.flow == "oidc")

    def _session_end(self):
        hours = self.session_hours
        return fields.Datetime.add(fields.Datetime.now(), hours=hours) if hours else False


def _literal(text):
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
