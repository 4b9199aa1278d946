"""Takes in what containers write: in order, each line once, secrets blanked."""

import json
from dataclasses import replace
from datetime import UTC

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import lines as log_lines
from ...engine.redact import Redactor
from .api import plain

CHUNK = 2000


class Run(models.Model):
    _inherit = "ops.run"

    def _ingest(self, step, lines):
        """Store the lines of a step's container; return how many were new.

        ``lines``: mappings of the toolbox's line protocol, or text or bytes as they came. Lines
        known already, and result lines, are passed over.
        """
        self.ensure_one()
        now = fields.Datetime.now().replace(tzinfo=UTC)
        events = log_lines.events(lines, step.attempt or 1, now, self._redactor())
        stored = []
        for start in range(0, len(events), CHUNK):
            stored += self._store(step, events[start : start + CHUNK])
        self._count(level for _id, level in stored)
        step._note_progress(events)
        if stored:
            self._announce(max(event_id for event_id, _level in stored))
        return len(stored)

    def _store(self, step, events):
        """Insert events in one statement; return the ids and levels of the new ones, in order."""
        rows = [
            {
                "attempt": event.attempt,
                "seq": event.seq,
                "at": event.at.astimezone(UTC).replace(tzinfo=None).isoformat(),
                "level": event.level,
                "message": event.message,
                "payload": event.payload,
            }
            for event in events
        ]
        query = SQL(
            """
            INSERT INTO ops_run_event
                   (run_id, step_id, attempt, seq, at, level, message, payload)
            SELECT %s, %s, row.attempt, row.seq, row.at, row.level, row.message, row.payload
              FROM json_to_recordset(%s::json) AS row(attempt int, seq int, at timestamp,
                   level varchar, message text, payload jsonb)
            ON CONFLICT DO NOTHING
            RETURNING id, level
            """,
            self.id,
            step.id or None,
            json.dumps(rows),
        )
        stored = self.env.execute_query(query)
        self.invalidate_recordset(["event_ids"])
        return stored

    def _count(self, levels):
        levels = list(levels)
        warnings, errors = levels.count("warning"), levels.count("error")
        if warnings or errors:
            self.warning_count += warnings
            self.error_count += errors

    def _say(self, step, level, message, payload=None):
        """Add to the run's log what no container said; return the event's id.

        ``step`` may be an empty recordset: then the line belongs to the run as a whole.
        """
        self.ensure_one()
        now = fields.Datetime.now().replace(tzinfo=UTC)
        line = {"level": level, "message": message, "payload": payload}
        [event] = log_lines.events([line], step.attempt or 0, now, self._redactor())
        [(event_id, stored_level)] = self._store(step, [replace(event, seq=None)])
        self._count([stored_level])
        self._announce(event_id)
        return event_id

    def _redactor(self):
        """Return what blanks the secrets of the run's project and environment."""
        return Redactor(self._secret_values())

    def _secret_values(self):
        """Return the secrets that must never show in this run's log."""
        records = (self.sudo().project_id, self.sudo().environment_id)
        return [secret for record in records for secret in record._secret_values() if secret]

    @api.model
    @api.readonly
    def read_log(self, run_id, after_id=0, limit=1000, level=None, search=None):
        """Return a run's events after ``after_id``, oldest first, and the run's state.

        ``level`` is the lowest shown (debug, info, warning, error); ``search`` a part of the
        message. Returns {"events": […], "last_id": n, "state": "running"}.
        """
        run = self._one_by_id(run_id)
        run._check_may("logs")
        domain = [("run_id", "=", run.id), ("id", ">", int(after_id or 0))]
        if level in log_lines.LEVELS[1:]:
            domain.append(("level", "in", log_lines.LEVELS[log_lines.LEVELS.index(level) :]))
        if search:
            domain.append(("message", "ilike", str(search)))
        events = self.env["ops.run.event"].search(domain, limit=max(1, min(int(limit), 10000)))
        return {
            "events": plain(events._as_json()),
            "last_id": events[-1:].id or int(after_id or 0),
            "state": run.state,
        }
