"""Nothing of this addon belongs to where its writer has no right."""

from odoo.addons.ipai_ops.tests.places_walk import PlacesWalk
from odoo.tests import TransactionCase, tagged

from .common import ModulesMixin


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestPlaces(PlacesWalk, ModulesMixin, TransactionCase):
    addon = "ipai_module_manager"
    free = {("ipai.module.add", "package_id")}  # the index is everybody's

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        cls.other = cls.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/other"}
        )
        there = cls.other.environment_ids[:1].id
        cls.stranger = cls.make_member("admin", login="modules_stranger")
        package = cls.packages.sudo().create({"name": "odoo-addon-x", "technical_name": "x"})
        cls.samples = {
            "ipai.module.add": {"environment_id": cls.production.id, "package_id": package.id},
            "ipai.module.compare": {"left_id": cls.production.id, "right_id": cls.production.id},
        }
        cls.elsewhere = {
            ("ipai.module.add", "environment_id"): there,
            ("ipai.module.compare", "left_id"): there,
            ("ipai.module.compare", "right_id"): there,
        }

    def test_nothing_is_put_where_its_writer_has_no_right(self):
        self.check_every_place_is_known()
        self.check_nothing_is_put_elsewhere()
        self.assertGreaterEqual(self.tried, 15)
