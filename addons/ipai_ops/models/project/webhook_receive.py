"""Takes a forge's message in, once."""

import hashlib
from datetime import timedelta

import psycopg2

from odoo import fields, models
from odoo.exceptions import ConcurrencyError, UserError

from ...engine import webhooks

SEEN_PRECISION = timedelta(minutes=1)
LONGEST_ID = 200


class WebhookDelivery(models.Model):
    _inherit = "ops.webhook.delivery"

    def _take(self, project, forge, headers, body):
        """Store and act on a genuine message; return (delivery, is_new).

        Raises Malformed when the message is not what its forge documents. A replay returns the
        first delivery and does nothing.
        """
        event = forge.parse(headers, body)
        values = self._delivery_values(project, forge, headers, body)
        known = self._known(values)
        if known:
            return known, False
        try:
            with self.env.cr.savepoint():
                delivery = self.create(values)
        except psycopg2.errors.UniqueViolation as exc:
            # The request loop calls again, with a view of the database that shows the other one.
            raise ConcurrencyError("The same message came twice at one moment.") from exc
        project._note_hook_seen()
        delivery._act_on(event)
        return delivery, True

    def _known(self, values):
        keys = ("project_id", "forge", "delivery_id")
        return self.search([(key, "=", values[key]) for key in keys], limit=1)

    @staticmethod
    def _delivery_values(project, forge, headers, body):
        digest = hashlib.sha256(body).hexdigest()
        return {
            "project_id": project.id,
            "forge": forge.NAME,
            "delivery_id": forge.delivery_id(headers)[:LONGEST_ID] or digest,
            "event": forge.event_name(headers)[:LONGEST_ID],
            "state": "accepted",
            "payload_sha256": digest,
            "size_bytes": len(body),
        }

    def _act_on(self, event):
        try:
            with self.env.cr.savepoint():
                run, reason = self.project_id._receive(event)
        except UserError as exc:
            run, reason = self.env["ops.run"], str(exc)
        is_used = bool(run) or isinstance(event, webhooks.Ping)
        branch = getattr(event, "branch", None)
        self.write(
            {
                "state": "accepted" if is_used else "ignored",
                "reason": reason or False,
                "ref": branch,
                "commit": getattr(event, "commit", None),
                "run_id": run.id,
            }
        )

    def _note_refused(self, project, forge, headers, body):
        """Show that a message with a wrong signature came: one row a minute, not one each."""
        lately = fields.Datetime.now() - SEEN_PRECISION
        refused = [("project_id", "=", project.id), ("state", "=", "refused")]
        is_told = self.search_count([*refused, ("received_at", ">", lately)], limit=1)
        if is_told or not project:
            return
        values = self._delivery_values(project, forge, headers, body)
        stamp = fields.Datetime.now().isoformat()
        reason = self.env._("The signature is wrong: compare the secrets here and at the forge.")
        values |= {"state": "refused", "reason": reason}
        # An id of its own, so that a forged message cannot use up a genuine one's.
        self.create({**values, "delivery_id": f"refused {stamp} {values['payload_sha256'][:12]}"})


class Project(models.Model):
    _inherit = "ops.project"

    def _note_hook_seen(self):
        """Remember that webhooks arrive; to the minute, so that deliveries do not collide."""
        now = fields.Datetime.now()
        if not self.hook_seen_at or self.hook_seen_at < now - SEEN_PRECISION:
            self.hook_seen_at = now
