"""What n8n asked of the suite: each call once, with the rights of the key's owner."""

import hashlib
import json
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, AccessError, ConcurrencyError, UserError

from ..engine import calls
from .n8n_server import KEY_SCOPE

KEEP_DAYS = 30
LONGEST_KEY = 200


class N8nCall(models.Model):
    _name = "ipai.n8n.call"
    _description = "Call from n8n"
    _product_written = True
    _order = "id desc"
    _rec_name = "action"

    action = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="As", required=True, readonly=True)
    key = fields.Char(string="Idempotency key", required=True, readonly=True)
    fingerprint = fields.Char(readonly=True)
    answer = fields.Json(readonly=True)
    answer_text = fields.Char(string="Answered", compute="_compute_answer_text")
    at = fields.Datetime(default=fields.Datetime.now, readonly=True)

    _once = models.Constraint("UNIQUE(user_id, key)", "That call was made already.")

    @api.depends("answer")
    def _compute_answer_text(self):
        for call in self:
            call.answer_text = json.dumps(call.answer)

    @api.model
    def _owner(self, token):
        """Return the id of the user a key acts as, or None."""
        try:
            keys = self.env["res.users.apikeys"].sudo()  # the caller is not known yet
            with self.env["ops.guess"]._watched():
                owner = keys._check_credentials(scope=KEY_SCOPE, key=token)
                if not owner:
                    raise AccessDenied
            return owner
        except AccessDenied:
            return None

    @api.model
    def _answer(self, action, key, payload):
        """Do what is asked, once per key; return the HTTP status and the answer."""
        works = {
            "queue_run": self._queue_run,
            "approve": self._approve,
            "add_event": self._add_event,
            "raise_alert": self._raise_alert,
            "resolve_alert": self._resolve_alert,
            "report": self._report,
        }
        if action not in works:
            return 404, {"error": f"There is no call “{action}”; use {', '.join(works)}."}
        if not key or len(key) > LONGEST_KEY:
            return 400, {"error": "Send an Idempotency-Key header of 1 to 200 characters."}
        try:
            given = calls.check(action, payload)
        except (calls.Misfit, RecursionError) as error:
            return 400, {"error": f"The fields do not fit. {error}"}
        fingerprint = self._fingerprint(action, payload)
        known = self.sudo().search([("user_id", "=", self.env.uid), ("key", "=", key)])
        if known:
            return self._again(known, fingerprint)
        values = {"action": action, "key": key, "fingerprint": fingerprint}
        return self._do(lambda: works[action](**given), values)

    def _do(self, work, values):
        """Take the key, do the work, keep the answer; what fails frees the key again."""
        try:
            with self.env.cr.savepoint():
                taken = self._take(values)
                taken.answer = work()
                return 200, taken.answer
        except AccessError as error:
            return 403, {"error": str(error)}
        except UserError as error:
            return 422, {"error": str(error)}

    def _take(self, values):
        """Write the call down; a second one with its key waits here for the first one's end."""
        try:
            return self.sudo().create({**values, "user_id": self.env.uid})  # the product's own book
        except psycopg2.errors.UniqueViolation as error:
            # The request loop calls again, with a view of the database that shows the other one.
            raise ConcurrencyError("The same call came twice at one moment.") from error

    @staticmethod
    def _again(known, fingerprint):
        if known.fingerprint != fingerprint:
            return 409, {"error": "This Idempotency-Key was used for another call."}
        return 200, {**known.answer, "replayed": True}

    @staticmethod
    def _fingerprint(action, payload):
        said = json.dumps([action, payload], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def _queue_run(self, *, project, env, git_sha=None, ref=None):
        return {"run_id": self.env["ops.run"].queue_run(project, env, git_sha, ref)}

    def _approve(self, *, run_id, reason=None):
        self.env["ops.run"].approve_run(run_id, reason)
        return {"run_id": run_id}

    def _add_event(self, *, run_id, level, message, payload=None):
        return {"event_id": self.env["ops.run"].append_event(run_id, level, message, payload)}

    def _raise_alert(self, *, project, key, name, env=None, severity="warning", message=None):
        alerts = self.env["ops.alert"]
        return {"alert_id": alerts.raise_alert(project, env, key, name, severity, message)}

    def _resolve_alert(self, *, project, key, env=None):
        return {"alert_id": self.env["ops.alert"].resolve_alert(project, env, key)}

    def _report(self, *, hours=24):
        """Return what happened lately, as far as the user may see it."""
        if not isinstance(hours, int) or not 0 < hours <= 24 * 31:
            raise UserError(self.env._("Ask for 1 hour at least, 31 days at most."))
        since = fields.Datetime.now() - timedelta(hours=hours)
        groups = self.env["ops.run"]._read_group(
            [("finished_at", ">=", since)], ["state"], ["__count"]
        )
        alerts = self.env["ops.alert"].search([("is_open", "=", True)], limit=50)
        failed = self.env["ops.run"].search(
            [("finished_at", ">=", since), ("state", "=", "failed")], limit=50
        )
        return {
            "hours": hours,
            "runs": {state: count for state, count in groups},  # noqa: C416 (pairs become a dict)
            "failed": [f"{run.display_name}: {run.cause or ''}" for run in failed],
            "alerts": [f"{alert.severity}: {alert.name}" for alert in alerts],
        }

    @api.autovacuum
    def _gc_calls(self):
        """Forget calls whose key nobody will use again."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        old = self.search([("at", "<", before)], limit=5000)
        old.unlink()
        return len(old), 0
