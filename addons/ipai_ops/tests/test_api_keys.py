import json
import xmlrpc.client
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..authentication import api_call
from ..engine.permissions import PERMISSIONS
from .common import SHA, OpsCase, OpsMixin
from .test_rights import METHODS, RightsMixin

NOT_LOGGED = ("odoo.http", "odoo.addons.rpc.controllers.xmlrpc", "odoo.addons.base.models.ir_rule")


class KeyMixin(OpsMixin):
    def acting_with(self, key):
        """Let the rest of the test's transaction act in the name of a key."""
        api_call.keep_scope(self.env.cr, key._as_scope())
        self.addCleanup(self.without_key)
        self.env.invalidate_all()
        return key.user_id

    def without_key(self):
        vars(self.env.cr).pop(api_call.SCOPE, None)
        vars(self.env.cr).pop(api_call.USED, None)
        self.env.invalidate_all()


@tagged("post_install", "-at_install", "ipai_ops")
class TestApiKeys(KeyMixin, OpsCase):
    def test_a_key_narrows_its_owner_to_what_it_names(self):
        user = self.acting_with(self.make_key(self.manager, "deploy"))
        place = self.production.with_user(user)
        for permission, expected in (("view", True), ("deploy", True), ("destroy", False)):
            with self.subTest(permission):
                self.assertEqual(place._may(permission), expected)
        with self.assertRaises(AccessError):
            place._check_may("logs")

    def test_a_key_never_gives_what_its_owner_has_not(self):
        user = self.acting_with(self.make_key(self.viewer, "deploy", "logs"))
        place = self.production.with_user(user)
        self.assertEqual((place._may("logs"), place._may("deploy")), (True, False))

    def test_a_key_of_one_project_sees_no_other(self):
        other = self.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/o.git"}
        )
        key = self.make_key(self.manager, "deploy", project_ids=self.project.ids)
        user = self.acting_with(key)
        seen = self.env["ops.project"].with_user(user).search([])
        self.assertIn(self.project, seen)
        self.assertNotIn(other, seen)
        self.assertFalse(other.environment_ids.with_user(user)._may("deploy"))

    def test_a_key_of_one_environment_reaches_no_other_of_its_project(self):
        other = self.make_environment()
        key = self.make_key(
            self.manager, "deploy", project_ids=self.project.ids, environment_ids=other.ids
        )
        user = self.acting_with(key)
        self.assertTrue(other.with_user(user)._may("deploy"))
        self.assertFalse(self.production.with_user(user)._may("deploy"))
        self.assertFalse(self.production.with_user(user)._may("view"))
        found = self.env["ops.environment"].with_user(user).search([])
        self.assertEqual(found, other)
        self.assertFalse(self.project.with_user(user)._may("deploy", "production"))

    def test_a_key_whose_only_project_is_gone_reaches_nothing(self):
        key = self.make_key(self.manager, "deploy", project_ids=self.project.ids)
        key.project_ids = False
        user = self.acting_with(key)
        self.assertFalse(self.env["ops.project"].with_user(user).search([]))

    def test_what_managers_see_beside_projects_is_not_seen_with_their_key(self):
        other = self.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/o.git"}
        )
        alert = self.env["ops.alert"]._raise(other, "disk", "Full")
        alerts = self.env["ops.alert"].with_user(self.manager)
        self.assertIn(alert, alerts.search([]))
        self.acting_with(self.make_key(self.manager, project_ids=self.project.ids))
        self.assertNotIn(alert, alerts.search([]))
        self.assertFalse(self.manager.with_user(self.manager).has_group("ipai_ops.group_manager"))
        self.without_key()
        self.assertIn(alert, alerts.search([]))

    def test_whoever_else_acts_in_the_transaction_is_not_narrowed(self):
        self.acting_with(self.make_key(self.manager))
        self.assertTrue(self.production.with_user(self.operator)._may("deploy"))

    def test_keys_call_what_operations_offers_and_nothing_else(self):
        keys = self.env["ops.api.key"]
        for model, method, expected in (
            ("ops.run", "queue_run", True),
            ("ops.run", "read", True),
            ("ops.environment", "action_deploy", True),
            ("ops.project", "write", False),
            ("ops.project", "message_post", False),
            ("ops.project", "onchange", False),
            ("ops.environment", "unlink", False),
            ("ops.secret", "create", False),
            ("ops.audit", "search_read", False),
            ("ops.run", "_queue", False),
            ("ops.nothing", "read", False),
            ("res.users", "read", False),
            ("res.users", "write", False),
            ("ir.config_parameter", "get_param", False),
        ):
            with self.subTest(model=model, method=method):
                self.assertEqual(keys._is_callable(model, method), expected)

    def test_a_key_is_shown_once_and_stored_as_a_hash(self):
        key = self.make_key(self.operator, "deploy")
        self.env.cr.execute("SELECT key FROM res_users_apikeys WHERE id = %s", [key.odoo_key_id])
        [stored] = self.env.cr.fetchone()
        self.assertTrue(stored.startswith("$pbkdf2"))
        self.assertNotIn(self.key_text, str(key.read()))
        self.assertEqual(key.starts_with, self.key_text[:8])

    def test_a_key_without_a_caller_or_from_elsewhere_is_refused(self):
        key = self.make_key(self.operator, allowed_addresses="203.0.113.0/24")
        apikeys = self.env["res.users.apikeys"]
        self.assertFalse(self.admitted(apikeys, None))
        for address, expected in (
            ("203.0.113.7", self.operator.id),
            ("::ffff:203.0.113.7", self.operator.id),
            ("198.51.100.1", None),
            ("", None),
        ):
            with self.subTest(address):
                found = self.admitted(apikeys, api_call.Call(address))
                self.assertEqual(found or None, expected)
        self.assertEqual(key.state, "active")

    def admitted(self, apikeys, call):
        self.without_key()
        with api_call.calling(call):
            return apikeys._check_credentials(scope="rpc", key=self.key_text)

    def test_what_a_key_did_is_told_with_its_name(self):
        self.acting_with(self.make_key(self.operator, "deploy"))
        run = self.production.with_user(self.operator)._deploy("api", SHA)
        row = self.env["ops.audit"].search([("action", "=", "run.queued")], limit=1)
        self.assertEqual((row.via, row.login, row.res_id), ("API key CI", "ops_operator", run.id))

    def test_a_revoked_key_is_gone_at_once(self):
        key = self.make_key(self.operator)
        key.with_user(self.operator).action_revoke()
        self.assertEqual((key.state, key.revoked_by_id), ("revoked", self.operator))
        self.assertFalse(self.admitted(self.env["res.users.apikeys"], api_call.Call("::1")))
        told = self.env["ops.api.key"]._told_of(self.key_text)
        self.assertEqual((told["name"], told["state"]), ("CI", "revoked"))

    def test_a_key_removed_in_odoos_own_list_is_revoked_here(self):
        key = self.make_key(self.operator)
        self.env["res.users.apikeys"].browse(key.odoo_key_id)._remove()
        self.assertEqual(key.state, "revoked")

    def test_a_key_that_expired_is_refused(self):
        key = self.make_key(self.operator)
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = now() - interval '1 hour'"
        )
        key.expires_at = fields.Datetime.now() - timedelta(hours=1)
        self.assertEqual(key.state, "expired")
        self.assertFalse(self.admitted(self.env["res.users.apikeys"], api_call.Call("::1")))

    def test_an_archived_owners_key_is_refused(self):
        self.make_key(self.operator)
        self.operator.active = False
        self.assertFalse(self.admitted(self.env["res.users.apikeys"], api_call.Call("::1")))

    def test_owner_and_projects_are_warned_before_a_key_expires_once(self):
        key = self.make_key(self.operator, project_ids=self.project.ids)
        key.expires_at = fields.Datetime.now() + timedelta(days=10)
        for _time in range(2):
            self.env["ops.api.key"]._cron_warn()
        self.assertEqual(key.activity_ids.user_id, self.operator)
        alert = self.env["ops.alert"].search([("key", "=", key._alert_key())])
        self.assertIn("“CI” of ops_operator", alert.name)
        key.action_revoke()
        self.assertEqual((alert.state, len(key.activity_ids)), ("resolved", 0))

    def test_keys_are_seen_by_owners_and_those_who_manage_members(self):
        key = self.make_key(self.operator, project_ids=self.project.ids)
        free = self.make_key(self.operator)
        admin = self.make_member("admin")
        for user, seen in (
            (self.operator, key | free),
            (admin, key),
            (self.viewer, key.browse()),
            (self.manager, key | free),
        ):
            with self.subTest(user.login):
                self.assertEqual(self.env["ops.api.key"].with_user(user).search([]), seen)

    def test_a_key_ends_no_other_key_and_makes_none(self):
        other = self.make_key(self.operator)
        wizard = self.env["ops.api.key.new"].with_user(self.operator).create({"name": "More"})
        self.acting_with(self.make_key(self.operator, "deploy"))
        with self.assertRaises(AccessError):
            other.with_user(self.operator).action_revoke()
        with self.assertRaises(AccessError):
            wizard.action_make()

    def test_a_key_is_made_as_the_form_says(self):
        wizard = self.env["ops.api.key.new"].with_user(self.operator)
        wizard = wizard.create(
            {
                "name": "Shop",
                "environment_ids": [fields.Command.set(self.production.ids)],
                "gives_backup": True,
                "allowed_addresses": "203.0.113.0/24  # office",
                "days": "30",
            }
        )
        shown = wizard.action_make()
        text = wizard.with_context(**shown["context"]).text
        key = self.env["ops.api.key"].search([("starts_with", "=", text[:8])])
        self.assertEqual(key.user_id, self.operator)
        self.assertEqual(key.permissions, "logs,deploy,backup")
        self.assertEqual((key.project_ids, key.is_everywhere), (self.project, False))
        self.assertEqual(key.environment_ids, self.production)
        self.assertEqual(key.allowed_addresses, "203.0.113.0/24")
        lasts = key.expires_at - fields.Datetime.now()
        self.assertAlmostEqual(lasts / timedelta(days=1), 30, 2)

    def test_a_wrong_network_is_a_clear_error(self):
        wizard = self.env["ops.api.key.new"].with_user(self.operator)
        wizard = wizard.create({"name": "Shop", "allowed_addresses": "203.0.113.7/24"})
        with self.assertRaisesRegex(UserError, "203.0.113.7/24” is no network"):
            wizard.action_make()

    def test_a_key_is_behind_a_second_factor_when_its_maker_was(self):
        for has_one in (True, False):
            with (
                self.subTest(has_one),
                patch.object(
                    type(self.operator), "_has_shown_second", lambda _self, shown=has_one: shown
                ),
            ):
                wizard = self.env["ops.api.key.new"].with_user(self.operator)
                text = wizard.create({"name": "Shop"}).action_make()["context"]["ops_new_key"]
                key = self.env["ops.api.key"].search([("starts_with", "=", text[:8])])
                self.assertEqual(key.has_second_factor, has_one)

    def test_nobody_deletes_a_key(self):
        with self.assertRaises(UserError):
            self.make_key(self.operator).unlink()


