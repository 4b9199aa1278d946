"""Nothing of this addon belongs to where its writer has no right."""

from odoo.addons.ipai_ops.tests.places_walk import PlacesWalk
from odoo.tests import TransactionCase, new_test_user, tagged

from .common import SlackMixin


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestPlaces(PlacesWalk, SlackMixin, TransactionCase):
    addon = "ipai_slack_connector"
    # A Slack administrator says which channel hears of what they may see themselves.
    free = {
        ("ipai.slack.channel", "workspace_id"),
        ("ipai.slack.rule", "channel_id"),
        ("ipai.slack.rule", "stage"),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        cls.other = cls.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/other"}
        )
        there = cls.other.environment_ids[:1].id
        cls.stranger = new_test_user(
            cls.env, "slack_stranger", "ipai_slack_connector.group_administrator"
        )
        cls.samples = {"ipai.slack.rule": {"channel_id": cls.channel.id}}
        cls.elsewhere = {
            ("ipai.slack.rule", "project_ids"): cls.other.id,
            ("ipai.slack.rule", "environment_ids"): there,
        }

    def test_nothing_is_put_where_its_writer_has_no_right(self):
        self.check_every_place_is_known()
        self.check_nothing_is_put_elsewhere()
        self.assertGreaterEqual(self.tried, 10)
