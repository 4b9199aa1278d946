"""Whose word about addresses is believed, and who is answered without the edge."""

from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..adapters.local import platform_facts
from ..http import front_door
from .common import EDGE_TOKEN, EdgeMixin

THERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@tagged("post_install", "-at_install", "ipai_ops")
class TestFrontDoor(EdgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()

    def status_with(self, key, headers):
        headers = {**headers, "Authorization": f"Bearer {key}"}
        path = "/json/2/ops.environment/search_read"
        return self.url_open(path, json={"fields": ["name"]}, headers=headers).status_code

    @mute_logger("odoo.http")
    def test_a_key_s_addresses_hold_against_a_forged_one(self):
        self.make_key(self.operator, "view", allowed_addresses="203.0.113.0/24")
        key = self.key_text
        proven = self.from_address(THERE)
        forged = {name: text for name, text in proven.items() if name != "X-Ipai-Edge"}
        wrong = {**forged, "X-Ipai-Edge": EDGE_TOKEN + "x"}
        forms = (
            forged,
            wrong,
            {"Forwarded": f"for={THERE};host=ops.localhost"},
            {"X-Real-IP": THERE, **forged},
        )
        for headers in forms:
            with self.subTest(headers):
                self.assertEqual(self.status_with(key, headers), 401)
        self.assertEqual(self.status_with(key, proven), 200)
        self.assertEqual(self.status_with(key, self.from_address(ELSEWHERE)), 401)

    @mute_logger("odoo.addons.base.models.res_users")
    def test_the_audit_trail_tells_the_address_the_edge_told(self):
        self.sign_in(THERE, "ops_viewer", "wrong")
        with db_connect(self.env.cr.dbname).cursor() as cursor:
            cursor.execute(
                "SELECT address FROM ops_audit WHERE action = 'login.failed' ORDER BY id DESC LIMIT 1"
            )
            self.assertEqual(cursor.fetchone(), (THERE,))

    def test_the_proof_goes_no_further_than_the_door(self):
        environ = self.environ(**self.from_address(THERE))
        self.assertTrue(front_door.pass_through(environ))
        self.assertNotIn(EDGE_TOKEN, str(environ))
        self.assertEqual(environ["REMOTE_ADDR"], THERE)
        self.assertEqual(environ["HTTP_HOST"], "ops.localhost:18080")

    def test_containers_are_answered_on_the_routes_of_the_platform_s_programs_alone(self):
        forged = {"X-Forwarded-For": THERE, "X-Forwarded-Host": "ops.localhost"}
        for path in ("/web/login", "/websocket", "/json/2/ops.run/read", "/xmlrpc/2/object"):
            for headers in ({}, forged, {"X-Ipai-Edge": "wrong"}):
                with self.subTest(path=path, headers=headers):
                    self.assertFalse(front_door.pass_through(self.environ(path, **headers)))
        for path in ("/ipai/edge/config", "/ipai/gate/mail", "/web/health"):
            environ = self.environ(path, **forged)
            self.assertTrue(front_door.pass_through(environ))
            self.assertEqual(environ["REMOTE_ADDR"], "172.18.0.9")
            self.assertFalse([name for name in environ if "FORWARDED" in name])

    def test_the_machine_s_own_programs_are_answered_at_whichever_of_its_addresses(self):
        own = front_door._own_address(ELSEWHERE) or "127.0.0.1"
        self.assertTrue(front_door.pass_through({**self.environ(), "REMOTE_ADDR": own}))
        for peer in (
            ELSEWHERE,
            "172.18.0.9",
            "0.0.0.0",
            "255.255.255.255",
            "nonsense",
            "",
            "fe80::1",
        ):
            with self.subTest(peer):
                environ = {**self.environ(), "REMOTE_ADDR": peer}
                self.assertFalse(front_door.pass_through(environ))

    def test_a_token_that_cannot_be_read_is_nobody_s(self):
        with patch.object(platform_facts, "edge_token", side_effect=FileNotFoundError):
            self.assertFalse(front_door.pass_through(self.environ(**self.from_address(THERE))))

    def test_the_refusal_says_what_to_do(self):
        answers = []
        body = front_door._refuse(lambda status, headers: answers.append((status, headers)))
        self.assertEqual(answers[0][0], "403 Forbidden")
        self.assertIn(b"through the edge", body[0])

    @staticmethod
    def environ(path="/web/login", **headers):
        """Return what a server makes of a container's request."""
        told = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
        return {
            "REMOTE_ADDR": "172.18.0.9",
            "PATH_INFO": path,
            "HTTP_HOST": "172.18.0.1:18069",
            "SERVER_NAME": "172.18.0.1",
            "SERVER_PORT": "18069",
            "SCRIPT_NAME": "",
            "wsgi.url_scheme": "http",
            **told,
        }
