"""What the catcher and the proxy are told, and what they may say."""

import base64
import json

from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from ..engine.steps import common
from ..models.project.reach import OPEN
from .common import GATE_TOKEN, OpsMixin

ENVELOPE = {"from": "a@acme.test", "to": ["b@acme.test"], "at": 1790000000.5}
MESSAGE = b"Subject: Hello\r\n\r\nbody"


def encoded(envelope):
    return base64.b64encode(json.dumps(envelope).encode()).decode()


@tagged("post_install", "-at_install", "ipai_ops")
class TestGate(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.preview = cls.make_environment(allowed_hosts="api.example.com:443")

    def ask(self, what, data=None, token=GATE_TOKEN, **headers):
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.url_open(f"/ipai/gate/{what}", data=data, headers=headers)

    def mail(self, environment=None, content=MESSAGE, **headers):
        given = {
            "Content-Type": "message/rfc822",
            "X-Ipai-Environment": str((environment or self.preview).id),
            "X-Ipai-Mail": "1",
            "X-Ipai-Envelope": encoded(ENVELOPE),
        }
        return self.ask("mail", content, **{**given, **headers}).status_code

    def refuse(self, *rows, **headers):
        given = {"Content-Type": "application/json", **headers}
        return self.ask("refused", json.dumps({"refused": rows}), **given).status_code

    def row(self, **values):
        row = {"environment": self.preview.id, "host": "evil.test", "port": 443, "count": 2}
        return {**row, "reason": "not listed", "at": 1790000000.5, **values}

    def accounts(self):
        return {row["environment"]: row for row in json.loads(self.ask("policy").text)["accounts"]}

    def test_without_the_token_nothing_is_told_or_taken(self):
        for token in (None, "", "wrong", GATE_TOKEN + "x"):
            for what, data in (("policy", None), ("mail", MESSAGE), ("refused", b"{}")):
                with self.subTest(what=what, token=token):
                    self.assertEqual(self.ask(what, data, token).status_code, 401)

    def test_a_platform_without_a_token_lets_nobody_in(self):
        self.addCleanup(self.platform_path.write_text, self.platform_path.read_text())
        self.write_platform()
        self.assertEqual(self.ask("policy", token="").status_code, 401)

    def test_the_policy_names_closed_environments_with_their_hosts(self):
        gone = self.make_environment("gone")
        gone.state = "destroying"
        accounts = self.accounts()
        self.assertEqual(set(accounts), {self.preview.id})
        self.assertEqual(accounts[self.preview.id]["hosts"], [["api.example.com", 443]])
        password = self.preview._gate_account().password
        self.assertNotIn(password, self.ask("policy").text)

    def test_each_environment_has_a_password_of_its_own(self):
        other = self.make_environment("other")
        passwords = {one._gate_account().password for one in (self.preview, other)}
        self.assertEqual(len(passwords), 2)
        self.assertNotIn(self.preview.sudo().db_password, passwords)

    def test_an_unchanged_policy_is_not_sent_again(self):
        etag = self.ask("policy").headers["ETag"]
        self.assertEqual(self.ask("policy", **{"If-None-Match": etag}).status_code, 304)
        self.preview.allowed_hosts = "other.example.com"
        self.assertEqual(self.ask("policy", **{"If-None-Match": etag}).status_code, 200)

    def test_a_caught_mail_is_kept_once(self):
        self.assertEqual([self.mail(), self.mail()], [202, 202])
        [mail] = self.preview.mail_ids
        self.assertEqual((mail.subject, mail.envelope_to), ("Hello", "b@acme.test"))
        self.assertEqual(mail._bytes(), MESSAGE)

    def test_what_is_no_mail_is_refused(self):
        for status, headers in (
            (415, {"Content-Type": "application/x-www-form-urlencoded"}),
            (400, {"X-Ipai-Envelope": "!"}),
            (400, {"X-Ipai-Envelope": encoded({"from": "x"})}),
            (400, {"X-Ipai-Envelope": encoded({**ENVELOPE, "at": 1e300})}),
            (400, {"X-Ipai-Mail": ""}),
            (410, {"X-Ipai-Environment": "0"}),
            (410, {"X-Ipai-Environment": "x"}),
            (410, {"X-Ipai-Environment": str(self.production.id)}),
        ):
            with self.subTest(headers):
                self.assertEqual(self.mail(**headers), status)
        self.assertFalse(self.env["ops.mail"].search([]))

    def test_refused_hosts_are_counted_in_one_row(self):
        self.assertEqual(self.refuse(self.row(), self.row(host="b.test")), 202)
        self.assertEqual(self.refuse(self.row(count=3), self.row(environment=0)), 202)
        found = {row.host: row.count for row in self.preview.refusal_ids}
        self.assertEqual(found, {"evil.test": 5, "b.test": 2})

    def test_only_the_latest_refused_hosts_are_kept(self):
        rows = [self.row(host=f"h{number}.test", at=1790000000 + number) for number in range(130)]
        self.assertEqual(self.refuse(*rows), 202)
        self.assertEqual(len(self.preview.refusal_ids), 100)
        self.assertEqual(self.preview.refusal_ids[0].host, "h129.test")

    def test_what_is_no_report_is_refused(self):
        for row in (self.row(reason="other"), self.row(port="x"), {}, self.row(at="x")):
            with self.subTest(row):
                self.assertEqual(self.refuse(row), 400)
        self.assertEqual(self.refuse(**{"Content-Type": "text/plain"}), 415)

    def test_one_click_puts_a_refused_host_on_the_list(self):
        self.refuse(self.row(), self.row(host="2001:db8::1", port=8443))
        self.preview.refusal_ids.with_user(self.operator).action_allow()
        lines = set(self.preview.allowed_hosts.splitlines())
        wanted = {"api.example.com:443", "evil.test:443", "[2001:db8::1]:8443"}
        self.assertEqual(lines, wanted)
        self.assertFalse(self.preview.refusal_ids)

    def test_no_list_names_what_is_inside_or_everybodys(self):
        for line, said in (
            ("127.0.0.1", "inside this installation"),
            ("172.18.0.1:18069", "inside this installation"),
            ("0x7f000001", "inside this installation"),
            ("[::ffff:10.0.0.1]:443", "inside this installation"),
            ("ipai-postgres-production:5432", "inside this installation"),
            ("metadata.google.internal", "inside this installation"),
            ("*.com", "hosts of many owners"),
            ("*.co.uk:443", "hosts of many owners"),
        ):
            with self.subTest(line), self.assertRaisesRegex(ValidationError, said):
                self.preview.allowed_hosts = f"api.example.com\n{line}"

    def test_an_operator_opens_a_private_network_to_lists_and_the_proxy_hears_of_it(self):
        self.env["ir.config_parameter"].set_param(OPEN, "192.168.7.0/24\nerp.lan")
        self.preview.allowed_hosts = "192.168.7.9:443\nerp.lan"
        policy = json.loads(self.env["ops.environment"]._gate_policy())
        self.assertEqual(policy["open"], ["192.168.7.0/24", "erp.lan"])

    def test_a_change_of_the_list_is_in_the_audit_trail(self):
        self.preview.with_user(self.operator).allowed_hosts = "b.test"
        row = self.env["ops.audit"].search([("action", "=", "environment.hosts_changed")], limit=1)
        self.assertIn("b.test", row.details)
        self.assertIn("api.example.com:443", row.details)

    def test_odoo_is_told_of_catcher_and_proxy(self):
        run = self.begin(self.preview._deploy("button")).sudo()
        self.assertTrue(run.spec["egress"] and run.spec["catches_mail"])
        account = self.preview._gate_account()
        self.assertIn(f"smtp_password = {account.password}\n", run._odoo_conf())
        self.assertIn("smtp_server = ipaitest-mail\n", run._odoo_conf())
        url = run._file_content(common.PROXY)
        self.assertEqual(
            url, f"http://env-{self.preview.id}:{account.password}@ipaitest-egress:3128"
        )
        self.assertIn(account.password, run._secret_values())
        self.assertNotIn(account.password, json.dumps(run.spec))

    def test_production_is_told_of_neither(self):
        self.production.allowed_hosts = "api.example.com"
        run = self.begin(self.production._deploy("button")).sudo()
        self.assertFalse({"egress", "catches_mail"} & set(run.spec))
        self.assertNotIn("smtp_", run._odoo_conf())

    def test_without_a_list_there_is_no_proxy(self):
        closed = self.make_environment("closed")
        run = self.begin(closed._deploy("button")).sudo()
        self.assertNotIn("egress", run.spec)
        self.finish(run)
        self.assertFalse(closed.needs_restart)
        closed.allowed_hosts = "api.example.com"
        self.assertTrue(closed.needs_restart)
        self.finish(closed._restart("button"))
        self.assertFalse(closed.needs_restart)
