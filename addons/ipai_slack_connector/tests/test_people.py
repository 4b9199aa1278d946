from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import SlackMixin


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestPeople(SlackMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        cls.operator.login = "ada@acme.example"

    def setUp(self):
        super().setUp()
        self.start_slack()

    def test_a_confirmed_address_that_is_a_login_links_the_person(self):
        self.slack.add_user("U1", "Ada@Acme.example")
        person = self.ask("U1")
        self.assertEqual((person.state, person.user_id), ("linked", self.operator))
        self.assertEqual(self.request().user_id, self.operator)

    def test_slack_must_vouch_for_a_full_living_member_of_this_workspace(self):
        for number, facts in enumerate(
            (
                {"is_email_confirmed": False},
                {"is_restricted": True},
                {"is_ultra_restricted": True},
                {"is_stranger": True},
                {"is_bot": True},
                {"deleted": True},
                {"team_id": "T2"},
            )
        ):
            with self.subTest(facts):
                self.slack.add_user(f"U1{number}", "ada@acme.example", **facts)
                person = self.ask(f"U1{number}")
                self.assertEqual(person.state, "unknown")
                self.assertFalse(person.user_id)
                self.assertEqual(self.request().state, "refused")

    def test_an_address_in_somebodys_profile_does_not_beat_a_login(self):
        thief = new_test_user(self.env, "mallory@acme.example", "ipai_ops.group_viewer")
        thief.partner_id.email = "ada@acme.example"
        self.slack.add_user("U1", "ada@acme.example")
        self.assertEqual(self.ask("U1").user_id, self.operator)
        self.operator.login = "ada"
        self.slack.add_user("U2", "ada@acme.example")
        self.assertEqual(self.ask("U2").state, "unknown")

    def test_a_login_that_is_no_address_is_found_by_the_address(self):
        self.viewer.partner_id.email = "vera@acme.example"
        self.slack.add_user("U1", "vera@acme.example")
        self.assertEqual(self.ask("U1").user_id, self.viewer)

    def test_two_people_of_one_address_are_nobody(self):
        for user in (self.viewer, self.manager):
            user.partner_id.email = "team@acme.example"
        self.slack.add_user("U1", "team@acme.example")
        self.assertEqual(self.ask("U1").state, "unknown")

    def test_an_underscore_in_an_address_is_no_wildcard(self):
        self.operator.login = "adaXb@acme.example"
        self.slack.add_user("U1", "ada_b@acme.example")
        self.assertEqual(self.ask("U1").state, "unknown")

    def test_a_portal_user_does_not_act(self):
        new_test_user(self.env, "guest@acme.example", "base.group_portal")
        self.slack.add_user("U1", "guest@acme.example")
        self.assertEqual(self.ask("U1").state, "unknown")

    def test_a_revoked_person_stays_revoked_until_allowed(self):
        self.slack.add_user("U1", "ada@acme.example")
        person = self.ask("U1")
        person.with_user(self.manager).action_revoke()
        self.ask("U1")
        self.assertEqual((person.state, self.request().state), ("revoked", "refused"))
        self.assertIn("revoked", self.request().said)
        person.with_user(self.manager).action_allow()
        self.ask("U1")
        self.assertEqual((person.state, self.request().state), ("linked", "done"))

    def test_who_somebody_is_is_asked_again_after_a_day(self):
        self.slack.add_user("U1", "ada@acme.example")
        person = self.ask("U1")
        self.ask("U1")
        self.assertEqual(len(self.slack.called("users.info")), 1)
        person.checked_at = fields.Datetime.now() - timedelta(hours=25)
        self.slack.users["U1"]["deleted"] = True
        self.ask("U1")
        self.assertEqual((person.state, self.request().state), ("unknown", "refused"))

    def test_a_user_switched_off_in_odoo_cannot_act(self):
        self.slack.add_user("U1", "ada@acme.example")
        self.ask("U1")
        self.operator.active = False
        self.ask("U1")
        self.assertEqual(self.request().state, "refused")

    def test_a_slack_that_does_not_answer_links_nobody(self):
        self.slack.add_user("U1", "ada@acme.example")
        self.slack.trouble("users.info", status=500)
        self.assertEqual(self.ask("U1").state, "unknown")
        self.assertEqual(self.ask("U1").state, "linked")

    def test_only_an_administrator_revokes(self):
        self.slack.add_user("U1", "ada@acme.example")
        person = self.ask("U1")
        for user in (self.viewer, self.operator):
            for method in ("action_revoke", "action_allow"):
                with self.assertRaises(AccessError):
                    getattr(person.with_user(user), method)()

    def ask(self, slack_user):
        """Let somebody ask for help; return who they are."""
        person = self.env["ipai.slack.person"].sudo()._of(self.workspace, slack_user)
        count = self.requests.search_count([])
        values = {"workspace_id": self.workspace.id, "person_id": person.id, "kind": "command"}
        values |= {"action": "help", "words": "help", "channel": "C0OPS"}
        self.requests._take_in(f"key {count}", values)
        self.answer()
        return person

    def request(self):
        return self.requests.search([], limit=1)
