"""What people do with an environment: deploy, restart, redeploy, open, pin, move, destroy."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...adapters.local.platform_facts import platform
from ...authentication.asks_again import asks_again
from ...engine import naming, webhooks
from ..constants import GONE


class Environment(models.Model):
    _inherit = "ops.environment"

    def action_deploy(self):
        """Queue a deploy of the branch's newest commit and open the run."""
        self.ensure_one()
        self._check_may("deploy")
        return self._deploy("button")._open()

    def action_restart(self):
        """Queue a restart: new containers of the image that serves, on the same data."""
        self.ensure_one()
        self._check_may("deploy")
        if not self.image_id:
            raise UserError(self.env._("Nothing has been deployed here yet: deploy first."))
        return self._restart("button")._open()

    @asks_again
    def action_redeploy(self):
        """Open the choice of the images deployed here before."""
        self.ensure_one()
        self._check_may("rollback")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Redeploy an earlier build"),
            "res_model": "ops.environment.redeploy",
            "view_mode": "form",
            "target": "new",
            "context": {"default_environment_id": self.id},
        }

    @asks_again
    def action_destroy(self):
        """Open the confirmation that says what will be lost."""
        self.ensure_one()
        self._check_may("destroy")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Destroy %s", self.display_name),
            "res_model": "ops.environment.destroy",
            "view_mode": "form",
            "target": "new",
            "context": {"default_environment_id": self.id},
        }

    def action_open(self):
        """Open the running Odoo in a new tab."""
        self.ensure_one()
        self._check_may("view")
        return {"type": "ir.actions.act_url", "url": self.url, "target": "new"}

    def action_pin(self):
        """Keep the environment from expiring, or let it expire again."""
        self._check_may("settings")
        for environment in self:
            environment.is_pinned = not environment.is_pinned
            environment._refresh_expiry()
        return True

    @asks_again
    def action_show_admin_password(self):
        """Show the password the target's admin got at the first deploy."""
        self.ensure_one()
        self._check_may("secrets")
        password = self.sudo().admin_password  # the field itself is closed to everyone
        self.env["ops.audit"]._note("secret.shown", self, name="admin password")
        return self._shown_once(self.env._("Password of admin at %s", self.url), password)

    def action_view_runs(self):
        """Open the environment's history."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.run_action")
        action["domain"] = [("environment_id", "=", self.id)]
        return action

    def _shown_once(self, title, text):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"title": title, "message": text, "sticky": True, "type": "info"},
        }

    def _ref(self):
        """Return the Git ref a build of this environment fetches."""
        if self.pull_request:
            return webhooks.pull_request_ref(self.project_id.forge, self.pull_request)
        return f"refs/heads/{self.branch}"

    def _deploy(self, trigger, commit=None, ref=None, **options):
        """Queue a deploy; return the run."""
        self.ensure_one()
        if self.state in GONE:
            raise UserError(
                self.env._("This environment is being destroyed; push to make it anew.")
            )
        runs = self.env["ops.run"]
        return runs._queue(self, "deploy", trigger, ref or self._ref(), commit, **options)

    def _restart(self, trigger):
        """Queue a restart with today's settings; return the run."""
        self.ensure_one()
        runs, subject = self.env["ops.run"], self.commit_subject
        options = {"redeploy_image": self.image_id, "commit_subject": subject}
        return runs._queue(self, "restart", trigger, self._ref(), self.commit or None, **options)

    def _redeploy(self, image):
        """Queue a deploy of an image built before; return the run."""
        self.ensure_one()
        if image.project_id != self.project_id:
            raise UserError(self.env._("That image is another project's."))
        if image.state != "present" or image.kind != "image":
            raise UserError(self.env._("That image has been removed; deploy its commit instead."))
        run = image.run_id
        return self._deploy(
            "button",
            run.commit,
            run.ref,
            redeploy_image=image,
            commit_subject=run.commit_subject,
            commit_author=run.commit_author,
        )

    def _destroy(self, trigger, reason=None):
        """Queue the destruction; stop what still runs here or waits for approval. Return the run."""
        self.ensure_one()
        self._give_up_blocked_runs(self.env._("Its environment is being destroyed."))
        going_on = [("environment_id", "=", self.id), ("state", "in", ("queued", "running"))]
        active = self.env["ops.run"].sudo().search(going_on)  # whoever may destroy stops them all
        under_way = active.filtered(lambda run: run.kind == "destroy")[:1]
        if under_way or self.state == "destroyed":
            return under_way
        active._request_cancel()
        run = self.env["ops.run"]._queue(self, "destroy", trigger, self._ref(), self.commit or None)
        self.sudo().state = "destroying"
        if reason:
            self.message_post(body=reason)
        return run

    def _refresh_expiry(self):
        """Give development environments their full time again; others do not expire."""
        for environment in self.sudo():
            is_mortal = environment.stage == "development" and not environment.is_pinned
            environment.expires_at = is_mortal and environment._expiry(environment.project_id)

    @api.model
    def _cron_expire(self, limit=200):
        """Destroy development environments whose time is over, unless pinned."""
        expired = [
            ("stage", "=", "development"),
            ("is_pinned", "=", False),
            ("expires_at", "<", fields.Datetime.now()),
            ("state", "not in", GONE),
        ]
        for environment in self.search(expired, limit=limit):
            environment._destroy("schedule", self.env._("Its time was over: no push since."))

    def _stable_database(self):
        """Return the database that updates keep, or None where each deploy gets a fresh one."""
        if self.stage == "development":
            return None
        return self.database_name or naming.stable_database(platform().instance, self.id)
