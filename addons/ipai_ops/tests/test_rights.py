"""Who may do what: every model, every public method, every route. What is not listed fails."""

import inspect
from contextlib import closing

from odoo.exceptions import AccessError
from odoo.http import Controller
from odoo.models import BaseModel
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SHA, OpsMixin

PEOPLE = ("outsider", "viewer", "operator", "manager")

# model: the first of PEOPLE that may read, write, create, delete; None: nobody.
MODELS = {
    "ops.project": ("viewer", "manager", "manager", "manager"),
    "ops.environment": ("viewer", "operator", "operator", "manager"),
    "ops.run": ("viewer", None, None, None),
    "ops.run.step": ("viewer", None, None, None),
    "ops.run.event": ("viewer", None, None, None),
    "ops.artifact": ("viewer", None, None, None),
    "ops.database.server": ("viewer", "manager", "manager", "manager"),
    "ops.webhook.delivery": ("viewer", None, None, None),
    "ops.edge": ("viewer", None, None, None),
    "ops.environment.destroy": ("operator", "operator", "operator", "operator"),
    "ops.environment.redeploy": ("operator", "operator", "operator", "operator"),
}

# (model, method): the first of PEOPLE that may call it, and how.
METHODS = {
    ("ops.project", "action_view_environments"): ("viewer", ()),
    ("ops.project", "action_view_runs"): ("viewer", ()),
    ("ops.project", "action_new_webhook_secret"): ("manager", ()),
    ("ops.project", "action_deploy_production"): ("operator", ()),
    ("ops.project", "action_view_first_run"): ("viewer", ()),
    ("ops.environment", "action_deploy"): ("operator", ()),
    ("ops.environment", "action_restart"): ("operator", ()),
    ("ops.environment", "action_redeploy"): ("operator", ()),
    ("ops.environment", "action_destroy"): ("operator", ()),
    ("ops.environment", "action_open"): ("viewer", ()),
    ("ops.environment", "action_pin"): ("operator", ()),
    ("ops.environment", "action_show_admin_password"): ("operator", ()),
    ("ops.environment", "action_view_runs"): ("viewer", ()),
    ("ops.environment", "action_view_last_run"): ("viewer", ()),
    ("ops.artifact", "action_redeploy"): ("operator", ()),
    ("ops.artifact", "action_collect"): ("manager", ()),
    ("ops.run", "queue_run"): ("operator", ("acme", "feature-pos")),
    ("ops.run", "claim_next_run"): ("operator", ("worker-1",)),
    ("ops.run", "append_event"): ("operator", ("$running", "info", "x")),
    ("ops.run", "finish_run"): ("operator", ("$leased", "done", 1)),
    ("ops.run", "read_log"): ("viewer", ("$running",)),
    ("ops.run", "action_cancel"): ("operator", ()),
    ("ops.run", "action_retry"): ("operator", ()),
    ("ops.run", "action_redeploy"): ("operator", ()),
    ("ops.run", "action_view_environment"): ("viewer", ()),
    ("ops.environment.destroy", "action_confirm"): ("operator", ()),
    ("ops.environment.redeploy", "action_confirm"): ("operator", ()),
}

# Methods that are called on another run than the finished one.
CALLED_ON = {("ops.run", "action_cancel"): "$running"}

# route: whom it lets in; the tests of each route show what it then asks for.
ROUTES = {
    "/ipai/hook/<string:code>": "public",
    "/ipai/edge/config": "public",
    "/ipai/run/<int:run_id>/log": "user",
}


