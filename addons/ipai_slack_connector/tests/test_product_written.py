"""What only the product writes here, nobody gives by any way in."""

from odoo.addons.ipai_ops.tests.written_walk import WrittenWalk
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SlackMixin


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestProductWritten(WrittenWalk, SlackMixin, TransactionCase):
    addon = "ipai_slack_connector"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        group = "ipai_slack_connector.group_administrator"
        administrator = new_test_user(cls.env, "slack_walk", group)
        cls.people = {"viewer": cls.viewer, "administrator": administrator, "manager": cls.manager}
        cls.samples = {
            "ipai.slack.workspace": {"name": "New", "team_id": "T2"},
            "ipai.slack.channel": {
                "name": "#new",
                "slack_id": "C0NEW",
                "workspace_id": cls.workspace.id,
            },
            "ipai.slack.rule": {"channel_id": cls.channel.id},
        }
        cls.records = {
            "ipai.slack.workspace": cls.workspace,
            "ipai.slack.channel": cls.channel,
            "ipai.slack.rule": cls.rule,
        }

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_writes_what_only_the_product_writes(self):
        self.check_everything()
        self.assertGreater(self.tried, 500)
