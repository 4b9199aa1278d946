"""Every write and every creation that decides where something belongs is judged there, and where it was."""

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import OpsCase
from .rights_walk import RightsWalk

QUIET = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db")
# Who a member is, who approves and who stands in is chosen freely by those with the right to the record.
WITHIN = {
    ("ops.database.server", "project_id"),  # managers', as the server is
    ("ops.project.member", "user_id"),
    ("ops.project.member", "group_id"),
    ("ops.policy", "stage"),
    ("ops.policy", "approver_role_id"),
    ("ops.policy", "approver_group_id"),
    ("ops.delegation", "delegate_id"),
}


@tagged("post_install", "-at_install", "ipai_ops")
class TestPlaces(RightsWalk, OpsCase):
    """An admin of Acme who only sees Other, and a developer of Acme, move things about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.make_member("admin", login="places_admin")
        cls.developer = cls.make_member("developer", login="places_developer")
        cls.nobody = new_test_user(cls.env, "places_nobody", "ipai_ops.group_viewer")
        cls.other = cls.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/other"}
        )
        cls.other._let_in(cls.admin, "viewer")
        cls.keeper = cls.env["ops.role"].create({"name": "Keeper"})
        stages = {"in_production": True, "in_staging": True, "in_development": True}
        for permission in ("view", "members"):
            right = {"role_id": cls.keeper.id, "permission": permission, **stages}
            cls.env["ops.role.right"].create(right)
        cls.places_keeper = new_test_user(cls.env, "places_keeper", "ipai_ops.group_viewer")
        cls.samples, cls.moves = cls.set_up_moves()

    @classmethod
    def set_up_moves(cls):
        own = {"project_id": cls.project.id}
        there = cls.other.environment_ids.id
        ours = cls.make_environment("places")
        samples = {
            "ops.environment": {**own, "name": "moved"},
            "ops.secret": {**own, "name": "moved", "environment_id": ours.id},
            "ops.project.member": {
                **own,
                "user_id": cls.places_keeper.id,
                "role_id": cls.keeper.id,
            },
            "ops.policy": {**own, "name": "moved", "rule": "approvals"},
            "ops.backup.repository": own,
            "ops.delegation": {
                "user_id": cls.admin.id,
                "delegate_id": cls.nobody.id,
                "ends_on": fields.Date.today(),
            },
            "ops.role.right": {"role_id": cls.keeper.id, "permission": "backup"},
        }
        moves = {
            ("ops.environment", "project_id"): (cls.admin, cls.other.id, UserError),
            ("ops.environment", "stage"): (cls.developer, "staging", AccessError),
            ("ops.environment", "database_server_id"): (
                cls.developer,
                cls.production.database_server_id.id,
                ValidationError,
            ),
            ("ops.secret", "project_id"): (cls.admin, cls.other.id, UserError),
            ("ops.secret", "environment_id"): (cls.admin, there, UserError),
            ("ops.secret", "stages"): (cls.places_keeper, "all", AccessError),
            ("ops.project.member", "project_id"): (cls.admin, cls.other.id, UserError),
            ("ops.project.member", "role_id"): (
                cls.places_keeper,
                cls.env.ref("ipai_ops.role_admin").id,
                AccessError,
            ),
            ("ops.policy", "project_id"): (cls.admin, cls.other.id, UserError),
            ("ops.backup.repository", "project_id"): (cls.admin, cls.other.id, UserError),
            ("ops.delegation", "user_id"): (cls.admin, cls.manager.id, UserError),
            ("ops.delegation", "project_id"): (cls.developer, cls.other.id, AccessError),
            ("ops.role.right", "role_id"): (
                cls.manager,
                cls.env.ref("ipai_ops.role_viewer").id,
                UserError,
            ),
        }
        return samples, moves

    def setUp(self):
        super().setUp()
        self.enterContext(self.audit_taken_back())
        self.enterContext(mute_logger(*QUIET))

    def written_models(self):
        """Return the models of Operations that some group may write or create."""
        lines = self.env["ir.model.access"].search(
            [
                ("model_id.model", "=like", "ops.%"),
                "|",
                ("perm_write", "=", True),
                ("perm_create", "=", True),
            ]
        )
        names = set(lines.model_id.mapped("model"))
        return sorted(name for name in names if not self.env[name]._transient)

    def test_every_field_that_says_where_something_belongs_is_known_here(self):
        places = {
            (model, name)
            for model in self.written_models()
            for name in self.env[model]._place_fields() - self.env[model]._own_fields()
        }
        self.assertEqual(places, set(self.moves) | WITHIN)

    def test_nothing_is_moved_to_where_one_has_no_right(self):
        for (model, name), (user, value, error) in self.moves.items():
            record = self.env[model].create(self.samples[model])
            before = record[name]
            with self.subTest(model=model, field=name):
                with self.assertRaises(error):
                    record.with_user(user).write({name: value})
                self.assertEqual(record[name], before)
            record.sudo().unlink()

    def test_nothing_is_taken_from_where_one_has_no_right(self):
        """The same fields, the other way: from Other, where the admin only sees, to Acme."""
        for model, name in self.moves:
            if "project_id" not in self.samples[model] or name == "stages":
                continue
            elsewhere = {**self.samples[model], "project_id": self.other.id}
            elsewhere.pop("environment_id", None)
            record = self.env[model].create(elsewhere)
            before = record[name]
            with self.subTest(model=model, field=name), self.assertRaises(UserError):
                record.with_user(self.admin).write(
                    {
                        name: self.samples[model].get(
                            name, before.id if hasattr(before, "id") else before
                        )
                    }
                )
            self.assertEqual(record[name], before)
            record.sudo().unlink()

    def test_nobody_makes_anything_where_they_have_no_right_whatever_names_the_place(self):
        for model, sample in self.samples.items():
            places = self.env[model]._place_fields() & set(sample)
            hidden = {f"default_{name}": sample[name] for name in places}
            bare = {name: value for name, value in sample.items() if name not in places}
            for user in (self.nobody, self.viewer):
                for values, context in ((sample, {}), (bare, hidden)):
                    with self.subTest(model=model, person=user.login, hidden=bool(context)):
                        made = self.env[model].with_user(user).with_context(**context)
                        with self.assertRaises(UserError):
                            made.create(dict(values))

    def test_a_personal_default_opens_no_place_either(self):
        for model, sample in self.samples.items():
            places = self.env[model]._place_fields() & set(sample)
            defaults = self.env["ir.default"].with_user(self.nobody)
            for name in places:
                defaults.set(model, name, sample[name], user_id=True)
            bare = {name: value for name, value in sample.items() if name not in places}
            with self.subTest(model=model), self.assertRaises(UserError):
                self.env[model].with_user(self.nobody).create(bare)
