"""Lists of allowed addresses: checked, previewed, never one that locks its author out."""

from importlib import util
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.network.edge import ALLOWED, PROXIES
from .common import OpsCase

OWN = "203.0.113.7"


@tagged("post_install", "-at_install", "ipai_ops")
class TestAddresses(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        wizard = type(cls.env["ops.address.list"])
        cls.startClassPatcher(patch.object(wizard, "_own_address", lambda self: OWN))

    def wizard(self, addresses, environment=None, user=None, **values):
        facts = {"environment_id": environment.id if environment else False, **values}
        lists = self.env["ops.address.list"].with_user(user or self.manager)
        return lists.create({"addresses": addresses, **facts})

    def configuration(self):
        return self.env["ops.edge"]._configuration()[1]

    def test_a_list_of_an_environment_reaches_the_edge(self):
        self.wizard(f"{OWN}/32\n2001:db8::/32", self.production).action_apply()
        self.assertIn(
            f"allow {OWN}/32;\n    allow 2001:db8::/32;\n    deny all;", self.configuration()
        )
        self.assertTrue(self.production._deploy("button").spec["environment"]["closed"])

    def test_a_list_without_its_author_is_refused(self):
        with self.assertRaisesRegex(UserError, "lock yourself out"):
            self.wizard("198.51.100.0/24").action_apply()
        with self.assertRaisesRegex(UserError, "lock yourself out"):
            self.wizard("198.51.100.0/24", accepts_lock_out=True).action_apply()
        with self.assertRaisesRegex(UserError, "lock yourself out"):
            self.wizard("198.51.100.0/24", self.production).action_apply()
        self.wizard("198.51.100.0/24", self.production, accepts_lock_out=True).action_apply()
        self.assertIn("allow 198.51.100.0/24;", self.configuration())

    def test_the_preview_says_who_is_in(self):
        wizard = self.wizard("198.51.100.0/24", self.production)
        self.assertFalse(wizard.own_is_in)
        self.assertIn("198.51.100.0/24: 256", wizard.preview)
        wizard.addresses = "203.0.113.0/24"
        self.assertTrue(wizard.own_is_in)
        wizard.addresses = "office"
        self.assertIn("“office” is no network", wizard.preview)

    def test_what_is_no_network_is_never_stored(self):
        for text in ("office", "10.0.0.1/8", "all; } server {"):
            with self.assertRaises(ValidationError):
                self.production.allowed_addresses = text

    def test_the_list_of_this_odoo_is_the_managers_and_in_the_trail(self):
        self.wizard(f"{OWN}/32").action_apply()
        self.assertIn(f"# ops allow {OWN}/32;\n# ops deny all;", self.configuration())
        self.assertTrue(self.env["ops.audit"].search([("action", "=", "addresses.changed")]))
        self.env["ir.config_parameter"].set_param(ALLOWED, "")
        self.assertNotIn("# ops", self.configuration())

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_others_set_no_list(self):
        with self.assertRaises(AccessError):
            self.wizard(f"{OWN}/32", user=self.viewer).action_apply()

    def test_only_named_proxies_are_believed(self):
        self.assertNotIn("real_ip", self.configuration())
        self.env["ir.config_parameter"].set_param(PROXIES, "10.0.0.0/8")
        self.assertIn("set_real_ip_from 10.0.0.0/8;", self.configuration())


@tagged("post_install", "-at_install", "ipai_ops")
class TestUpdateOfPlainSecrets(OpsCase):
    def test_an_update_encrypts_what_was_plain_and_drops_the_column(self):
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE ops_project ADD COLUMN git_credentials text")
        self.env.cr.execute(
            "UPDATE ops_project SET git_credentials = 'deploy:plain-token' WHERE id = %s",
            [self.project.id],
        )
        self.migration().migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(self.project.sudo().git_credentials, "deploy:plain-token")
        self.assertEqual(self.project.sudo().webhook_secret, "hook secret")
        self.env.cr.execute("SELECT row_to_json(p)::text FROM ops_project p")
        self.assertNotIn("plain-token", "".join(row[0] for row in self.env.cr.fetchall()))

    @staticmethod
    def migration():
        folder = Path(__file__).parents[1] / "migrations" / "19.0.1.1.0"
        spec = util.spec_from_file_location("post_seal", folder / "post-seal_secrets.py")
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
