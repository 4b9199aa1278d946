"""What only the product writes: reports, keys' times, sessions and events. Administrators do not."""

from odoo.exceptions import AccessError
from odoo.models import MAGIC_COLUMNS
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import make_admin, make_provider

MODELS = (
    "auth.oauth.provider",
    "ipai.oidc.event",
    "ipai.oidc.login",
    "ipai.oidc.logout.token",
    "ipai.oidc.session",
)
NEW = {"name": "New", "body": "New", "auth_endpoint": "https://sso.example.test/new"}


@tagged("post_install", "-at_install")
class TestProductWritten(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        employee = new_test_user(cls.env, "oidc_employee", "base.group_user")
        cls.admin = make_admin(cls.env, "oidc_walk")
        cls.people = (employee, cls.admin)
        cls.provider = make_provider(cls.env)

    def own(self, model):
        """Return the fields of this addon in a model that the registry says are the product's."""
        fields, everything = self.env[model]._fields, self.env[model]._product_written
        return {
            name
            for name, field in fields.items()
            if field.store and "ipai_auth_oidc" in (field._modules or ())
            if (everything or field.readonly) and name not in MAGIC_COLUMNS
        }

    def test_only_rules_of_groups_are_written_by_people_alone(self):
        written = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("ipai.oidc.") and not model._abstract
            if not self.env[name]._product_written
        }
        self.assertEqual(written, {"ipai.oidc.group.rule"})

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_gives_a_value_of_the_products(self):
        for model in MODELS:
            for name in self.own(model):
                for user in self.people:
                    mine = self.env[model].with_user(user)
                    record = self.provider.with_user(user) if model == MODELS[0] else mine
                    for attempt in self.ways(mine, record, name):
                        with self.subTest(model=model, field=name), self.assertRaises(AccessError):
                            attempt()

    @staticmethod
    def ways(mine, record, name):
        return (
            lambda: mine.create({**NEW, name: "1"}),
            lambda: mine.web_save({**NEW, name: "1"}, {}),
            lambda: record.write({name: "1"}),
        )

    def test_no_default_fills_a_field_of_the_products(self):
        for model in MODELS:
            own = sorted(self.own(model))
            context = {f"default_{name}": "1" for name in own}
            for name in own:
                if self.env[model]._fields[name].type == "char":
                    self.env["ir.default"].set(model, name, "1")
            found = self.env[model].with_user(self.admin).with_context(**context).default_get(own)
            with self.subTest(model=model):
                self.assertFalse([name for name, value in found.items() if value == "1"])

    def test_a_new_provider_has_no_report_that_nobody_made(self):
        forged = {"default_check_state": "good", "default_check_report": "<b>fine</b>"}
        provider = self.env["auth.oauth.provider"].with_user(self.admin).with_context(**forged)
        made = provider.create(dict(NEW))
        self.assertFalse(made.check_state or made.check_report)
        made.issuer = (
            "https://other.example.test"  # an administrator's own field: keys are forgotten
        )
        self.assertFalse(made.sudo().jwks_read_at)
