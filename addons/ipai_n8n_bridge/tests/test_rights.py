"""Who may do what: every model and every public method. What is not listed fails."""

from odoo.addons.ipai_ops.tests.rights_walk import RightsWalk
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import N8nMixin

# model: the first of the people that may read, write, create, delete; None: nobody.
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
class TestRights(RightsWalk, N8nMixin, TransactionCase):
    addon = "ipai_n8n_bridge"

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

    def test_keys_of_operations_reach_nothing_here(self):
        self.check_closed_to_keys(MODELS, METHODS)

    def test_every_model_is_listed(self):
        ours = {name for name in self.registry if name.startswith("ipai.n8n.")}
        self.assertEqual(ours, set(MODELS))

    def test_every_model_lets_in_exactly_who_is_listed(self):
        self.check_models(MODELS, self.people)

    def test_deliveries_are_hidden_from_those_who_are_no_members(self):
        deliveries = self.deliveries.with_user(self.stranger)
        self.assertFalse(deliveries.search([]))
        self.assertTrue(deliveries.with_user(self.manager).search([]))

    def test_every_public_method_is_listed(self):
        self.assertEqual(self.methods_of(*MODELS, "ops.run"), set(METHODS))

    def test_every_public_method_lets_in_exactly_who_is_listed(self):
        self.check_methods(METHODS, self.people)

    def test_every_route_is_listed(self):
        self.assertEqual(self.routes(), ROUTES)
