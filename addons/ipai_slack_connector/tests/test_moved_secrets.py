"""A write-only secret stays with the address it was given for."""

from odoo.addons.ipai_ops.tests.sealed_walk import SealedWalk
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import SlackMixin


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestMovedSecrets(SealedWalk, SlackMixin, TransactionCase):
    addon = "ipai_slack_connector"
    closed_without_a_secret = {
        ("ipai.slack.workspace", "install_state"),  # compared with what comes back
        ("ipai.slack.request", "response_url"),  # an address itself, from a signed request
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        cls.person = new_test_user(
            cls.env, "slack_moved", "ipai_slack_connector.group_administrator"
        )
        cls.records = {"ipai.slack.workspace": cls.workspace}
        cls.moved = {("ipai.slack.workspace", "api_url"): "https://slack.example.com/api/"}

    def test_no_secret_follows_its_address(self):
        self.check_every_secret_says_where_it_goes()
        self.check_nothing_closed_is_kept_in_the_clear()
        self.check_no_secret_follows_its_address()
        self.assertGreaterEqual(self.tried, 9)

    def test_no_slack_is_inside_unless_an_operator_opens_it(self):
        self.check_no_address_leads_inside("ipai.slack.workspace", "api_url", "https://{}/api/")
