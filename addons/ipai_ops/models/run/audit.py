"""What the audit trail says of a run: who asked for it, and how it ended."""

from odoo import models

from ...engine import console


class Run(models.Model):
    _inherit = "ops.run"

    def _note_queued(self, retry_of=None):
        own = self.sudo()  # whoever asked for it, seen or not
        facts = {"kind": own.kind, "trigger": own.trigger, "commit": own.commit or ""}
        if retry_of:
            facts["retry_of"] = retry_of.id
        self.env["ops.audit"]._note("run.queued", self, run=self.id, **facts)

    def _note_finished(self, state):
        outcome = "failed" if state == "failed" else "done"
        self.env["ops.audit"]._note("run.finished", self, state=state, outcome=outcome)
        if self.kind in console.KINDS:
            lines = (self.step_ids[:1].result or {}).get("lines", 0)
            self.env["ops.audit"]._note(f"{self.kind}.closed", self, state=state, lines=lines)
