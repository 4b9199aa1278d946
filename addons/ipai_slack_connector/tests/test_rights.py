"""Who may do what: every model, every public method, every route. What is not listed fails."""

import inspect
from contextlib import closing

from odoo.addons.ipai_ops.tests.common import SHA
from odoo.exceptions import AccessError
from odoo.http import Controller
from odoo.models import BaseModel
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
class TestRights(SlackMixin, TransactionCase):
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

    def test_every_model_is_listed(self):
        ours = {name for name in self.registry if name.startswith("ipai.slack")}
        self.assertEqual(ours, set(MODELS))

    def test_every_model_lets_in_exactly_who_is_listed(self):
        for model, firsts in MODELS.items():
            for operation, first in zip(("read", "write", "create", "unlink"), firsts, strict=True):
                may = PEOPLE[PEOPLE.index(first) :] if first else ()
                for name, user in self.people.items():
                    with self.subTest(model=model, operation=operation, person=name):
                        access = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(access, name in may)

    def test_every_public_method_is_listed(self):
        found = {
            (model, name) for model in MODELS for name in self.public_methods(type(self.env[model]))
        }
        self.assertEqual(found, METHODS)

    def test_every_public_method_lets_in_administrators_only(self):
        for model, method in METHODS:
            for name, user in self.people.items():
                with self.subTest(model=model, method=method, person=name):
                    may = name in ("administrator", "manager")
                    self.assertEqual(self.may_call(user, model, method), may)

    def test_every_route_is_listed(self):
        found = {}
        for controller in Controller.children_classes["ipai_slack_connector"]:
            for _name, function in inspect.getmembers(controller, inspect.isfunction):
                routing = getattr(function, "original_routing", {})
                found |= dict.fromkeys(routing.get("routes", ()), routing.get("auth"))
        self.assertEqual(found, ROUTES)

    def may_call(self, user, model, method):
        """Call the method as the user, take back what it did, and say whether it was allowed."""
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

    @staticmethod
    def public_methods(model):
        """Return the methods JSON-2 would find on the model beyond those of every model."""
        inherited = set(dir(BaseModel))
        return {
            name
            for parent in model.__mro__
            if parent.__module__.startswith("odoo.addons.ipai_slack_connector")
            for name, member in vars(parent).items()
            if callable(member)
            and not name.startswith("_")
            and name not in inherited
            and not getattr(member, "_api_private", False)
        }
