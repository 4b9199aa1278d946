"""Who may do what: every model and every public method. What is not listed fails."""

import inspect
from contextlib import closing

from odoo.exceptions import AccessError
from odoo.http import Controller
from odoo.models import BaseModel
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import N8nMixin

PEOPLE = ("outsider", "viewer", "manager")
# model: the first of PEOPLE that may read, write, create, delete; None: nobody.
MODELS = {
    "ipai.n8n.server": ("viewer", "manager", "manager", "manager"),
    "ipai.n8n.subscription": ("manager", "manager", "manager", "manager"),
    "ipai.n8n.delivery": ("viewer", None, None, None),
    "ipai.n8n.workflow": ("manager", None, None, None),
    "ipai.n8n.order": ("manager", None, None, None),
    "ipai.n8n.call": ("manager", None, None, None),
    "ipai.n8n.import": ("manager", "manager", "manager", "manager"),
}
METHODS = {
    ("ipai.n8n.server", "action_test"): "manager",
    ("ipai.n8n.server", "action_refresh"): "manager",
    ("ipai.n8n.server", "action_import"): "manager",
    ("ipai.n8n.server", "action_new_secret"): "manager",
    ("ipai.n8n.server", "action_new_key"): "manager",
    ("ipai.n8n.server", "action_view_deliveries"): "viewer",
    ("ipai.n8n.delivery", "action_replay"): "manager",
    ("ipai.n8n.workflow", "action_activate"): "manager",
    ("ipai.n8n.workflow", "action_deactivate"): "manager",
    ("ipai.n8n.import", "action_import"): "manager",
    ("ops.run", "action_view_n8n_deliveries"): "viewer",
}
ROUTES = {"/ipai/n8n/v1/<string:action>": "public"}  # the key is asked in it: test_calls.py


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestRights(N8nMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()
        outsider = new_test_user(cls.env, "n8n_outsider", "base.group_user")
        cls.people = {"outsider": outsider, "viewer": cls.viewer, "manager": cls.manager}
        cls.deliveries._plan(cls.note())
        flows = cls.env["ipai.n8n.workflow"]
        cls.records = {
            "ipai.n8n.server": cls.n8n,
            "ipai.n8n.delivery": cls.deliveries.search([], limit=1),
            "ipai.n8n.workflow": flows._take_one(cls.n8n, {"id": "a", "name": "A"}),
            "ipai.n8n.import": cls.env["ipai.n8n.import"].create({"server_id": cls.n8n.id}),
            "ops.run": cls.finish(cls.production._deploy("api")),
        }

    def test_every_model_is_listed(self):
        ours = {name for name in self.registry if name.startswith("ipai.n8n.")}
        self.assertEqual(ours, set(MODELS))

    def test_every_model_lets_in_exactly_who_is_listed(self):
        for model, firsts in MODELS.items():
            for operation, first in zip(("read", "write", "create", "unlink"), firsts, strict=True):
                may = PEOPLE[PEOPLE.index(first) :] if first else ()
                for name, user in self.people.items():
                    with self.subTest(model=model, operation=operation, person=name):
                        access = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(access, name in may)

    def test_deliveries_are_hidden_from_those_who_are_no_members(self):
        deliveries = self.deliveries.with_user(self.stranger)
        self.assertFalse(deliveries.search([]))
        self.assertTrue(deliveries.with_user(self.manager).search([]))

    def test_every_public_method_is_listed(self):
        models = {*MODELS, "ops.run"}
        found = {(model, name) for model in models for name in public_methods(self.env[model])}
        self.assertEqual(found, set(METHODS))

    def test_every_public_method_lets_in_exactly_who_is_listed(self):
        for (model, method), first in METHODS.items():
            for name, user in self.people.items():
                with self.subTest(model=model, method=method, person=name):
                    may = PEOPLE.index(name) >= PEOPLE.index(first)
                    self.assertEqual(self.may_call(user, model, method), may)

    def test_every_route_is_listed(self):
        found = {}
        for controller in Controller.children_classes["ipai_n8n_bridge"]:
            for _name, function in inspect.getmembers(controller, inspect.isfunction):
                routing = getattr(function, "original_routing", {})
                found |= dict.fromkeys(routing.get("routes", ()), routing.get("auth"))
        self.assertEqual(found, ROUTES)

    def may_call(self, user, model, method):
        self.env.flush_all()
        with closing(self.env.cr.savepoint(flush=False)):
            self.env.invalidate_all(flush=False)
            try:
                getattr(self.records[model].with_user(user), method)()
                self.env.flush_all()
            except AccessError:
                return False
            finally:
                self.env.invalidate_all(flush=False)
        return True


def public_methods(model):
    inherited = set(dir(BaseModel))
    return {
        name
        for parent in type(model).__mro__
        if parent.__module__.startswith("odoo.addons.ipai_n8n_bridge")
        for name, member in vars(parent).items()
        if callable(member) and not name.startswith("_") and name not in inherited
    }
