"""What is signed and yet no message of Slack's: refused in a sentence, and nothing is kept of it."""

import json
from urllib.parse import quote, unquote

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import SlackMixin
from .signing import signed

FORM = "application/x-www-form-urlencoded"
LONG = "U" * 5000
DEEP = b"[" * 100_000
TEXTS = ("%00", "a%00b", "%ED%A0%80", "%FF%FE", "x" * 200_000)
COMMAND = {"team_id": "T1", "user_id": "U1", "channel_id": "C0OPS", "text": "status"}
ODD = (None, True, 7, 10**400, 1.5, [], ["U1"], {}, {"id": 7}, "a\0b", "\ud800", LONG)
BUTTON = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "channel": {"id": "C0OPS"},
    "trigger_id": "t",
    "response_url": "https://hooks.slack.com/actions/1",
    "actions": [{"action_id": "ops_approve", "value": "1:abc"}],
}
VIEW = {
    "callback_id": "ops_approve",
    "private_metadata": "1:abc|C0OPS",
    "state": {"values": {"reason": {"reason": {"value": "x"}}}},
}
SUBMISSION = {
    "type": "view_submission",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "trigger_id": "t",
    "view": VIEW,
}
NAMES = ("type", "action_id", "callback_id")
ELSEWHERE = {("team", "id"), ("channel", "id")}  # some payloads have them in another part
MAY_BE_MISSING = {"channel", "trigger_id", "response_url", "team", "private_metadata", "value"}


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestMalformed(SlackMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        cls.enterClassContext(mute_logger("odoo.http", "odoo.sql_db"))

    def setUp(self):
        super().setUp()
        self.tried = 0

    def kept(self):
        self.env.invalidate_all()
        people = self.env["ipai.slack.person"].search_count([])
        return people, self.requests.search_count([]), len(self.project.run_ids)

    def check_refused(self, path, body, kind=FORM, statuses=(400,)):
        self.tried += 1
        before = self.kept()
        answer = self.url_open(path, data=body, headers=signed(body, kind), timeout=20)
        told = f"{path} {kind} {unquote(body[:1000].decode())}"
        self.assertIn(answer.status_code, statuses, told)
        self.assertRegex(answer.text, r"\w.* .+\.", told)
        self.assertNotIn("Traceback", answer.text)
        self.assertEqual(self.kept(), before, told)

    def test_a_command_with_malformed_fields_is_refused(self):
        path = "/ipai/slack/command"
        for name in COMMAND:
            for text in TEXTS:
                if name == "text" and text.startswith("x"):
                    continue  # a long command is answered with help
                rest = "&".join(f"{key}={value}" for key, value in COMMAND.items() if key != name)
                self.check_refused(path, f"{rest}&{name}={text}".encode(), statuses=(400, 403))
        whole = "&".join(f"{key}={value}" for key, value in COMMAND.items())
        for more in (
            "self=1",
            "user_id=U2",
            "trigger_id=%00",
            "response_url=http://x/&response_url=y",
        ):
            self.check_refused(path, f"{whole}&{more}".encode())
        self.assertGreater(self.tried, 20)

    def test_a_payload_with_malformed_parts_is_refused(self):
        for payload in (BUTTON, SUBMISSION):
            for number, place in enumerate(self.places(payload)):
                for value in ODD[number % 2 :: 2]:  # two neighbours meet every piece of it
                    is_empty_form = isinstance(value, dict) and "state" in place
                    may_be_missing = place[-1] in MAY_BE_MISSING or place in ELSEWHERE
                    if is_empty_form or (not value and may_be_missing):
                        continue
                    text = json.dumps(self.changed(payload, place, value))
                    if place[-1] in NAMES and value == LONG:
                        self.check_ignored(text)
                    else:
                        self.check_payload(text)
        self.assertGreater(self.tried, 80)

    def test_a_payload_that_is_no_json_of_one_meaning_is_refused(self):
        whole = json.dumps(BUTTON)
        for text in (
            "",
            "{",
            "[]",
            "7",
            '{"type": NaN}',
            whole.replace('"t"', "1e999"),
            whole.replace('"t"', "9" * 5000),
            whole[:-1] + ', "type": "view_submission"}',
            whole[:-1] + ', "x": ' + "[" * 200 + "]" * 200 + "}",
        ):
            self.check_payload(text)
        self.check_refused("/ipai/slack/interactive", b"payload=" + DEEP)

    def check_ignored(self, text):
        """An action of another app, or of a Slack to come, is received and nothing follows."""
        before = self.kept()
        body = b"payload=" + quote(text).encode()
        answer = self.url_open("/ipai/slack/interactive", data=body, headers=signed(body))
        self.assertEqual((answer.status_code, answer.text, self.kept()), (200, "", before))

    def check_payload(self, text):
        body = b"payload=" + quote(text, errors="surrogatepass").encode()
        self.check_refused("/ipai/slack/interactive", body)

    def test_another_type_than_a_form_is_refused(self):
        file = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="f"\r\n\r\nstatus\r\n--x--\r\n'
        for path, name in (("command", b"text"), ("interactive", b"payload")):
            for kind, body in (
                ("application/json", json.dumps(COMMAND).encode()),
                ("text/plain", b"payload={}"),
                ("multipart/form-data; boundary=x", file % name),
                ("multipart/form-data", file % name),
                (f"{FORM}; charset=utf-16", b"text=x"),
                ("", b"text=status"),
            ):
                self.check_refused(f"/ipai/slack/{path}", body, kind, (400, 403, 415))
            self.check_refused(f"/ipai/slack/{path}?text=status&payload=%7B%7D", b"a=b")

    @classmethod
    def places(cls, value, path=()):
        """Yield the way to each part of a payload that somebody could have changed."""
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            yield (*path, key)
            if isinstance(part, dict | list):
                yield from cls.places(part, (*path, key))

    @staticmethod
    def changed(payload, place, value):
        copy = json.loads(json.dumps(payload))
        part = copy
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = value
        return copy
