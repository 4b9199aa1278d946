"""What a person asked of the index: done by the scheduler, so that no page waits for a server."""

from odoo import api, fields, models


class ModuleOrder(models.Model):
    _name = "ipai.module.order"
    _description = "Question to the package index"
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        [
            ("test", "Test the connection"),
            ("names", "Read the list of modules"),
            ("page", "Read a module's details"),
        ],
        required=True,
        readonly=True,
    )
    package_id = fields.Many2one("ipai.module.package", ondelete="cascade", index="btree_not_null")
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
        default="waiting",
        required=True,
        readonly=True,
    )
    said = fields.Char(string="Answer", readonly=True)
    user_id = fields.Many2one("res.users", string="Asked by", readonly=True)
    ended_at = fields.Datetime(readonly=True)

    _waiting_index = models.Index("(id) WHERE state = 'waiting'")

    @api.model
    def _place(self, kind, package=None):
        """Remember the question, once, and wake the scheduler."""
        orders = self.sudo()  # asked after the caller's check
        same = [("kind", "=", kind), ("package_id", "=", package.id if package else False)]
        order = orders.search([*same, ("state", "=", "waiting")], limit=1)
        if not order:
            values = {"kind": kind, "package_id": package.id if package else False}
            order = orders.create({**values, "user_id": self.env.uid})
        orders._wake()
        return order

    @api.model
    def _wake(self):
        """Have the scheduler look after this transaction's commit."""
        self.env.ref("ipai_module_manager.cron_work").sudo()._trigger()

    def _note_end(self, is_well, said):
        state = "done" if is_well else "failed"
        self.write({"state": state, "said": said, "ended_at": fields.Datetime.now()})
        if self.kind != "page":
            self.env["ipai.module.index"]._the_one()._note(is_well, said)
        elif not is_well:
            self.package_id.fault = said

    @api.autovacuum
    def _gc_orders(self):
        old = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        done = [("state", "!=", "waiting"), ("ended_at", "<", old)]
        self.search(done, limit=1000).unlink()
