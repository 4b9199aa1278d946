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
        wanted = [f"ipai_ops.run.{run.id}", self.project._board_channel()]
        asked = ["ipai_ops.board", f"ipai_ops.run.{run.id}"]
        self.assertEqual(self.heard(self.viewer, asked, wanted), wanted)

    def test_a_board_tells_only_of_the_projects_one_is_a_member_of(self):
        other = self.project.copy({"code": "other"})
        channels = [project._board_channel() for project in (self.project, other)]
        for asked in (["ipai_ops.board"], channels):
            heard = self.heard(self.viewer, asked, channels)
            self.assertEqual(heard, channels[:1] if asked == ["ipai_ops.board"] else [])
        self.assertEqual(self.heard(self.manager, ["ipai_ops.board"], channels), channels)

    def test_others_hear_nothing_of_it(self):
        run = self.production._deploy("push", SHA)
        wanted = ["ipai_ops.board", f"ipai_ops.run.{run.id}"]
        self.assertEqual(self.heard(self.outsider, wanted), [])

    def test_runs_that_do_not_exist_and_made_up_channels_are_not_heard(self):
        wanted = ["ipai_ops.run.0", "ipai_ops.run.x", "ipai_ops.other", "ipai_ops.run.1.2"]
        self.assertEqual(self.heard(self.viewer, wanted), [])

    def test_other_channels_are_left_alone(self):
        self.assertEqual(self.heard(self.outsider, ["something"]), ["something"])

    def heard(self, user, channels, among=None):
        """Return which of the channels ``among`` the user hears after asking for ``channels``."""
        self.authenticate(user.login, user.login)
        answer = self.make_jsonrpc_request(
            "/websocket/peek_notifications",
            {"channels": channels, "last": 0, "is_first_poll": True},
        )
        heard = [channel[-1] for channel in answer["channels"]]
        return [channel for channel in among or channels if channel in heard]
