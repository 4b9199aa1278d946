"""Passwords, codes and keys are guessed a few times, then not at once again, whatever the protocol."""

import json
import re
import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from unittest.mock import patch

from passlib.context import CryptContext

from odoo.exceptions import AccessDenied, AccessError
from odoo.sql_db import db_connect
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..authentication import api_call
from ..engine.guesses import LIMITS, LOGIN, PAIR, PLACE
from ..http.too_many import TooManyGuesses
from .common import EDGE_TOKEN, EdgeMixin

HERE, THERE = "203.0.113.7", "198.51.100.9"
FREE, PLACE_FREE = LIMITS[PAIR].free, LIMITS[PLACE].free
QUIET = (
    "odoo.http",
    "odoo.addons.base.models.res_users",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.rpc.controllers.jsonrpc",
)


@tagged("post_install", "-at_install", "ipai_ops")
class TestGuesses(EdgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.enterClassContext(mute_logger(*QUIET))

    def rows(self, action):
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            cursor.execute(
                "SELECT details FROM ops_audit WHERE action = %s AND at > %s ORDER BY id",
                [action, self.begun],
            )
            return [json.loads(text) for (text,) in cursor.fetchall()]

    def setUp(self):
        super().setUp()
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            cursor.execute("SELECT now() AT TIME ZONE 'UTC'")
            self.begun = cursor.fetchone()[0]

    def guess(self, login, times=FREE, address=HERE):
        return [self.sign_in(address, login, f"wrong {turn}").status_code for turn in range(times)]

    def set_counts(self, **values):
        """Let counts be such as many wrong tries leave."""
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            for kind, wrong in values.items():
                cursor.execute("UPDATE ops_guess SET wrong = %s WHERE kind = %s", [wrong, kind])

    def test_the_login_page_locks_the_login_for_the_address_that_guesses_and_nobody_else(self):
        self.assertEqual(self.guess("ops_viewer"), [200] * FREE)
        refused = self.sign_in(HERE, "ops_viewer", "ops_viewer")
        self.assertEqual(refused.status_code, 429)
        self.assertIn(int(refused.headers["Retry-After"]), range(1, 31))
        self.assertIn("too many wrong tries", refused.text)
        self.assertEqual(self.sign_in(THERE, "ops_viewer", "ops_viewer").status_code, 303)
        self.assertEqual(self.sign_in(HERE, "ops_operator", "ops_operator").status_code, 303)

    def test_a_login_that_is_nobody_s_is_answered_alike(self):
        def answers(login):
            pages = [self.sign_in(HERE, login, "wrong") for _turn in range(FREE + 1)]
            shown = [page.text.partition("alert-danger")[2][:300] for page in pages]
            said = [re.sub(r"\b[1-9][0-9]?\b", "n", text).split() for text in shown]  # seconds pass
            return [page.status_code for page in pages], said

        self.assertEqual(answers("ops_viewer"), answers("nobody_at_all"))

    def test_one_address_tries_no_more_than_so_many_logins(self):
        self.assertEqual(self.sign_in(HERE, "ops_operator", "ops_operator").status_code, 303)
        for turn in range(PLACE_FREE):
            self.assertEqual(self.guess(f"nobody{turn}", 1), [200])
        self.assertEqual(self.guess("nobody_else", 1), [429])
        self.assertEqual(self.sign_in(HERE, "ops_viewer", "ops_viewer").status_code, 429)
        known = self.sign_in(HERE, "ops_operator", "ops_operator")
        self.assertEqual(
            known.status_code, 303, "who signed in from there is not kept out by others"
        )

    def test_guesses_from_everywhere_keep_nobody_out_who_signed_in_from_their_place_before(self):
        self.assertEqual(self.sign_in(THERE, "ops_viewer", "ops_viewer").status_code, 303)
        self.guess("ops_viewer", 1)
        self.set_counts(**{LOGIN: LIMITS[LOGIN].free})
        self.assertEqual(self.guess("ops_viewer", 1, "192.0.2.99"), [429])
        self.assertEqual(self.sign_in(THERE, "ops_viewer", "ops_viewer").status_code, 303)

    def test_addresses_of_one_ipv6_network_are_one_place(self):
        for turn in range(FREE):
            self.guess("ops_viewer", 1, f"2001:db8:7:7::{turn + 1}")
        self.assertEqual(self.guess("ops_viewer", 1, "2001:db8:7:7:ffff::9"), [429])
        self.assertEqual(self.guess("ops_viewer", 1, "2001:db8:7:8::1"), [200])

    def test_xml_rpc_says_no_then_says_wait(self):
        database = self.env.cr.dbname
        for turn in range(FREE):
            wrong = ("common.authenticate", database, "ops_viewer", f"wrong {turn}", {})
            self.assertIs(self.rpc(HERE, *wrong), False)
        right = ("common.authenticate", database, "ops_viewer", "ops_viewer", {})
        fault = self.rpc(HERE, *right)
        self.assertIsInstance(fault, xmlrpc.client.Fault)
        self.assertIn("too many wrong tries", fault.faultString)
        self.assertEqual(self.rpc(THERE, *right), self.viewer.id)

    def test_calls_with_a_number_and_a_password_are_counted_with_the_login(self):
        def call(address, number, password):
            arguments = (self.env.cr.dbname, number, password, "res.users", "context_get", [])
            return self.rpc(address, "object.execute_kw", *arguments)

        for turn in range(FREE):
            self.assertEqual(call(HERE, self.viewer.id, f"wrong {turn}").faultCode, 3)
        self.assertIn("too many", call(HERE, self.viewer.id, "ops_viewer").faultString)
        self.assertIn("lang", call(THERE, self.viewer.id, "ops_viewer"))
        self.assertEqual(self.sign_in(HERE, "ops_viewer", "ops_viewer").status_code, 429)
        for number in (999_999_999, 0, 4):
            with self.subTest(number):
                self.assertEqual(call(HERE, number, "x").faultCode, 3)

    def test_json_rpc_is_counted_too(self):
        database = self.env.cr.dbname
        for turn in range(FREE):
            wrong = {"db": database, "login": "ops_viewer", "password": f"wrong {turn}"}
            answer = self.json_rpc(HERE, "/web/session/authenticate", **wrong)
            self.assertEqual(answer.json()["error"]["data"]["message"], "Access Denied")
        right = {"db": database, "login": "ops_viewer", "password": "ops_viewer"}
        refused = self.json_rpc(HERE, "/web/session/authenticate", **right)
        self.assertEqual(refused.status_code, 429)
        self.assertTrue(refused.headers["Retry-After"].isdigit())
        params = {"service": "common", "method": "login"}
        params["args"] = [database, "ops_viewer", "ops_viewer"]
        said = self.json_rpc(HERE, "/jsonrpc", **params).json()["error"]["data"]
        self.assertIn("too many wrong tries", said["message"])

    def test_wrong_keys_are_counted_by_their_address(self):
        self.make_key(self.operator, "view")
        key = self.key_text
        wrong = [self.json_2(HERE, f"{turn:040x}").status_code for turn in range(PLACE_FREE)]
        self.assertEqual(set(wrong), {401})
        refused = self.json_2(HERE, "f" * 40)
        self.assertEqual(refused.status_code, 429)
        self.assertTrue(refused.headers["Retry-After"].isdigit())
        self.assertEqual(
            self.json_2(HERE, key, "ops.project/search_count", domain=[]).status_code, 429
        )
        there = self.json_2(THERE, key, "ops.project/search_count", domain=[])
        self.assertEqual(there.status_code, 200)

    def test_wrong_tokens_of_edge_and_gates_are_counted_and_right_ones_taken_all_the_same(self):
        def pull(token):
            headers = self.from_address(HERE, Authorization=f"Bearer {token}")
            return self.url_open("/ipai/edge/config", headers=headers).status_code

        self.assertEqual({pull(f"wrong {turn}") for turn in range(PLACE_FREE)}, {401})
        self.assertEqual((pull("wrong"), pull(EDGE_TOKEN)), (429, 200))
        gate = self.url_open("/ipai/gate/policy", headers=self.from_address(HERE))
        self.assertEqual(gate.status_code, 429)

    def test_a_right_password_is_no_way_to_more_codes(self):
        self.viewer.totp_secret = "JBSWY3DPEHPK3PXP"
        self.env.flush_all()
        statuses = []
        for _turn in range(FREE + 1):
            self.sign_in(HERE, "ops_viewer", "ops_viewer")
            statuses.append(self.send_code(HERE, "000000").status_code)
        self.assertEqual(statuses, [200] * FREE + [429])

    def send_code(self, address, code):
        headers = self.from_address(address)
        page = self.url_open("/web/login/totp", headers=headers)
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": token, "totp_token": code}
        return self.url_open("/web/login/totp", data=form, headers=headers, allow_redirects=False)

    def test_who_took_over_a_session_guesses_no_password_either(self):
        self.authenticate("ops_viewer", "ops_viewer")
        path = "/web/dataset/call_kw/res.users/change_password"
        facts = {"model": "res.users", "method": "change_password", "kwargs": {}}
        for turn in range(FREE):
            self.json_rpc(HERE, path, **facts, args=[f"wrong {turn}", "new"])
        said = self.json_rpc(HERE, path, **facts, args=["ops_viewer", "new"]).json()
        self.assertIn("too many wrong tries", said["error"]["data"]["message"])

    def test_a_lock_is_told_once_and_a_manager_lifts_it(self):
        self.guess("ops_viewer", FREE + 3)
        [told] = self.rows("login.locked")
        self.assertEqual((told["login"], told["counted"]), ("ops_viewer", PAIR))
        self.assertEqual(len(self.rows("login.failed")), FREE, "who waits writes no rows")
        self.env.cr.precommit.run()
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            guesses = self.env(cr=cursor)["ops.guess"]
            locked = guesses.search([("login", "=", "ops_viewer"), ("kind", "=", PAIR)])
            self.assertTrue(locked.is_waiting)
            with self.assertRaises(AccessError):
                locked.with_user(self.viewer.id).action_unlock()
            locked.action_unlock()
        self.assertEqual(self.sign_in(HERE, "ops_viewer", "ops_viewer").status_code, 303)

    def test_what_no_database_can_hold_is_a_wrong_login_and_no_fault(self):
        database = self.env.cr.dbname
        for login, password in (("a\0b", "x"), ({}, "x"), (["a"], "x"), ("ops_viewer", "x" * 5000)):
            facts = {"db": database, "login": login, "password": password}
            with self.subTest(facts["login"]):
                said = self.json_rpc(HERE, "/web/session/authenticate", **facts).json()
                self.assertEqual(said["error"]["data"]["message"], "Access Denied")


@tagged("post_install", "-at_install", "ipai_ops")
class TestGuessesApart(EdgeMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def test_of_many_at_one_moment_none_goes_uncounted(self):
        def try_three(guesses):
            with api_call.calling(api_call.Call(HERE)):
                return [self.try_one(guesses) for _turn in range(3)]

        with ExitStack() as cursors, ThreadPoolExecutor(8) as beside:
            opened = [db_connect(self.env.cr.dbname).cursor() for _thread in range(8)]
            own = [self.env(cr=cursors.enter_context(cursor))["ops.guess"] for cursor in opened]
            said = [word for words in beside.map(try_three, own) for word in words]
        self.assertEqual(said.count("wrong"), FREE)
        self.assertEqual(said.count("waits"), 24 - FREE)

    @staticmethod
    def try_one(guesses):
        try:
            with guesses._counted("somebody"):
                raise AccessDenied
        except TooManyGuesses:
            return "waits"
        except AccessDenied:
            return "wrong"

    @mute_logger("odoo.addons.base.models.res_users")
    def test_it_takes_as_long_to_say_no_to_nobody(self):
        dear = CryptContext(["pbkdf2_sha512", "plaintext"], pbkdf2_sha512__rounds=60_000)
        where = "odoo.addons.base.models.res_users.ResUsersPatchedInTest._crypt_context"
        with patch(where, lambda _self: dear):
            self.viewer.password = "a long password"
            self.operator.password = "another password"
            self.operator.totp_secret = "JBSWY3DPEHPK3PXP"
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE res_users SET password = NULL WHERE id = %s", [self.manager.id]
            )
            usual = self.seconds("ops_viewer")
            for login in ("nobody_at_all", "ops_manager", "__system__"):
                with self.subTest(login):
                    self.assertGreater(self.seconds(login), usual / 2)
            with self.subTest("second factor"):
                self.assertGreater(self.seconds("ops_operator", interactive=False), usual / 2)

    def seconds(self, login, interactive=True):
        """Return the processor's time of one wrong login."""
        credential = {"login": login, "password": "wrong", "type": "password"}
        begun = time.thread_time()
        with self.assertRaises(AccessDenied):
            self.env["res.users"]._login(credential, {"interactive": interactive})
        return time.thread_time() - begun
