"""A write-only secret stays with the address it was given for."""

from odoo.addons.ipai_ops.tests.sealed_walk import SealedWalk
from odoo.tests import TransactionCase, tagged

from .common import N8nMixin


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestMovedSecrets(SealedWalk, N8nMixin, TransactionCase):
    addon = "ipai_n8n_bridge"
    closed_without_a_secret = {("ipai.n8n.order", "payload")}  # goes with the address, see below

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()
        cls.person = cls.manager
        cls.records = {"ipai.n8n.server": cls.n8n}
        cls.moved = {("ipai.n8n.server", "url"): "https://elsewhere.example.com"}

    def test_no_secret_follows_its_address(self):
        self.check_every_secret_says_where_it_goes()
        self.check_nothing_closed_is_kept_in_the_clear()
        self.check_no_secret_follows_its_address()
        self.assertGreaterEqual(self.tried, 6)

    def test_what_was_asked_of_the_old_address_is_not_asked_of_the_new_one(self):
        server = self.n8n.with_user(self.manager)
        wizard = self.env["ipai.n8n.import"].with_user(self.manager)
        wizard.create(
            {"server_id": server.id, "suite_url": "https://ops.example.com"}
        ).action_import()
        order = self.n8n.order_ids.sudo()
        self.assertIn("credentials", order.payload)
        server.url = "https://elsewhere.example.com"
        self.assertEqual((order.state, order.payload), ("failed", False))
        self.assertIn("ask again", order.said)

    def test_no_n8n_is_inside_unless_an_operator_opens_it(self):
        self.check_no_address_leads_inside("ipai.n8n.server", "url", "http://{}:5678")
