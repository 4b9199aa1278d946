"""What comes with a good key and is no call: refused in a sentence, and nothing is kept of it."""

import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import N8nMixin

PATH = "/ipai/n8n/v1"
ORDER = b'{"project": "acme", "env": "main"'
DEEP = b"[" * 300 + b"]" * 300
ODD = (
    b"{",
    b"[1]",
    b"null",
    b"\xff\xfe{",
    b'"\xed\xa0\x80"',
    b"[" * 100_000,
    ORDER + b', "project": "other"}',
    ORDER + b', "ref": NaN}',
    ORDER + b', "ref": 1e999}',
    ORDER + b', "ref": ' + b"9" * 5000 + b"}",
    ORDER + b', "ref": "a\\u0000b"}',
    ORDER + b', "ref": "\\ud800"}',
    ORDER + b', "ref": ' + DEEP + b"}",
    ORDER + b', "\\ud800": 1}',
    ORDER + b', "self": 1}',
)
PAYLOADS = (b"1e999", b"9" * 400, b"[" + DEEP + b"]", b'{"\\u0000": 1}', b'{"a": 1, "a": 2}')


@tagged("post_install", "-at_install", "ipai_n8n_bridge")
class TestMalformed(N8nMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_n8n()
        cls.key = cls.n8n.with_user(cls.manager)._new_key()
        cls.enterClassContext(mute_logger("odoo.http", "odoo.sql_db"))

    def kept(self):
        self.env.invalidate_all()
        names = ("ipai.n8n.call", "ops.alert", "ops.run", "ops.run.event")
        return [self.env[name].sudo().search_count([]) for name in names]

    def check_refused(self, action, body, statuses=(400,), **headers):
        before = self.kept()
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        given |= {"Idempotency-Key": "once", **headers}
        answer = self.url_open(f"{PATH}/{action}", data=body, headers=given, timeout=20)
        with self.subTest(action=action, body=body[:80], headers=headers):
            self.assertIn(answer.status_code, statuses, answer.text[:300])
            self.assertRegex(answer.json()["error"], r"^\S.* .+\.$")
            self.assertEqual(self.kept(), before)

    def test_a_body_that_is_no_call_is_refused(self):
        for body in ODD:
            self.check_refused("queue_run", body)

    def test_a_payload_that_no_database_keeps_is_refused(self):
        run = self.begin(self.production._deploy("api"))
        for payload in PAYLOADS:
            event = json.dumps({"run_id": run.id, "level": "info", "message": "x"}).encode()
            self.check_refused("add_event", event[:-1] + b', "payload": {"a": ' + payload + b"}}")

    def test_another_form_of_message_is_refused(self):
        whole = ORDER + b"}"
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"):
            self.check_refused("queue_run", whole, (415,), **{"Content-Type": kind})
        self.check_refused("queue_run", whole.decode().encode("utf-16"))
        self.check_refused("queue%00run", whole, (404,))
        for name in ("self", "cr", "_self"):
            answer = self.url_open(f"{PATH}/report?{name}=1", data=whole)
            self.assertLess(answer.status_code, 500, name)
        self.check_refused("queue_run", whole, **{"Idempotency-Key": "x" * 201})
