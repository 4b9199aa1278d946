"""What only the product writes here, nobody gives by any way in."""

from odoo.addons.ipai_ops.tests.written_walk import WrittenWalk
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import N8nMixin


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestProductWritten(WrittenWalk, N8nMixin, TransactionCase):
    addon = "ipai_n8n_bridge"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()
        cls.people = {"stranger": cls.stranger, "viewer": cls.viewer, "manager": cls.manager}
        cls.samples = {
            "ipai.n8n.server": {"name": "New", "url": "https://n8n.example.org"},
            "ipai.n8n.subscription": {"name": "New", "server_id": cls.n8n.id, "path": "new"},
        }
        cls.records = {"ipai.n8n.server": cls.n8n, "ipai.n8n.subscription": cls.subscription}

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_writes_what_only_the_product_writes(self):
        self.check_everything()
        self.assertGreater(self.tried, 500)
