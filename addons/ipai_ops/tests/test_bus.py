from odoo.tests import HttpCase, new_test_user, tagged

from .common import SHA, OpsMixin


@tagged("post_install", "-at_install", "ipai_ops")
class TestBus(OpsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.outsider = new_test_user(cls.env, "ops_outsider", "base.group_user")

    def test_people_of_operations_hear_runs_and_the_board(self):
        run = self.production._deploy("push", SHA)
        wanted = ["ipai_ops.board", f"ipai_ops.run.{run.id}"]
        self.assertEqual(self.heard(self.viewer, wanted), wanted)

    def test_others_hear_nothing_of_it(self):
        run = self.production._deploy("push", SHA)
        wanted = ["ipai_ops.board", f"ipai_ops.run.{run.id}"]
        self.assertEqual(self.heard(self.outsider, wanted), [])

    def test_runs_that_do_not_exist_and_made_up_channels_are_not_heard(self):
        wanted = ["ipai_ops.run.0", "ipai_ops.run.x", "ipai_ops.other", "ipai_ops.run.1.2"]
        self.assertEqual(self.heard(self.viewer, wanted), [])

    def test_other_channels_are_left_alone(self):
        self.assertEqual(self.heard(self.outsider, ["something"]), ["something"])

    def heard(self, user, channels):
        """Return which of the channels the user is subscribed to after asking for them."""
        self.authenticate(user.login, user.login)
        answer = self.make_jsonrpc_request(
            "/websocket/peek_notifications",
            {"channels": channels, "last": 0, "is_first_poll": True},
        )
        heard = [channel[-1] for channel in answer["channels"]]
        return [channel for channel in channels if channel in heard]
