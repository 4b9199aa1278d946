"""Who may do what: every model, every public method, every route. What is not listed fails."""

import inspect

from odoo.exceptions import AccessError
from odoo.http import Controller
from odoo.models import BaseModel
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import make_provider

# model: what an administrator may do of read, write, create, delete; nobody else may do anything.
MODELS = {
    "auth.oauth.provider": (True, True, True, True),
    "ipai.oidc.group.rule": (True, True, True, True),
    "ipai.oidc.session": (True, True, False, False),
    "ipai.oidc.event": (True, False, False, False),
    "ipai.oidc.login": (False, False, False, False),
    "ipai.oidc.logout.token": (False, False, False, False),
}
# Public methods that this addon brings: only administrators may call them.
METHODS = {
    ("auth.oauth.provider", "action_check"),
    ("auth.oauth.provider", "action_discover"),
    ("auth.oauth.provider", "action_forget_client_secret"),
    ("auth.oauth.provider", "action_new_private_key"),
    ("auth.oauth.provider", "action_view_sessions"),
    ("ipai.oidc.session", "action_end"),
}
# Methods of core that are extended here; what they may is core's to say.
EXTENDED = {
    "create",
    "write",
    "default_get",
    "copy_data",
    "authenticate",
    "auth_oauth",
    "set_values",
}
# route: who it is open to.
ROUTES = {
    "/auth_oidc/again": "user",
    "/auth_oidc/start/<int:number>": "public",
    "/auth_oidc/callback/<int:number>": "public",
    "/auth_oidc/backchannel/<int:number>": "public",
    "/auth_oidc/keys/<int:number>": "public",
    "/auth_oidc/signed_out": "public",
}
OPERATIONS = ("read", "write", "create", "unlink")
CLOSED = {
    "auth.oauth.provider": ("client_secret_sealed", "private_key_sealed"),
    "ipai.oidc.session": ("key_hash", "id_token_sealed", "refresh_token_sealed"),
    "ipai.oidc.login": ("nonce", "verifier"),
}


@tagged("post_install", "-at_install")
class TestRights(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {
            "outsider": new_test_user(cls.env, "outsider", "base.group_portal"),
            "employee": new_test_user(cls.env, "employee", "base.group_user"),
            "manager": new_test_user(cls.env, "manager", "base.group_user,base.group_erp_manager"),
        }
        cls.admin = new_test_user(cls.env, "sso-admin", "base.group_user,base.group_system")
        cls.provider = make_provider(cls.env)

    def test_the_table_knows_every_model(self):
        found = self.env.registry.items()
        ours = {
            name for name, model in found if name.startswith("ipai.oidc.") if not model._abstract
        }
        self.assertEqual(ours | {"auth.oauth.provider"}, set(MODELS))

    def test_only_administrators_get_at_the_records(self):
        for model, allowed in MODELS.items():
            for operation, is_allowed in zip(OPERATIONS, allowed, strict=True):
                with self.subTest(model=model, operation=operation):
                    self.assertEqual(
                        self.env[model].with_user(self.admin).has_access(operation), is_allowed
                    )
                    for person in self.people.values():
                        self.assertFalse(self.env[model].with_user(person).has_access(operation))

    def test_the_table_knows_every_public_method(self):
        self.assertEqual(set(self._public_methods()), METHODS)

    def _public_methods(self):
        for model in (*MODELS, "res.users", "res.config.settings", "res.users.apikeys"):
            for base in type(self.env[model]).mro():
                if base.__module__.startswith("odoo.addons.ipai_auth_oidc"):
                    yield from ((model, name) for name in self._names(base))

    def _names(self, base):
        for name, value in vars(base).items():
            is_method = inspect.isfunction(value) and not name.startswith("_")
            if is_method and name not in EXTENDED and not getattr(value, "_api_private", False):
                yield name

    def test_only_administrators_may_call_the_methods(self):
        for model, method in sorted(METHODS):
            record = self.provider if model == "auth.oauth.provider" else self.env[model]
            for name, person in self.people.items():
                with self.subTest(method=method, person=name), self.assertRaises(AccessError):
                    getattr(record.with_user(person), method)()

    def test_an_administrator_may_call_the_methods(self):
        provider = self.provider.with_user(self.admin)
        provider.action_new_private_key()
        provider.action_forget_client_secret()
        self.assertEqual(provider.action_view_sessions()["res_model"], "ipai.oidc.session")
        self.assertTrue(self.env["ipai.oidc.session"].with_user(self.admin).action_end())

    def test_the_table_knows_every_route(self):
        self.assertEqual(dict(self._routes()), ROUTES)

    def _routes(self):
        for controller in self._controllers(Controller):
            for value in vars(controller).values():
                routing = getattr(value, "original_routing", {})
                for path in routing.get("routes") or []:
                    yield path, routing["auth"]

    def _controllers(self, parent):
        for child in parent.__subclasses__():
            yield from self._controllers(child)
            if child.__module__.startswith("odoo.addons.ipai_auth_oidc"):
                yield child

    def test_not_even_administrators_read_what_is_sealed(self):
        for model, names in CLOSED.items():
            known = self.env[model].with_user(self.admin).fields_get()
            self.assertFalse(set(names) & set(known))
            for name in names:
                self.assertIsInstance(self.env[model], BaseModel)
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.admin).search([(name, "!=", False)]).read([name])

    def test_nobody_else_sees_or_sets_the_flags_of_a_user(self):
        user = self.people["employee"].with_user(self.people["employee"])
        for name in ("oidc_email", "oidc_break_glass", "oidc_session_ids"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                user.read([name])
            with self.subTest(field=name), self.assertRaises(AccessError):
                user.write({name: False})
        manager = user.with_user(self.people["manager"])
        with self.assertRaises(AccessError):
            manager.write({"oidc_break_glass": True})
