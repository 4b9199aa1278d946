"""Looking for new commits where no webhook tells of them."""

from datetime import timedelta

from odoo import api, fields, models

from ...engine.webhooks import BranchDeleted, PushEvent


class Project(models.Model):
    _inherit = "ops.project"

    polled_heads = fields.Json(copy=False, readonly=True, help="Branches and commits seen last.")
    poll_error = fields.Char(copy=False, readonly=True, help="Why the last look failed.")

    @api.model
    def _cron_poll(self):
        """Ask the repositories that are due for new commits; called by the scheduler."""
        from ... import driver

        driver.poll(self.env)

    @api.model
    def _due_for_poll(self):
        """Return the projects to look at now."""
        now = fields.Datetime.now()
        never_or_due = ["|", ("next_poll_at", "=", False), ("next_poll_at", "<=", now)]
        return self.search([("poll_minutes", ">", 0), *never_or_due])

    def _note_polled(self):
        """Set when to look next, before looking: a repository that hangs is not asked at once."""
        for project in self:
            pause = timedelta(minutes=max(project.poll_minutes, 1))
            project.next_poll_at = fields.Datetime.now() + pause

    def _take_branches(self, outcome):
        """Queue what is new; ``outcome`` has ``heads`` (branch to commit) and ``error``."""
        self.ensure_one()
        if outcome.error:
            self.poll_error = outcome.error
            return
        self.poll_error = False
        before = self.polled_heads
        for event in self._news(before, outcome.heads):
            self._receive(event, "poll")
        if before != outcome.heads:
            self.polled_heads = outcome.heads

    def _news(self, before, heads):
        """Return what happened between two looks.

        The first look only serves environments that are there: a repository's old branches do
        not all become environments.
        """
        if before is None or before is False:
            served = set(self._live_environments().mapped("branch"))
            return [PushEvent(name, heads[name]) for name in sorted(served & set(heads))]
        moved = [name for name in sorted(heads) if heads[name] != before.get(name)]
        gone = sorted(set(before) - set(heads))
        return [PushEvent(name, heads[name]) for name in moved] + [BranchDeleted(n) for n in gone]
