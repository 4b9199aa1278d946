"""Who may do what: every model, every public method, every route. What is not listed fails."""

from odoo.addons.ipai_ops.tests.common import SHA
from odoo.addons.ipai_ops.tests.rights_walk import RightsWalk
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import SlackMixin

PEOPLE = ("outsider", "viewer", "operator", "administrator", "manager")

# model: the first of PEOPLE that may read, write, create, delete; None: nobody.
MODELS = {
    "ipai.slack.workspace": ("administrator", "administrator", "administrator", "administrator"),
    "ipai.slack.channel": ("administrator", "administrator", "administrator", "administrator"),
    "ipai.slack.rule": ("administrator", "administrator", "administrator", "administrator"),
    "ipai.slack.message": ("administrator", None, None, None),
    "ipai.slack.line": ("administrator", None, None, None),
    "ipai.slack.person": ("administrator", None, None, None),
    "ipai.slack.request": ("administrator", None, None, None),
}

# All public methods; each one lets in the administrator and the manager, and nobody else.
METHODS = {
    ("ipai.slack.workspace", "action_test"),
    ("ipai.slack.workspace", "action_connect"),
    ("ipai.slack.workspace", "action_view_channels"),
    ("ipai.slack.workspace", "action_view_people"),
    ("ipai.slack.channel", "action_test"),
    ("ipai.slack.channel", "action_view_messages"),
    ("ipai.slack.message", "action_send_again"),
    ("ipai.slack.message", "action_open_in_slack"),
    ("ipai.slack.person", "action_revoke"),
    ("ipai.slack.person", "action_allow"),
}

ROUTES = {
    "/ipai/slack/command": "ipai_slack",
    "/ipai/slack/interactive": "ipai_slack",
    "/ipai/slack/oauth": "user",
}


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestRights(RightsWalk, SlackMixin, TransactionCase):
    addon = "ipai_slack_connector"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        cls.outsider = new_test_user(cls.env, "slack_outsider", "base.group_user")
        group = "ipai_slack_connector.group_administrator"
        cls.administrator = new_test_user(cls.env, "slack_administrator", group)
        cls.people = {name: getattr(cls, name) for name in PEOPLE}
        fact = cls.env["ops.fact"]._note("run.queued", cls.production._deploy("push", SHA))
        cls.messages._hear(fact)
        message = cls.messages.search([])
        message.write({"state": "failed", "slack_ts": "1.1", "slack_channel": "C0OPS"})
        person = cls.env["ipai.slack.person"].sudo()._of(cls.workspace, "U1")
        cls.records = {
            "ipai.slack.workspace": cls.workspace,
            "ipai.slack.channel": cls.channel,
            "ipai.slack.message": message,
            "ipai.slack.person": person,
        }

    def test_keys_of_operations_reach_nothing_here(self):
        self.check_closed_to_keys(MODELS, METHODS)

    def test_every_model_is_listed(self):
        ours = {name for name in self.registry if name.startswith("ipai.slack")}
        self.assertEqual(ours, set(MODELS))

    def test_every_model_lets_in_exactly_who_is_listed(self):
        self.check_models(MODELS, self.people)

    def test_every_public_method_is_listed(self):
        self.assertEqual(self.methods_of(*MODELS), METHODS)

    def test_every_public_method_lets_in_administrators_only(self):
        self.check_methods(dict.fromkeys(METHODS, "administrator"), self.people)

    def test_every_route_is_listed(self):
        self.assertEqual(self.routes(), ROUTES)
