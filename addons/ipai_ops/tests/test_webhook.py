import hashlib
import hmac
import http.client
import json
from urllib.parse import urlsplit

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, EdgeMixin

SECRET = "hook secret"


@tagged("post_install", "-at_install", "ipai_ops")
class TestWebhook(EdgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.deliveries = cls.env["ops.webhook.delivery"]

    def test_a_signed_push_is_accepted_and_queues_a_run(self):
        answer = self.send(self.push())
        self.assertEqual(answer.status_code, 202)
        run = self.env["ops.run"].browse(answer.json()["run"])
        self.assertEqual((run.environment_id, run.commit), (self.production, SHA))
        self.assertEqual(answer.json()["delivery"], "delivery-1")
        delivery = self.deliveries.search([])
        self.assertEqual((delivery.state, delivery.run_id, delivery.ref),
                         ("accepted", run, "main"))  # fmt: skip
        self.assertTrue(self.project.hook_seen_at)

    def test_a_replay_is_answered_alike_and_queues_nothing(self):
        first = self.send(self.push()).json()
        again = self.send(self.push())
        self.assertEqual(again.status_code, 202)
        self.assertTrue(again.json()["duplicate"])
        self.assertEqual(again.json()["run"], first["run"])
        self.assertEqual(len(self.project.run_ids), 1)
        self.assertEqual(len(self.deliveries.search([])), 1)

    def test_another_delivery_supersedes_the_one_that_waits(self):
        first = self.send(self.push()).json()["run"]
        second = self.send(self.push(OTHER_SHA), delivery="delivery-2").json()["run"]
        self.assertEqual(self.env["ops.run"].browse(first).superseded_by_id.id, second)

    def test_a_message_without_an_id_is_known_by_its_content(self):
        self.send(self.push(), delivery="")
        self.assertTrue(self.send(self.push(), delivery="").json()["duplicate"])

    def test_a_wrong_signature_is_refused_and_seen_once_a_minute(self):
        for number in range(3):
            answer = self.send(self.push(), secret="guess", delivery=f"forged-{number}")
            self.assertEqual(answer.status_code, 401)
        self.assertFalse(self.project.run_ids)
        refused = self.deliveries.search([])
        self.assertEqual(refused.mapped("state"), ["refused"])
        self.assertIn("compare the secrets", refused.reason)

    def test_a_forged_message_does_not_use_up_a_genuine_id(self):
        self.send(self.push(), secret="guess")
        self.assertNotIn("duplicate", self.send(self.push()).json())

    def test_a_code_that_is_nobody_s_is_answered_like_a_wrong_signature(self):
        def answers(code):
            sent = [self.send(self.push(), code, "guess", delivery=f"x{n}") for n in range(7)]
            return [(one.status_code, one.text if one.status_code == 401 else "") for one in sent]

        known = answers("acme")
        self.forget_guesses()
        self.assertEqual(answers("nobody"), known)
        self.assertEqual([status for status, _text in known], [401] * 5 + [429] * 2)

    def test_who_forges_messages_does_not_keep_the_forge_out(self):
        self.project.webhook_secret = "s" * 48
        for number in range(7):
            self.send(self.push(), secret="guess", delivery=f"forged-{number}")
        self.assertEqual(self.send(self.push(), secret="s" * 48).status_code, 202)

    def test_a_short_secret_is_not_found_by_trying(self):
        for number in range(7):
            self.send(self.push(), secret="guess", delivery=f"forged-{number}")
        self.assertEqual(self.send(self.push()).status_code, 429)
        self.assertFalse(self.project.run_ids)

    def test_forms_are_refused(self):
        with mute_logger("odoo.http"):  # says that it does not pass the form on
            answer = self.url_open("/ipai/hook/acme", data={"payload": "{}"})
        self.assertEqual(answer.status_code, 415)
        self.assertIn("application/json", answer.json()["error"])

    def test_what_is_no_json_is_a_bad_request(self):
        self.assertEqual(self.send(b"{torn").status_code, 400)

    def test_what_is_no_push_of_the_forge_is_a_bad_request(self):
        self.assertEqual(self.send(b'{"ref": 7}').status_code, 400)
        self.assertFalse(self.deliveries.search([]))

    def test_what_no_database_takes_is_a_bad_request_and_says_what_is_wrong(self):
        whole = self.push().decode()
        for body, said in (
            (whole.replace("heads/main", "heads/a\\u0000b").encode(), "NUL"),
            (whole.replace("heads/main", "heads/\\ud800").encode(), "half a character"),
            (whole.replace('"Ines"', '"\\u0000"').encode(), "NUL"),
            (whole.replace('"Ines"', "7").encode(), "name"),
            (whole.replace('"Ines"', "1e999").encode(), "number"),
            (whole.replace(f'"{SHA}"', "null").encode(), "after"),
            (whole.replace(f'"{SHA}"', '"main"').encode(), "digits of a commit"),
            (whole.replace("heads/main", "heads/" + "x" * 5000).encode(), "name of a branch"),
            (whole.encode("utf-16"), "UTF-8"),
            (b"[" * 50_000, "JSON"),
        ):
            answer = self.send(body)
            with self.subTest(body=body[:60]):
                self.assertEqual(answer.status_code, 400)
                self.assertIn(said, answer.json()["error"])
                self.assertNotIn("object has no", answer.text)
        self.assertFalse(self.deliveries.search([]))

    def test_five_megabytes_are_refused_before_they_are_sent(self):
        place = urlsplit(self.base_url())
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
        self.addCleanup(connection.close)
        connection.putrequest("POST", "/ipai/hook/acme")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(5 << 20))
        with self.allow_requests():
            cookies = self.opener.cookies.get_dict().items()
            connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in cookies))
            connection.endheaders(b"{")
            self.assertEqual(connection.getresponse().status, 413)

    def test_a_message_of_unknown_length_is_refused(self):
        answer = self.opener.post(
            self.base_url() + "/ipai/hook/acme",
            data=iter([b"{}"]),
            headers={"Content-Type": "application/json"},
            timeout=10,
        )
        self.assertEqual(answer.status_code, 411)

    def test_a_ping_says_that_the_webhook_works(self):
        answer = self.send(b'{"zen": "Keep it logically awesome."}', event="ping")
        self.assertEqual((answer.status_code, answer.json()["state"]), (202, "accepted"))
        self.assertIn("works", answer.json()["reason"])

    def test_what_changes_nothing_is_ignored_and_says_why(self):
        tag = json.dumps({"ref": "refs/tags/v1", "after": SHA}).encode()
        answer = self.send(tag).json()
        self.assertEqual((answer["state"], answer["run"]), ("ignored", None))
        self.assertIn("Tags", answer["reason"])

    def test_gitlab_shows_its_token(self):
        body = json.dumps(
            {"object_kind": "push", "ref": "refs/heads/main", "after": SHA, "before": OTHER_SHA}
        )
        headers = {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": SECRET}
        answer = self.post("acme", body.encode(), headers)
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self.deliveries.search([]).forge, "gitlab")
        headers["X-Gitlab-Token"] = "wrong"
        self.assertEqual(self.post("acme", body.encode(), headers).status_code, 401)

    def test_gitea_is_known_although_it_also_speaks_like_github(self):
        body = self.push()
        headers = {
            "X-GitHub-Event": "push",
            "X-Gitea-Event": "push",
            "X-Gitea-Delivery": "g-1",
            "X-Gitea-Signature": self.digest(body, SECRET),
        }
        self.assertEqual(self.post("acme", body, headers).status_code, 202)
        self.assertEqual(self.deliveries.search([]).forge, "gitea")

    def test_no_session_is_made(self):
        self.assertNotIn("Set-Cookie", self.send(self.push()).headers)

    def push(self, commit=SHA):
        head = {"message": "Fix VAT\n\nmore", "author": {"name": "Ines"}}
        return json.dumps({"ref": "refs/heads/main", "after": commit, "head_commit": head}).encode()

    def send(self, body, code="acme", secret=SECRET, event="push", delivery="delivery-1"):
        headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery}
        headers["X-Hub-Signature-256"] = f"sha256={self.digest(body, secret)}"
        return self.post(code, body, headers)

    def post(self, code, body, headers):
        headers = {"Content-Type": "application/json", **headers}
        answer = self.url_open(f"/ipai/hook/{code}", data=body, headers=headers)
        self.env.invalidate_all()
        return answer

    @staticmethod
    def digest(body, secret):
        return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
