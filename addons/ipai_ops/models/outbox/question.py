"""What a person asks of another server: answered by the scheduler, so that no page waits for it."""

from odoo import api, fields, models

KEPT_DAYS = 30
STATES = [("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")]


class Question(models.AbstractModel):
    """Each kind of question has a ``kind`` and a ``state`` of STATES of its own.

    Odoo keeps the choices of a field with the addon that defines it, and so would leave them behind.
    """

    _name = "ops.question"
    _description = "Question to another server"
    _order = "id desc"
    _answering_cron = None  # the external id of the job that answers; each model names its own

    said = fields.Char(string="Answer", readonly=True)
    user_id = fields.Many2one("res.users", string="Asked by", readonly=True)
    ended_at = fields.Datetime(readonly=True)

    @api.model
    def _ask(self, kind, **values):
        """Remember the question of somebody whose right was checked, and wake the scheduler."""
        asked = self.sudo().create({**values, "kind": kind, "user_id": self.env.uid})
        self._wake()
        return asked

    @api.model
    def _waiting(self, limit=None):
        """Return the questions without an answer, oldest first."""
        return self.search([("state", "=", "waiting")], order="id", limit=limit)

    @api.model
    def _wake(self):
        """Have the scheduler look after this transaction's commit."""
        self.env.ref(self._answering_cron).sudo()._trigger()

    def _close(self, is_well, said):
        state = "done" if is_well else "failed"
        self.write({"state": state, "said": said, "ended_at": fields.Datetime.now()})

    @api.autovacuum
    def _gc_questions(self):
        if self._abstract:
            return
        old = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        self.search([("state", "!=", "waiting"), ("ended_at", "<", old)], limit=1000).unlink()
