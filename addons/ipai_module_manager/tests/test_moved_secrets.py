"""A write-only secret stays with the address it was given for."""

from odoo.addons.ipai_ops.tests.sealed_walk import SealedWalk
from odoo.tests import TransactionCase, tagged

from .common import ModulesMixin


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestMovedSecrets(SealedWalk, ModulesMixin, TransactionCase):
    addon = "ipai_module_manager"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        cls.person = cls.manager
        cls.records = {"ops.project": cls.project}
        cls.moved = {
            ("ops.project", "repository_url"): "https://git.example.org/acme/elsewhere.git",
            ("ops.project", "forge"): "gitlab",
            ("ops.project", "forge_api_url"): "https://git.example.org/api",
        }

    def test_no_secret_follows_its_address(self):
        self.check_every_secret_says_where_it_goes()
        self.check_nothing_closed_is_kept_in_the_clear()
        self.check_no_secret_follows_its_address()
        self.assertGreaterEqual(self.tried, 9)
