"""Every field that only the product writes × everybody × every way in."""

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import OpsCase
from .written_walk import WrittenWalk

QUIET = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db")
ROLES = ("viewer", "developer", "tester", "operator", "admin")


@tagged("post_install", "-at_install", "ipai_ops")
class TestProductWritten(WrittenWalk, OpsCase):
    addon = "ipai_ops"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        members = {role: cls.make_member(role, login=f"walk_{role}") for role in ROLES}
        nobody = new_test_user(cls.env, "walk_nobody", "ipai_ops.group_viewer")
        cls.people = {"nobody": nobody, **members, "manager": cls.manager}
        cls.environment = cls.make_environment("walked")
        cls.role = cls.env.ref("ipai_ops.role_viewer").copy()
        cls.samples = cls.set_up_samples(nobody)
        cls.records = cls.set_up_records(members["admin"], nobody)

    @classmethod
    def set_up_samples(cls, nobody):
        project = {"project_id": cls.project.id}
        today = fields.Date.today()
        server = {"name": "another", "host": "db", "admin_secret": "s"}
        return {
            "ops.project": {"name": "New", "repository_url": "https://git.example.org/new.git"},
            "ops.environment": {**project, "name": "new"},
            "ops.database.server": server,
            "ops.role": {"name": "New"},
            "ops.role.right": {"role_id": cls.role.copy().id, "permission": "backup"},
            "ops.project.member": {**project, "user_id": nobody.id, "role_id": cls.role.id},
            "ops.backup.repository": project,
            "ops.policy": {**project, "name": "New", "rule": "approvals"},
            "ops.delegation": {"delegate_id": cls.viewer.id, "ends_on": today},
            "ops.secret": {**project, "name": "new", "environment_id": cls.environment.id},
        }

    @classmethod
    def set_up_records(cls, admin, nobody):
        made = ("ops.policy", "ops.secret")
        records = {
            model: cls.env[model].create({**cls.samples[model], "name": "old"}) for model in made
        }
        cls.environment._deploy("push")
        away = {"user_id": admin.id, "delegate_id": nobody.id, "ends_on": fields.Date.today()}
        return {
            **records,
            "ops.project": cls.project,
            "ops.environment": cls.environment,
            "ops.database.server": cls.environment.database_server_id,
            "ops.role": cls.role,
            "ops.role.right": cls.role.right_ids[0],
            "ops.project.member": cls.project.member_ids[0],
            "ops.backup.repository": cls.project._backup_repository(),
            "ops.delegation": cls.env["ops.delegation"].create(away),
        }

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*QUIET))

    def test_whatever_somebody_may_write_is_walked(self):
        written = {name for name in self.stored_models() if self.is_written(name)}
        self.assertEqual(written & set(self.ours()), set(self.samples))

    def ours(self):
        return [name for name in self.stored_models() if name.startswith("ops.")]

    def test_every_field_of_the_product_is_marked(self):
        self.check_every_field_is_marked()

    def test_no_copy_takes_what_the_product_wrote(self):
        self.check_no_copy_takes_them_along()

    def test_no_related_field_leads_to_what_the_product_writes(self):
        self.check_no_related_field_leads_to_them()

    def test_nobody_gives_a_value_of_the_products(self):
        self.check_nobody_gives_them()
        self.assertGreater(self.tried, 5000)

    def test_each_of_the_products_fields_is_refused_alone(self):
        self.check_each_is_refused_alone("manager")
        self.assertGreater(self.tried, 250)

    def test_nobody_imports_a_value_of_the_products(self):
        self.check_nobody_imports_them()
        self.assertGreater(self.tried, 100)

    def test_no_command_of_a_parent_gives_a_value_of_the_products(self):
        self.check_no_parent_gives_them()
        self.assertGreater(self.tried, 500)

    def test_no_default_of_context_or_person_fills_a_field_of_the_products(self):
        self.check_no_default_fills_them()
        self.assertGreater(self.tried, 1000)

    def test_a_new_record_has_nothing_that_only_the_product_writes(self):
        self.check_a_new_record_has_none_of_them()
        self.assertGreater(self.tried, 50)
