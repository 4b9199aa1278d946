"""One line a run said. Written by the ingest alone, never changed."""

from odoo import fields, models

LEVELS = [("debug", "Debug"), ("info", "Info"), ("warning", "Warning"), ("error", "Error")]


class RunEvent(models.Model):
    _name = "ops.run.event"
    _description = "Event of a run"
    _product_written = True
    _order = "id"
    _log_access = False
    _rec_name = "message"

    run_id = fields.Many2one("ops.run", required=True, ondelete="cascade")
    step_id = fields.Many2one("ops.run.step", ondelete="cascade")
    attempt = fields.Integer()
    seq = fields.Integer()
    at = fields.Datetime(required=True)
    level = fields.Selection(LEVELS, required=True, default="info")
    message = fields.Text()
    payload = fields.Json()

    _line_unique = models.UniqueIndex(
        "(step_id, attempt, seq)", "This line has been stored already."
    )
    _run_index = models.Index("(run_id, id)")

    def _as_json(self):
        """Return the events as plain mappings, times in ISO format with milliseconds."""
        names = {step.id: step.name for step in self.step_id}
        return [
            {
                "id": event.id,
                "step_id": event.step_id.id,
                "step": names.get(event.step_id.id, ""),
                "attempt": event.attempt,
                "seq": event.seq,
                "at": event.at.isoformat(timespec="milliseconds") + "Z",
                "level": event.level,
                "message": event.message or "",
                "payload": event.payload or None,
            }
            for event in self
        ]
