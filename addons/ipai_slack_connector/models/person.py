"""Who somebody in Slack is here: found by the e-mail address Slack has confirmed, revocable."""

from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError

from ..engine import failures, people


class Person(models.Model):
    _name = "ipai.slack.person"
    _description = "Person in Slack"
    _product_written = True
    _order = "name, id"

    workspace_id = fields.Many2one(
        "ipai.slack.workspace", required=True, ondelete="cascade", readonly=True
    )
    slack_user = fields.Char(string="Slack id", required=True, readonly=True)
    name = fields.Char(readonly=True)
    email = fields.Char(string="E-mail confirmed by Slack", readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null", index=True)
    state = fields.Selection(
        [("linked", "Linked"), ("unknown", "Nobody here"), ("revoked", "Revoked")],
        default="unknown",
        required=True,
        readonly=True,
    )
    said = fields.Char(string="Why", readonly=True)
    checked_at = fields.Datetime(string="Asked Slack at", readonly=True)
    request_ids = fields.One2many("ipai.slack.request", "person_id", readonly=True)

    _slack_user_unique = models.Constraint(
        "UNIQUE(workspace_id, slack_user)", "This person is listed already."
    )

    @api.depends("name", "slack_user")
    def _compute_display_name(self):
        for person in self:
            person.display_name = person.name or person.slack_user

    def action_revoke(self):
        """Stop the person from acting from Slack, until an administrator allows it again."""
        self._check_administrator()
        why = self.env._("Revoked by %s.", self.env.user.name)
        self.sudo().write({"state": "revoked", "said": why})  # nobody writes links by hand
        return True

    def action_allow(self):
        """Let the person act again; who they are is asked of Slack anew."""
        self._check_administrator()
        revoked = self.filtered(lambda person: person.state == "revoked").sudo()
        revoked.write({"state": "unknown", "said": False, "checked_at": False, "user_id": False})
        return True

    def _check_administrator(self):
        self.check_access("read")
        if not self.env.user.has_group("ipai_slack_connector.group_administrator"):
            raise AccessError(self.env._("Only an administrator of Slack does this."))

    @api.model
    def _of(self, workspace, slack_user):
        """Return the person, noted when new."""
        place = {"workspace_id": workspace.id, "slack_user": slack_user}
        known = self.search([(name, "=", value) for name, value in place.items()], limit=1)
        return known or self._new(place)

    def _new(self, place):
        try:
            with self.env.cr.savepoint():
                return self.create(place)
        except psycopg2.errors.UniqueViolation as exc:
            # The request loop calls again, with a view of the database that shows the other one.
            raise ConcurrencyError("The same person came twice at one moment.") from exc

    def _is_fresh(self):
        """Say whether it is known well enough who this is; a revoked person is not asked for."""
        if self.state == "revoked":
            return True
        oldest = fields.Datetime.now() - timedelta(hours=people.FRESH_HOURS)
        return self.state == "linked" and bool(self.checked_at) and self.checked_at > oldest

    def _may_act(self):
        return self.state == "linked" and self.user_id.active

    def _take_answer(self, outcome):
        """Link the person, or write down why not, from what Slack says of them."""
        if self.state == "revoked":
            return
        if not outcome.ok:
            verdict = failures.verdict(outcome.error, outcome.status, outcome.retry_after)
            self.write({"state": "unknown", "said": verdict.sentence})
            return
        about = outcome.data.get("user") or {}
        email, problem = people.verified_email(about, self.workspace_id.team_id or "")
        user = self._user_of(email) if email else self.env["res.users"]
        profile = about.get("profile") or {}
        self.write(
            {
                "name": profile.get("real_name") or about.get("name"),
                "email": email or False,
                "user_id": user.id,
                "state": "linked" if user else "unknown",
                "said": False if user else problem or self._nobody(email),
                "checked_at": fields.Datetime.now(),
            }
        )

    def _nobody(self, email):
        return self.env._("No one user here has the address %s as login.", email)

    @api.model
    def _user_of(self, email):
        """Return the one internal user of an address: by login, or by e-mail where the login is none.

        A login is set by administrators only; an e-mail address is the person's own to change.
        """
        internal = [("share", "=", False), ("active", "=", True)]
        users = self.env["res.users"]
        found = users.search([*internal, ("login", "=ilike", self._literal(email))])
        if not found:
            same = [*internal, ("partner_id.email_normalized", "=", email)]
            found = users.search(same).filtered(lambda user: "@" not in user.login)
        return found if len(found) == 1 else users

    @staticmethod
    def _literal(text):
        return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
