import base64
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .common import EDGE_TOKEN, OpsMixin

ROUTE = "/ipai/edge/config"


@tagged("post_install", "-at_install", "ipai_ops")
class TestEdge(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.edge = cls.env["ops.edge"]

    def test_without_the_token_nothing_is_told(self):
        for token in (None, "", "wrong", EDGE_TOKEN + "x"):
            with self.subTest(token):
                self.assertEqual(self.pull(token=token).status_code, 401)

    def test_a_platform_without_a_token_lets_nobody_in(self):
        self.addCleanup(self.platform_path.write_text, self.platform_path.read_text())
        self.write_platform()
        self.assertEqual(self.pull(token="").status_code, 401)

    def test_the_configuration_holds_each_live_environment(self):
        preview = self.make_environment()
        preview.state = "up"
        gone = self.make_environment("gone")
        gone.state = "destroying"
        text = self.pull().text
        self.assertIn("server_name acme-main.localhost;", text)
        self.assertIn("server_name acme-feature-pos.localhost;", text)
        self.assertIn(f"http://ipaitest-env-{preview.id}:8069", text)
        self.assertNotIn("acme-gone", text)

    def test_an_unchanged_configuration_is_not_sent_again(self):
        etag = self.pull().headers["ETag"]
        again = self.pull(**{"If-None-Match": etag})
        self.assertEqual((again.status_code, again.text), (304, ""))
        self.make_environment()
        self.assertEqual(self.pull(**{"If-None-Match": etag}).status_code, 200)

    def test_what_the_edge_serves_is_remembered(self):
        etag = self.pull().headers["ETag"]
        self.assertIsNone(self.edge._served_since())
        self.pull(**{"X-Edge-Applied": etag, "If-None-Match": etag})
        self.assertTrue(self.edge._served_since())
        self.assertTrue(self.record.applied_at)
        self.make_environment()
        self.assertIsNone(self.edge._served_since())

    def test_each_edge_has_a_line_of_its_own_until_it_is_forgotten(self):
        self.pull(**{"X-Edge-Name": "old"})
        self.record.seen_at -= timedelta(days=2)
        self.pull(**{"X-Edge-Name": "new", "X-Edge-Applied": '"1"'})
        self.pull(**{"X-Edge-Name": "other", "X-Edge-Applied": '"2"'})
        served = [(edge.name, edge.applied_etag) for edge in self.record.sorted("name")]
        self.assertEqual(served, [("new", '"1"'), ("other", '"2"')])

    def test_the_edge_is_told_to_hurry_when_a_hold_is_near(self):
        self.assertNotIn("X-Edge-Pace", self.pull().headers)
        near = patch.object(type(self.env["ops.run.step"]), "_is_hold_near", lambda _steps: True)
        self.startPatcher(near)
        etag = self.pull().headers["ETag"]
        self.assertEqual(self.pull(**{"If-None-Match": etag}).headers["X-Edge-Pace"], "quick")

    def test_a_refused_configuration_says_why_until_one_is_applied(self):
        said = base64.b64encode(b"nginx: [emerg] no ; in line 3").decode()
        self.pull(**{"X-Edge-Applied": '"old"', "X-Edge-Error": said})
        self.assertEqual(self.record.error, "nginx: [emerg] no ; in line 3")
        self.pull(**{"X-Edge-Applied": '"new"'})
        self.assertFalse(self.record.error)

    def test_an_unreadable_reason_is_no_crash(self):
        self.assertEqual(self.pull(**{"X-Edge-Error": "%%%"}).status_code, 200)
        self.assertIn("could not be read", self.record.error)

    @property
    def record(self):
        self.env.invalidate_all()
        return self.edge.search([])

    def pull(self, token=EDGE_TOKEN, **headers):
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.url_open(ROUTE, headers=headers)
