"""What runs and environments tell the log of facts."""

from odoo import models

LOOKS = ("watch", "measure")


class Run(models.Model):
    _inherit = "ops.run"

    def _note_fact(self, kind, **payload):
        """Note one fact about each run; a look at archive or disk is no news, what it finds is."""
        for run in self.filtered(lambda run: run.kind not in LOOKS):
            self.env["ops.fact"]._note(kind, run, **payload)

    def _note_end(self):
        """Note how the run ended, and the colour of the build it stood for."""
        self.ensure_one()
        before = self._colour_before()
        told = {
            "colour": self.colour,
            "colour_before": before,
            "cause": self.cause or None,
            "hint": self.hint or None,
            "duration_seconds": self.duration_seconds or 0.0,
            "warnings": self.warning_count,
            "errors": self.error_count,
        }
        if self.state == "cancelled":
            self._note_fact("run.cancelled", **told)
            return
        self._note_fact("run.finished", **told)
        if self.kind == "deploy":
            self._note_fact("build.finished", colour=self.colour, colour_before=before)

    def _colour_before(self):
        """Return the colour of the environment's last deploy before this one."""
        earlier = [
            ("environment_id", "=", self.environment_id.id),
            ("kind", "=", "deploy"),
            ("state", "in", ("done", "failed")),
            ("id", "<", self.id),
        ]
        return self.search(earlier, limit=1).colour or "none"