@tagged("post_install", "-at_install", "ipai_ops")
class TestKeysOverHttp(KeyMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def json2(self, model, method, **arguments):
        headers = {"Authorization": f"bearer {self.key_text}", "Content-Type": "application/json"}
        path = f"/json/2/{model}/{method}"
        return self.url_open(path, data=json.dumps(arguments), headers=headers)

    def xmlrpc(self, model, method, *arguments):
        login = (self.env.cr.dbname, self.operator.id, self.key_text)
        return self.xmlrpc_object.execute_kw(*login, model, method, list(arguments))

    @mute_logger(*NOT_LOGGED)
    def test_json_2_takes_a_key_and_refuses_what_it_does_not_name(self):
        self.make_key(self.operator, "deploy", allowed_addresses="127.0.0.0/8")
        answer = self.json2("ops.run", "queue_run", project="acme", env="main")
        self.assertEqual(answer.status_code, 200, answer.text)
        run = self.env["ops.run"].browse(answer.json())
        self.assertEqual((run.requested_by_id, run.requested_from), (self.operator, "127.0.0.1"))
        for model, method, arguments in (
            ("ops.run", "read_log", {"run_id": run.id}),
            ("ops.environment", "action_show_admin_password", {"ids": self.production.ids}),
            ("ops.project", "write", {"ids": self.project.ids, "vals": {"name": "x"}}),
            ("res.users", "search_read", {"domain": []}),
            ("res.users", "write", {"ids": self.operator.ids, "vals": {"name": "x"}}),
            ("res.users.apikeys", "search_read", {"domain": []}),
        ):
            with self.subTest(model=model, method=method):
                answer = self.json2(model, method, **arguments)
                self.assertEqual(answer.status_code, 403, answer.text)

    @mute_logger(*NOT_LOGGED)
    def test_a_key_from_elsewhere_is_refused_by_both_ways(self):
        self.make_key(self.operator, "deploy", allowed_addresses="203.0.113.0/24")
        answer = self.json2("ops.run", "queue_run", project="acme", env="main")
        self.assertEqual(answer.status_code, 401)
        with self.assertRaises(xmlrpc.client.Fault):
            self.xmlrpc("ops.run", "queue_run", "acme", "main")

    @mute_logger(*NOT_LOGGED)
    def test_xml_rpc_takes_a_key_each_time_with_its_scope(self):
        self.make_key(self.operator, "deploy", allowed_addresses="127.0.0.1")
        login = (self.env.cr.dbname, self.operator.login, self.key_text, {})
        self.assertEqual(self.xmlrpc_common.authenticate(*login), self.operator.id)
        for _time in range(2):  # Odoo remembers good passwords; ours are looked at again
            run_id = self.xmlrpc("ops.run", "queue_run", "acme", "main")
            self.assertEqual(self.env["ops.run"].browse(run_id).requested_from, "127.0.0.1")
            for model, method, arguments in (
                ("ops.run", "read_log", (run_id,)),
                ("ops.environment", "write", (self.production.ids, {"name": "x"})),
                ("res.users", "read", (self.operator.ids, ["login"])),
            ):
                with self.subTest(method), self.assertRaises(xmlrpc.client.Fault) as caught:
                    self.xmlrpc(model, method, *arguments)
                self.assertEqual(caught.exception.faultCode, 4)  # AccessError
        self.env["ops.api.key"].search([]).action_revoke()
        with self.assertRaises(xmlrpc.client.Fault) as caught:
            self.xmlrpc("ops.run", "queue_run", "acme", "main")
        self.assertEqual(caught.exception.faultCode, 3)  # AccessDenied

    @mute_logger(*NOT_LOGGED)
    def test_no_other_page_opens_with_a_key(self):
        self.make_key(self.operator, "deploy")
        headers = {"Authorization": f"bearer {self.key_text}"}
        for path in ("/json/1/ops-projects", "/doc-bearer/index.json"):
            with self.subTest(path):
                answer = self.url_open(path, headers=headers, allow_redirects=False)
                self.assertIn(answer.status_code, (403, 404))

    @mute_logger(*NOT_LOGGED)
    def test_a_key_signs_nobody_in_to_the_screens(self):
        self.make_key(self.operator, "deploy")
        credential = {"login": self.operator.login, "password": self.key_text, "type": "password"}
        with self.assertRaises(AccessDenied):
            self.env["res.users"].authenticate(credential, {"interactive": True})


@tagged("post_install", "-at_install", "ipai_ops")
class TestKeyRights(KeyMixin, RightsMixin, TransactionCase):
    """Every public method, called by a manager with a key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def test_every_call_takes_the_permission_in_the_key(self):
        everything = set(PERMISSIONS)
        for (model, method), (right, arguments) in METHODS.items():
            alternatives = [self.needed(each) & everything for each in right.split(" or ")]
            permissions = set.union(*alternatives)
            if permissions - {"view"}:
                self.check_call(model, method, arguments, everything - permissions, False)
            if (model, method) == ("ops.api.key", "action_revoke"):
                self.check_call(model, method, arguments, everything, False)  # only itself
            else:
                for enough in filter(None, alternatives):
                    self.check_call(model, method, arguments, enough, True)
            if right == "manager":
                self.check_call(model, method, arguments, everything, False)

    @staticmethod
    def needed(right):
        """Return the permissions that ``right`` takes together, such as "view and production deploy"."""
        parts = right.split(" and ")
        return {
            part.removeprefix("project ").removeprefix("production ").split()[0] for part in parts
        }

    def check_call(self, model, method, arguments, permissions, expected):
        key = self.make_key(self.manager, *permissions)
        with self.subTest(model=model, method=method, expected=expected):
            self.acting_with(key)
            allowed = self.may_call(self.manager, model, method, arguments, "production")
            self.assertEqual(allowed, expected)
        self.without_key()
