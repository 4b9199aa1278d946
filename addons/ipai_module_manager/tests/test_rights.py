"""Who may do what: every model and every public method. What is not listed fails."""

from functools import partial

from odoo import Command
from odoo.addons.ipai_ops.authentication import api_call
from odoo.addons.ipai_ops.tests.rights_walk import RightsWalk
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import ModulesMixin

PEOPLE = ("outsider", "viewer", "operator", "manager")
# model: the first of PEOPLE that may read, write, create, delete; None: nobody.
MODELS = {
    "ipai.module.package": ("viewer", None, None, None),
    "ipai.module.index": ("viewer", "manager", None, None),
    "ipai.module.order": ("manager", None, None, None),
    "ipai.module.change": ("viewer", None, None, None),
    "ipai.environment.module": ("viewer", None, None, None),
    "ipai.module.operation": ("viewer", None, None, None),
    "ipai.module.compare": ("viewer", "viewer", "viewer", "viewer"),
    "ipai.module.add": ("viewer", "viewer", "viewer", "viewer"),
}
FOR_KEYS = {"ipai.module.change", "ipai.environment.module", "ipai.module.operation"}
METHODS = {
    ("ipai.module.package", "action_read"): "viewer",
    ("ipai.module.package", "action_add"): "viewer",
    ("ipai.module.index", "action_test"): "manager",
    ("ipai.module.index", "action_refresh"): "manager",
    ("ipai.module.index", "action_view_packages"): "viewer",
    ("ipai.module.change", "action_confirm"): "operator",
    ("ipai.module.change", "action_drop"): "operator",
    ("ipai.module.change", "action_view_run"): "viewer",
    ("ipai.module.change", "action_open_pull"): "operator",
    ("ipai.module.add", "action_ask"): "operator",
    ("ipai.environment.module", "action_install"): "operator",
    ("ipai.environment.module", "action_update"): "operator",
    ("ipai.environment.module", "action_uninstall"): "operator",
    ("ipai.module.operation", "action_confirm"): "operator",
    ("ipai.module.operation", "action_drop"): "operator",
    ("ipai.module.operation", "action_view_run"): "viewer",
    ("ops.environment", "action_read_modules"): "operator",
    ("ops.environment", "action_view_modules"): "viewer",
    ("ops.project", "action_test_forge"): "operator",
}


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestRights(RightsWalk, ModulesMixin, TransactionCase):
    addon = "ipai_module_manager"
    may_end_in_a_sentence = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        cls.outsider = new_test_user(cls.env, "modules_outsider", "base.group_user")
        cls.stranger = new_test_user(cls.env, "modules_stranger", "ipai_ops.group_viewer")
        cls.people = {name: getattr(cls, name) for name in PEOPLE}
        package = cls.packages._named("odoo-addon-x")
        change = cls.changes._ask(package, cls.production, "branch")
        change.write({"state": "ready", "run_id": cls.finish(cls.production._deploy("api")).id})
        image = cls.env["ops.artifact"]._plan(change.run_id, "image", "a", "reg/a@sha256:a")
        cls.production.sudo().image_id = image
        cls.env["ipai.environment.module"]._replace(
            cls.production, [{"name": "sale", "state": "installed", "origin": "odoo"}]
        )
        operation = cls.env["ipai.module.operation"]._ask(cls.production, "update", ["sale"])
        operation.state = "ready"
        add = {"package_id": package.id, "environment_id": cls.production.id}
        cls.records = {
            "ipai.module.package": package,
            "ipai.module.index": cls.settings,
            "ipai.module.change": change,
            "ipai.module.add": add,
            "ipai.environment.module": cls.production.module_ids,
            "ipai.module.operation": operation,
            "ops.environment": cls.production,
            "ops.project": cls.project,
        }

    def test_every_model_is_listed(self):
        ours = {
            name for name in self.registry if name.startswith(("ipai.module.", "ipai.environment."))
        }
        self.assertEqual(ours, set(MODELS))

    def test_every_model_lets_in_exactly_who_is_listed(self):
        self.check_models(MODELS, self.people)

    def test_changes_are_hidden_from_those_who_are_no_members(self):
        self.assertFalse(self.changes.with_user(self.stranger).search([]))
        self.assertTrue(self.changes.with_user(self.viewer).search([]))

    def test_modules_and_operations_are_hidden_from_those_who_are_no_members(self):
        for model in ("ipai.environment.module", "ipai.module.operation"):
            self.assertFalse(self.env[model].with_user(self.stranger).search([]))
            self.assertTrue(self.env[model].with_user(self.viewer).search([]))

    def test_the_address_of_the_index_is_the_managers(self):
        with self.assertRaises(AccessError):
            self.settings.with_user(self.viewer).read(["url"])
        self.assertTrue(self.settings.with_user(self.manager).url)

    def test_every_public_method_is_listed(self):
        self.assertEqual(
            self.methods_of(*MODELS, "ops.environment", "ops.project", "ops.run"), set(METHODS)
        )

    def test_every_public_method_lets_in_exactly_who_is_listed(self):
        self.check_methods(METHODS, self.people)

    def test_a_key_changes_modules_where_it_says_so_and_nowhere_else(self):
        other = self.make_environment("release", stage="staging")
        calls = [call for call, first in METHODS.items() if first == "operator"]
        calls.remove(("ops.project", "action_test_forge"))  # takes the right to the settings
        for permissions, place, may in (
            (("modules", "deploy"), self.production, True),
            (("deploy",), self.production, False),
            (("modules", "deploy"), other, False),
        ):
            places = {"project_ids": [Command.set(self.project.ids)]}
            places |= {"environment_ids": [Command.set(place.ids)]}
            key = self.make_key(self.operator, *permissions, **places)
            for model, method in calls:
                with self.subTest(model=model, method=method, permissions=permissions, may=may):
                    record = partial(self.record_with, key, model)
                    self.assertEqual(self.is_let_in(self.operator, method, record), may)
                    self.without_key()

    def record_with(self, key, model):
        record = self.record(self.operator, model)
        api_call.keep_scope(self.env.cr, key._as_scope())
        self.env.invalidate_all()
        return record

    def without_key(self):
        vars(self.env.cr).pop(api_call.SCOPE, None)
        self.env.invalidate_all()

    def test_keys_reach_what_belongs_to_environments_and_nothing_else(self):
        keys = self.env["ops.api.key"]
        for model, method in METHODS:
            with self.subTest(model=model, method=method):
                expected = model.startswith("ops.") or model in FOR_KEYS
                self.assertEqual(keys._is_callable(model, method), expected)
        for model in MODELS:
            with self.subTest(model=model):
                self.assertEqual(keys._is_callable(model, "search_read"), model in FOR_KEYS)
                self.assertFalse(keys._is_callable(model, "write"))

    def record(self, user, model):
        """Return the record to call on; a wizard is the person's own."""
        given = self.records[model]
        if isinstance(given, dict):
            return self.env[model].with_user(user).create(given)
        return given.with_user(user)