@tagged("post_install", "-at_install", "ipai_ops")
class TestRights(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.outsider = new_test_user(cls.env, "ops_outsider", "base.group_user")
        cls.people = {name: getattr(cls, name) for name in PEOPLE}
        cls.set_up_records()

    @classmethod
    def set_up_records(cls):
        environment = cls.make_environment()
        over = cls.finish(environment._deploy("push", SHA))
        image = cls.env["ops.artifact"]._plan(over, "image", SHA, "reg/acme@sha256:1")
        image._mark_present()
        environment.image_id = image
        over.step_ids[0].result = {"image": image.uri}
        cls.leased_environment = cls.make_environment("leased", runner="worker")
        cls.leased_environment._deploy("push", SHA)
        leased = cls.env["ops.run"].claim_next_run("worker-1")["run_id"]
        running = cls.begin(cls.make_environment("running")._deploy("push", SHA))
        cls.ids = {"$running": running.id, "$leased": leased}
        volume = cls.env["ops.artifact"]._plan(over, "volume", "old", "volume:old")
        volume._mark_garbage("old")
        wizard = {"environment_id": environment.id}
        cls.records = {
            "ops.project": cls.project,
            "ops.environment": environment,
            "ops.artifact": image,
            "ops.run": over,
            "ops.environment.destroy": cls.env["ops.environment.destroy"].create(wizard),
            "ops.environment.redeploy": cls.env["ops.environment.redeploy"].create(
                {**wizard, "image_id": image.id}
            ),
        }

    def test_every_model_is_listed(self):
        ours = {name for name in self.registry if name.startswith("ops.")}
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
        self.assertEqual(found, set(METHODS))

    def test_every_public_method_lets_in_exactly_who_is_listed(self):
        for (model, method), (first, arguments) in METHODS.items():
            may = PEOPLE[PEOPLE.index(first) :]
            for name, user in self.people.items():
                with self.subTest(model=model, method=method, person=name):
                    self.assertEqual(self.may_call(user, model, method, arguments), name in may)

    def test_every_route_is_listed(self):
        found = {}
        for controller in Controller.children_classes["ipai_ops"]:
            for _name, function in inspect.getmembers(controller, inspect.isfunction):
                routing = getattr(function, "original_routing", {})
                found |= dict.fromkeys(routing.get("routes", ()), routing.get("auth"))
        self.assertEqual(found, ROUTES)

    @mute_logger("odoo.http")
    def test_a_log_is_downloaded_by_those_who_may_read_it(self):
        path = f"/ipai/run/{self.ids['$running']}/log"
        for name, status in (("viewer", 200), ("outsider", 403)):
            with self.subTest(name):
                self.authenticate(self.people[name].login, self.people[name].login)
                self.assertEqual(self.url_open(path).status_code, status)
        self.authenticate(None, None)
        answer = self.url_open(path, allow_redirects=False)
        self.assertIn(answer.status_code, (302, 303))

    def test_secrets_are_read_by_nobody(self):
        secrets = {
            "ops.project": ("webhook_secret", "git_credentials"),
            "ops.environment": ("db_password", "admin_password"),
        }
        for model, names in secrets.items():
            for name in names:
                for person in ("viewer", "operator", "manager"):
                    record = self.records[model].with_user(self.people[person])
                    with self.subTest(field=name, person=person):
                        self.assertNotIn(name, record.fields_get())
                        with self.assertRaises(AccessError):
                            record.read([name])

    def may_call(self, user, model, method, arguments):
        """Call the method as the user, take back what it did, and say whether it was allowed."""
        place = CALLED_ON.get((model, method))
        records = self.env[model].browse(self.ids[place]) if place else self.records[model]
        records = records.with_user(user)
        given = [self.ids.get(argument, argument) for argument in arguments]
        self.env.flush_all()
        with closing(self.env.cr.savepoint(flush=False)):
            self.env.invalidate_all(flush=False)
            try:
                getattr(records, method)(*given)
                self.env.flush_all()
            except AccessError:
                return False
            finally:
                self.env.invalidate_all(flush=False)
        return True

    @staticmethod
    def public_methods(model):
        """Return the methods JSON-2 would find on the model beyond those of every model."""
        inherited = set(dir(BaseModel)) | {"message_post"}
        return {
            name
            for parent in model.__mro__
            if parent.__module__.startswith("odoo.addons.ipai_ops")
            for name, member in vars(parent).items()
            if callable(member)
            and not name.startswith("_")
            and name not in inherited
            and not getattr(member, "_api_private", False)
        }
