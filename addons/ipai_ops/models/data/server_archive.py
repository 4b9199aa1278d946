"""A production server's archive of changes: base backups, how far back it reaches, whether it goes on."""

from datetime import timedelta

from odoo import api, fields, models

from ..constants import GONE

FULL_EVERY, BASE_EVERY = timedelta(days=7), timedelta(days=1)
TRY_AGAIN = timedelta(hours=1)  # a base backup that failed
SLACK = timedelta(minutes=30)  # so that a nightly one does not wander through the day
MOST_LAG_SECONDS = 900
FRESH_SECONDS = 60


class DatabaseServer(models.Model):
    _inherit = "ops.database.server"

    archive_days = fields.Integer(
        string="Times reach back (days)",
        default=7,
        help="Base backups older than that are removed.",
    )
    archive_oldest_at = fields.Datetime(string="Reaches back to", readonly=True)
    archive_newest_at = fields.Datetime(string="Reaches until", readonly=True)
    archive_checked_at = fields.Datetime(string="Looked at", readonly=True)
    archive_lag_seconds = fields.Integer(string="Archive is behind (s)", readonly=True)
    archive_waiting = fields.Integer(string="Segments that wait", readonly=True)
    archive_failing = fields.Boolean(readonly=True)
    archive_cause = fields.Char(string="Why", readonly=True)
    base_at = fields.Datetime(string="Last base backup", readonly=True)
    base_full_at = fields.Datetime(string="Last full one", readonly=True)
    base_tried_at = fields.Datetime(readonly=True)
    base_bytes = fields.Float(string="Base backups", digits=(20, 0), readonly=True)
    has_archive = fields.Boolean(compute="_compute_has_archive")

    _archive_days_sane = models.Constraint(
        "CHECK(archive_days BETWEEN 1 AND 365)", "Times reach back from 1 to 365 days."
    )

    @api.depends("is_managed", "serves_production")
    def _compute_has_archive(self):
        for server in self:
            server.has_archive = server.is_managed and server.serves_production

    def _productions(self):
        """Return the production environments with data on the server."""
        here = [("database_server_id", "in", self.ids), ("stage", "=", "production")]
        data = [("database_name", "!=", False), ("state", "not in", GONE)]
        return self.env["ops.environment"].search([*here, *data])

    def _archive_run(self):
        """Return the run under way that is about the archive."""
        active = [("lane", "=", "archive"), ("state", "in", ("queued", "running"))]
        runs = self.env["ops.run"].sudo().search(active)
        return runs.filtered(lambda run: run.spec.get("server_id") == self.id)[:1]

    def _queue_archive(self, kind, trigger, **order):
        """Queue a base backup of the server or a look at its archive; return the run."""
        self.ensure_one()
        order |= {"server": self._facts(), "server_id": self.id}
        nowhere = self.env["ops.environment"]
        return self.env["ops.run"]._queue(nowhere, kind, trigger, None, None, order=order)

    def _look(self, trigger):
        """Have the reach looked at, unless that has just been done; return the run under way."""
        self.ensure_one()
        soon = fields.Datetime.now() - timedelta(seconds=FRESH_SECONDS)
        known = self._archive_run()
        if known or (self.archive_checked_at and self.archive_checked_at > soon):
            return known
        return self._queue_archive("watch", trigger)

    def _base_due(self):
        """Return the kind of base backup that is due now, or None."""
        now = fields.Datetime.now()
        if self.base_tried_at and now - self.base_tried_at < TRY_AGAIN:
            return None
        if not self.base_full_at or now - self.base_full_at > FULL_EVERY - SLACK:
            return "full"
        return "diff" if now - (self.base_at or self.base_full_at) > BASE_EVERY - SLACK else None

    @api.model
    def _cron_archive(self):
        """Take the base backups that are due; look at the archive of the other servers."""
        managed = [("is_managed", "=", True), ("serves_production", "=", True)]
        for server in self.search(managed):
            if not server._productions() or server._archive_run():
                continue
            kind = server._base_due()
            if not kind:
                server._queue_archive("watch", "schedule")
                continue
            server.base_tried_at = fields.Datetime.now()
            base = {"kind": kind, "days": server.archive_days}
            server._queue_archive("base", "schedule", base=base)

    def _take_archive(self, run):
        """Note what a run found out; say when times of production cannot be asked for any more."""
        self.ensure_one()
        base = run._steps_done("base").result
        if base:
            self.base_at = run.finished_at
            if base.get("kind") == "full":
                self.base_full_at = run.finished_at
        found = run._steps_done("watch").result
        if found:
            self.write(self._reach(found, run.finished_at))
        self._judge_archive(run)

    @staticmethod
    def _reach(found, at):
        return {
            "archive_oldest_at": _moment(found.get("oldest")),
            "archive_newest_at": _moment(found.get("newest")),
            "archive_checked_at": at,
            "archive_lag_seconds": max(found.get("lag_seconds") or 0, 0),
            "archive_waiting": found.get("waiting") or 0,
            "base_bytes": found.get("base_bytes") or 0,
        }

    def _judge_archive(self, run):
        found = run._steps_done("watch").result or {}
        cause = self._complaint(run, found)
        was_failing = self.archive_failing
        self.write({"archive_failing": bool(cause), "archive_cause": cause})
        for environment in self._productions():
            environment._tell_archive(cause, run, is_new=bool(cause) != was_failing)

    def _complaint(self, run, found):
        """Return why times cannot be asked for, in a sentence; False when they can."""
        if run.state == "failed":
            return run.cause or self.env._("The run failed.")
        waits = (found.get("waiting") or 0) > 1 and found.get("lag_seconds", 0) > MOST_LAG_SECONDS
        if found.get("failing") or waits:
            return self.env._(
                "The production server cannot archive its changes: %s segments wait on it.",
                found.get("waiting") or 0,
            )
        return False


def _moment(text):
    """Return an ISO time of a verb as Odoo keeps it."""
    return fields.Datetime.to_datetime(text.replace("T", " ").rstrip("Z")) if text else False
