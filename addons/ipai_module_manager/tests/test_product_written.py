"""What only the product writes here, nobody gives by any way in."""

from odoo.addons.ipai_ops.tests.written_walk import WrittenWalk
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import ModulesMixin


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestProductWritten(WrittenWalk, ModulesMixin, TransactionCase):
    addon = "ipai_module_manager"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        admin = cls.make_member("admin", login="modules_walk")
        cls.people = {"viewer": cls.viewer, "admin": admin, "manager": cls.manager}
        cls.samples = {
            "ops.project": {"name": "New", "repository_url": "https://git.example.org/new.git"},
            "ops.environment": {"project_id": cls.project.id, "name": "new"},
            "ipai.module.index": {"name": "New"},
        }
        cls.records = {
            "ops.project": cls.project,
            "ops.environment": cls.production,
            "ipai.module.index": cls.settings,
        }

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_writes_what_only_the_product_writes(self):
        self.check_everything()
        self.assertGreater(self.tried, 500)
