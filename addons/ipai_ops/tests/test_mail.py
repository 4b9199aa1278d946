"""Caught mails: kept once, read by those who may, harmless to look at, gone with their environment."""

import base64
from email.message import EmailMessage

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import OpsCase, OpsMixin


def evil_message():
    message = EmailMessage()
    message["Subject"] = "Invoice <script>alert(1)</script>"
    message["From"] = "shop@acme.test"
    message["To"] = "ann@acme.test"
    message.set_content("plain words")
    message.add_alternative("<script>alert(1)</script><img src='https://spy.test/x'>", "html")
    message.add_attachment(b"<script>alert(2)</script>", "text", "html", filename='a"b/../x.html')
    return message.as_bytes()


@tagged("post_install", "-at_install", "ipai_ops")
class TestMail(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.preview = cls.make_environment()

    def subjects(self, environment=None):
        return (environment or self.preview).mail_ids.sorted("id").mapped("subject")

    def test_the_same_message_twice_is_kept_once(self):
        first = self.make_mail(self.preview, key="1")
        again = self.make_mail(self.preview, key="1")
        self.assertEqual(first, again)
        other = self.make_mail(self.make_environment("other"), key="1")
        self.assertNotEqual(first, other)

    def test_hidden_recipients_are_told(self):
        mail = self.make_mail(self.preview, to=["b@acme.test", "hidden@acme.test"])
        self.assertEqual(mail.envelope_to, "b@acme.test, hidden@acme.test")
        self.assertEqual(mail.text, "body of Hello")
        self.assertIn("From: a@acme.test", mail.headers)

    def test_the_oldest_go_when_there_are_too_many(self):
        self.preview.mail_keep_count = 2
        for name in "abc":
            self.make_mail(self.preview, name)
        self.assertEqual(self.subjects(), ["b", "c"])
        self.preview.mail_keep_count = 1
        self.assertEqual(self.subjects(), ["c"])

    def test_the_oldest_go_when_they_are_too_big_and_the_newest_stays(self):
        mails = [self.make_mail(self.preview, name) for name in "abc"]
        for mail in mails:
            mail.size_bytes = 600_000
        self.preview.mail_keep_mb = 1
        self.assertEqual(self.subjects(), ["c"])
        mails[2].size_bytes = 5 << 20
        self.preview.mail_keep_mb = 2
        self.assertEqual(self.subjects(), ["c"])
        self.assertIn("500 are kept, 2 MB at most", self.preview.mail_kept)

    def test_a_limit_that_keeps_nothing_is_refused(self):
        with self.assertRaises(Exception) as raised, mute_logger("odoo.sql_db"):
            self.preview.mail_keep_count = 0
            self.env.flush_all()
        self.assertIn("mail_kept_sane", str(raised.exception))

    def test_mails_go_with_their_environment(self):
        self.make_mail(self.preview)
        self.finish(self.preview._destroy("button"))
        self.assertEqual(self.preview.state, "destroyed")
        self.assertFalse(self.env["ops.mail"].search([("environment_id", "=", self.preview.id)]))

    def test_clearing_deletes_those_of_one_environment(self):
        other = self.make_environment("other")
        for environment in (self.preview, other):
            self.make_mail(environment)
        self.preview.with_user(self.operator).action_clear_mails()
        self.assertEqual((self.preview.mail_count, other.mail_count), (0, 1))
        with self.assertRaises(AccessError):
            other.with_user(self.viewer).action_clear_mails()

    def test_nobody_writes_a_caught_mail(self):
        mail = self.make_mail(self.preview)
        with self.assertRaises(AccessError):
            mail.with_user(self.manager).subject = "Another"

    def test_another_environments_mails_are_not_found(self):
        developer = self.make_member("developer")
        mine = self.make_mail(self.preview)
        hidden = self.make_mail(self.production)
        found = (
            self.env["ops.mail"].with_user(developer).search([("id", "in", [mine.id, hidden.id])])
        )
        self.assertEqual(found, mine)

    def test_a_mail_is_never_in_the_log_of_a_run(self):
        run = self.begin(self.preview._deploy("button"))
        self.make_mail(self.preview, "Very private")
        self.assertNotIn("Very private", " ".join(run.sudo().event_ids.mapped("message")))

    def test_a_list_of_hosts_is_checked_when_it_is_stored(self):
        with self.assertRaisesRegex(ValidationError, "“https://x.test” is no host"):
            self.preview.allowed_hosts = "api.example.com\nhttps://x.test"


@tagged("post_install", "-at_install", "ipai_ops")
class TestMailRoutes(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        preview = cls.make_environment()
        cls.mail = cls.make_mail(preview)
        cls.content = evil_message()
        cls.mail.raw = base64.b64encode(cls.content)
        cls.path = f"/ipai/mail/{cls.mail.id}"

    def open_as(self, login, what):
        self.authenticate(login, login)
        return self.url_open(f"{self.path}/{what}")

    def test_html_is_shown_in_a_sandbox_that_fetches_nothing(self):
        answer = self.open_as("ops_viewer", "html")
        self.assertEqual(answer.status_code, 200)
        rules = answer.headers["Content-Security-Policy"]
        self.assertTrue(rules.startswith("sandbox; default-src 'none';"))
        for allowance in ("allow-scripts", "allow-same-origin", "https:", "'self'"):
            self.assertNotIn(allowance, rules)
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_files_are_sent_to_be_stored_never_to_be_shown(self):
        place = self.mail.files[0]["place"]
        answer = self.open_as("ops_viewer", f"file/{place}")
        self.assertEqual(answer.content, b"<script>alert(2)</script>")
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment;"))
        self.assertNotIn("/", answer.headers["Content-Disposition"])

    def test_the_source_is_the_message_as_it_was_sent(self):
        self.assertEqual(self.open_as("ops_viewer", "raw").content, self.content)

    @mute_logger("odoo.http")
    def test_strangers_get_nothing(self):
        self.make_member("developer", login="ops_developer_here")
        new_test_user(self.env, "ops_stranger_here", "ipai_ops.group_viewer")
        for what in ("html", "raw", "file/2"):
            with self.subTest(what):
                self.assertEqual(self.open_as("ops_stranger_here", what).status_code, 404)
                self.assertEqual(self.open_as("ops_developer_here", what).status_code, 200)
        self.assertEqual(self.open_as("ops_viewer", "file/99").status_code, 404)
        self.authenticate(None, None)
        answer = self.url_open(f"{self.path}/raw", allow_redirects=False)
        self.assertIn(answer.status_code, (302, 303))
