"""Nothing of this addon belongs to where its writer has no right."""

from odoo.addons.ipai_ops.tests.places_walk import PlacesWalk
from odoo.tests import TransactionCase, tagged

from .common import N8nMixin


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestPlaces(PlacesWalk, N8nMixin, TransactionCase):
    addon = "ipai_n8n_bridge"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()
        cls.other = cls.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/other"}
        )
        there = cls.other.environment_ids[:1].id
        cls.stranger = cls.make_member("admin", login="n8n_admin")
        cls.samples = {
            "ipai.n8n.subscription": {"name": "x", "server_id": cls.n8n.id, "path": "x"},
            "ipai.n8n.import": {"server_id": cls.n8n.id, "suite_url": "https://ops.example.com"},
        }
        cls.elsewhere = {
            ("ipai.n8n.subscription", "server_id"): cls.n8n.copy({"name": "another"}).id,
            ("ipai.n8n.subscription", "stage"): "production",
            ("ipai.n8n.subscription", "project_ids"): cls.other.id,
            ("ipai.n8n.subscription", "environment_ids"): there,
            ("ipai.n8n.import", "server_id"): cls.n8n.id,
        }

    def test_nothing_is_put_where_its_writer_has_no_right(self):
        self.check_every_place_is_known()
        self.check_nothing_is_put_elsewhere()
        self.assertGreaterEqual(self.tried, 20)
