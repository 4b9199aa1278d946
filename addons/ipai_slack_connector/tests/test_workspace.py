from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from ..testing.slack_server import CLIENT_SECRET, CODE, TOKEN
from .common import SIGNING_SECRET, SlackMixin


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestWorkspace(SlackMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()

    def setUp(self):
        super().setUp()
        self.start_slack()

    # ----- secrets -----

    def test_secrets_are_encrypted_at_rest(self):
        self.env.flush_all()
        query = "SELECT row_to_json(t)::text FROM ipai_slack_workspace t WHERE id = %s"
        [(row,)] = self.env.execute_query(SQL(query, self.workspace.id))
        for secret in (TOKEN, SIGNING_SECRET, CLIENT_SECRET):
            self.assertNotIn(secret, row)
        self.assertEqual(self.workspace.sudo().bot_token, TOKEN)

    def test_while_the_key_of_the_secrets_is_lost_all_waits_and_the_workspace_says_why(self):
        self.note("test.fact", self.production)
        self.env.flush_all()
        self.env.invalidate_all()
        with patch.dict("os.environ", {"IPAI_SECRETS_KEY_FILE": "/nonexistent/secrets"}):
            self.send()
        self.assertFalse(self.texts())
        self.assertIn("is not in /nonexistent/secrets", self.workspace.said)
        self.resume()
        self.send()
        self.assertEqual(len(self.texts()), 1)

    # ----- tests that explain -----

    def test_a_test_message_arrives_and_says_how_long_it_took(self):
        self.channel.with_user(self.manager).action_test()
        self.assertTrue(self.channel.is_testing)
        self.send()
        self.assertEqual((self.channel.state, self.channel.is_testing), ("up", False))
        self.assertIn("The message is there, after", self.channel.said)
        self.assertIn("@ops in Acme", self.channel.said)
        self.assertEqual(len(self.texts()), 1)

    def test_each_failure_of_a_test_is_explained(self):
        for method, how, words in (
            ("auth.test", {"error": "invalid_auth"}, "does not accept the token"),
            ("auth.test", {"error": "token_revoked"}, "revoked"),
            ("auth.test", {"error": "account_inactive"}, "removed"),
            ("auth.test", {"status": 503}, "error of its own"),
            ("auth.test", {"page": "<html>"}, "proxy"),
            ("chat.postMessage", {"error": "channel_not_found"}, "/invite"),
            ("chat.postMessage", {"error": "not_in_channel"}, "/invite"),
            ("chat.postMessage", {"error": "is_archived"}, "archived"),
            ("chat.postMessage", {"error": "missing_scope"}, "slack-app.yml"),
            ("chat.postMessage", {"status": 429, "retry_after": 7}, "wait 7 s"),
            ("chat.postMessage", {"drop": True}, "cannot be reached"),
        ):
            with self.subTest(how):
                self.slack.trouble(method, **how)
                self.channel.with_user(self.manager).action_test()
                self.send()
                self.assertEqual(self.channel.state, "failed")
                self.assertIn(words, self.channel.said)

    def test_missing_scopes_are_named(self):
        self.slack.scopes = "chat:write,commands"
        self.workspace.with_user(self.manager).action_test()
        self.send()
        self.assertEqual(self.workspace.state, "connected")
        self.assertIn("users:read.email", self.workspace.said)

    def test_a_workspace_finds_out_its_own_name(self):
        self.workspace.team_id = False
        self.workspace.with_user(self.manager).action_test()
        self.send()
        self.assertEqual((self.workspace.team_id, self.workspace.bot_user_id), ("T1", "UBOT"))

    # ----- installing -----

    def test_connecting_goes_to_slack_and_comes_back_with_a_token(self):
        self.workspace.sudo().bot_token = False
        answer = self.come_back(self.leave()["state"])
        self.assertIn(f"/odoo/ops-slack/{self.workspace.id}", answer.headers["Location"])
        self.assertEqual(self.workspace.state, "connecting")
        self.send()
        self.assertEqual(self.workspace.state, "connected")
        self.assertEqual(self.workspace.sudo().bot_token, TOKEN)
        self.assertFalse(self.workspace.sudo().install_code)

    def test_slack_is_asked_for_exactly_the_scopes_that_are_needed(self):
        asked = self.leave()
        self.assertEqual(asked["scope"], self.slack.scopes)
        self.assertEqual(asked["redirect_uri"], self.workspace.redirect_url)

    def test_a_state_is_good_once_and_for_the_one_who_began(self):
        state = self.leave()["state"]
        self.come_back(state)
        self.workspace.sudo().install_code = False
        self.come_back(state)
        self.assertFalse(self.workspace.sudo().install_code)
        other = self.leave()["state"]
        self.come_back(other, user="base.user_admin")
        self.assertFalse(self.workspace.sudo().install_code)

    def test_a_made_up_state_is_refused(self):
        for state in ("", "x", f"{self.workspace.id}.1.99999999999.x", "0.0.0.0"):
            with self.subTest(state):
                self.come_back(state)
                self.assertFalse(self.workspace.sudo().install_code)

    def test_a_stranger_does_not_finish_an_installation(self):
        state = self.leave()["state"]
        self.authenticate(self.operator.login, self.operator.login)
        path = f"/ipai/slack/oauth?code={CODE}&state={state}"
        self.assertEqual(self.url_open(path, allow_redirects=False).status_code, 404)

    def test_a_code_slack_does_not_take_is_explained(self):
        self.come_back(self.leave()["state"], code="other")
        self.send()
        self.assertEqual(self.workspace.state, "broken")
        self.assertIn("press “Connect” again", self.workspace.said.replace("Press", "press"))

    def test_connecting_asks_for_the_apps_secrets_first(self):
        self.workspace.client_id = False
        with self.assertRaises(UserError):
            self.workspace.with_user(self.manager).action_connect()

    # ----- secrets and settings -----

    def test_secrets_are_written_and_never_read(self):
        for name in ("bot_token", "signing_secret", "client_secret"):
            record = self.workspace.with_user(self.manager)
            self.assertNotIn(name, record.fields_get())
            with self.assertRaises(AccessError):
                record.read([name])
            self.assertFalse(record[f"new_{name}"])
            self.assertTrue(record[f"has_{name}"])

    def test_a_token_does_not_travel_in_the_clear(self):
        with self.assertRaises(ValidationError):
            self.workspace.api_url = "http://slack.example/api/"

    def test_a_channels_name_is_no_id(self):
        with self.assertRaises(ValidationError):
            self.channel.slack_id = "#ops"

    def leave(self):
        """Press Connect as the manager; return what Slack is told."""
        url = self.workspace.with_user(self.manager).action_connect()["url"]
        self.env.flush_all()
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    def come_back(self, state, code=CODE, user=None):
        person = self.env.ref(user) if user else self.manager
        self.authenticate(person.login, person.login)
        path = f"/ipai/slack/oauth?code={code}&state={state}"
        answer = self.url_open(path, allow_redirects=False)
        self.env.invalidate_all()
        return answer
