"""What a person asked of the package index."""

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.outbox.question import STATES


class ModuleOrder(models.Model):
    _name = "ipai.module.order"
    _inherit = "ops.question"
    _description = "Question to the package index"
    _product_written = True
    _rec_name = "kind"
    _answering_cron = "ipai_module_manager.cron_work"

    kind = fields.Selection(
        [
            ("test", "Test the connection"),
            ("names", "Read the list of modules"),
            ("page", "Read a module's details"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(STATES, default="waiting", required=True, readonly=True)
    package_id = fields.Many2one("ipai.module.package", ondelete="cascade", index="btree_not_null")

    _waiting_index = models.Index("(id) WHERE state = 'waiting'")

    @api.model
    def _place(self, kind, package=None):
        """Remember the question, unless it waits already, and wake the scheduler."""
        place = package.id if package else False
        same = [("kind", "=", kind), ("package_id", "=", place), ("state", "=", "waiting")]
        order = self.sudo().search(same, limit=1)  # asked after the caller's check
        if order:
            self._wake()
        return order or self._ask(kind, package_id=place)

    def _note_end(self, is_well, said):
        """Keep the answer where people look for it."""
        self._close(is_well, said)
        if self.kind != "page":
            self.env["ipai.module.index"]._the_one()._note(is_well, said)
        elif not is_well:
            self.package_id.fault = said
