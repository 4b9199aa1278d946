"""What a message shows: the run as it stands now, the latest of an alert, the sum of a night."""

import hashlib
import json

from odoo import models

from .. import deeds
from ..engine import interaction, messages

SHARED = ("digest:", "quiet:")
DIGEST_LINES = 200


class Message(models.Model):
    _inherit = "ipai.slack.message"

    def _content(self):
        """Return the message as Slack is to show it: text and blocks."""
        if self.topic.startswith("run:") and self.run_id:
            content = messages.run(self._run_card(), self.mention or "")
        elif self.topic.startswith(SHARED):
            content = messages.digest(self._digest(), self.mention or "")
        else:
            content = messages.note(self._last_line(), self._place_url(), self.mention or "")
        return messages.shortened(content) if self.is_short else content

    @staticmethod
    def _fingerprint(content):
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def _has_thread(self):
        """A single fact is told by its message; everything else also has a thread."""
        return not self.topic.startswith("fact:")

    def _last_line(self):
        return (
            self.env["ipai.slack.line"]
            .search([("message_id", "=", self.id)], order="id desc", limit=1)
            .text
            or self.title
        )

    def _place_url(self):
        return self._url("ops-environments", self.environment_id)

    def _url(self, path, record):
        root = self.env["ops.edge"]._control_url()
        return f"{root}/odoo/{path}/{record.id}" if record else ""

    def _run_card(self):
        run = self.run_id
        return messages.RunCard(
            headline=run.headline or run.display_name,
            state=run.state,
            colour=run.colour,
            url=self._url("ops-runs", run),
            place=run.environment_id.display_name or run.project_id.name or "",
            stage=run.stage or "",
            commit=run.commit or "",
            subject=run.commit_subject or "",
            requested_by=run.requested_by_id.name or run.commit_author or "",
            cause=run.cause or "",
            hint=run.hint or "",
            waiting_for=run.waiting_for or "",
            duration_seconds=run.duration_seconds,
            value=interaction.run_value(run.id, run.spec_fingerprint),
            buttons=self._buttons(run),
        )

    def _buttons(self, run):
        """Return what a person may try on the run from Slack; their rights are asked when they press."""
        if run.state == "blocked":
            return ("approve", "reject")
        if not run.environment_id or self._is_outdated(run):
            return ()
        again = ("retry",) if run.state in ("failed", "cancelled") else ()
        is_over = run.state in ("done", "failed") and run.kind == "deploy"
        back = ("rollback",) if is_over and self._can_go_back(run) else ()
        return (*again, *back)

    def _is_outdated(self, run):
        newer = [("environment_id", "=", run.environment_id.id), ("id", ">", run.id)]
        return bool(self.env["ops.run"].search_count(newer, limit=1))

    def _can_go_back(self, run):
        return bool(deeds.builds(run.environment_id))

    def _digest(self):
        lines = self.env["ipai.slack.line"].search([("message_id", "=", self.id)], order="id")
        problems = lines.filtered("is_problem")
        ended = lines.filtered(lambda line: line.kind == "run.finished")
        since = f"{lines[:1].at:%Y-%m-%d %H:%M} UTC" if lines else ""
        return messages.Digest(
            title=self.env._("What happened since %s", since),
            counts=(
                (self.env._("runs ended"), len(ended)),
                (self.env._("problems"), len(problems)),
                (self.env._("facts in the thread"), len(lines)),
            ),
            rows=problems[:DIGEST_LINES].mapped("text"),
        )
