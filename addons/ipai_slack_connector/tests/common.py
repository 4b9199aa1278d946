"""What the tests start from: a project, a Slack of their own, a connected workspace, a channel."""

from contextlib import nullcontext

from odoo.addons.ipai_ops.tests.common import OpsMixin
from odoo.addons.ipai_slack_connector import driver
from odoo.addons.ipai_slack_connector.engine.pace import Gaps
from odoo.addons.ipai_slack_connector.testing.slack_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    TOKEN,
    SlackServer,
)
from odoo.tests import HttpCase

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
AT_ONCE = Gaps(0.0, {})


class SlackMixin(OpsMixin):
    """Gives a test class a workspace on a Slack of its own; each test begins with an empty one."""

    @classmethod
    def set_up_slack(cls):
        cls.set_up_operations()
        cls.env["ir.config_parameter"].set_param("ipai_ops.open_networks", "127.0.0.1")
        cls.env.cr.execute("DELETE FROM ops_fact")  # what tests that really commit left behind
        cls.messages = cls.env["ipai.slack.message"].sudo()
        cls.lines = cls.env["ipai.slack.line"].sudo()
        cls.requests = cls.env["ipai.slack.request"].sudo()
        cls.workspace = cls.env["ipai.slack.workspace"].create(
            {
                "name": "Acme",
                "team_id": "T1",
                "client_id": CLIENT_ID,
                "new_client_secret": CLIENT_SECRET,
                "new_signing_secret": SIGNING_SECRET,
                "new_bot_token": TOKEN,
            }
        )
        values = {"workspace_id": cls.workspace.id, "zone": "UTC"}
        channels = cls.env["ipai.slack.channel"]
        cls.channel = channels.create({**values, "name": "#ops", "slack_id": "C0OPS"})
        cls.rule = cls.env["ipai.slack.rule"].create({"channel_id": cls.channel.id, "kinds": ""})

    def start_slack(self):
        """Start the server of this test; it is the workspace's API from now on."""
        self.slack = self.enterContext(SlackServer())
        self.slack.add_channel("C0OPS", "ops")
        given = {"new_client_secret": CLIENT_SECRET, "new_bot_token": TOKEN}
        self.workspace.write({"api_url": self.slack.url, **given})

    def note(self, kind, record=None, **payload):
        """Note a fact as the product does, and hear of it: a test's transaction is never settled."""
        fact = self.env["ops.fact"]._note(kind, record, **payload)
        self.messages._hear(fact)
        return fact

    def driving(self, do):
        """Run the driver on a cursor that may commit: each commit is a savepoint of the test's own."""
        self.env.flush_all()
        is_http = isinstance(self, HttpCase)
        with (
            nullcontext() if is_http else self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            do(self.env(cr=cr))
        self.env.invalidate_all()

    def send(self, turn_seconds=20):
        self.driving(lambda env: driver.send(env, turn_seconds, AT_ONCE))

    def answer(self):
        self.driving(driver.answer)

    def texts(self, thread_ts=None):
        return self.slack.texts("C0OPS", thread_ts)

    def thread(self, number=0):
        """Return all lines of a message's thread, in their order."""
        roots = [m for m in self.slack.channels["C0OPS"].messages if "thread_ts" not in m]
        texts = self.slack.texts("C0OPS", roots[number]["ts"])
        return [line for text in texts for line in text.split("\n")]

    def resume(self):
        """Let the time of every pause be over."""
        self.env["ipai.slack.channel"].search([]).sudo().paused_until = False
        self.workspace.sudo().paused_until = False
        self.env.flush_all()
