from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.ipai_ops.tests.common import OTHER_SHA, SHA
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .. import driver
from ..engine.pace import Gaps
from .common import SlackMixin


class Death(Exception):
    """The process is gone."""


class Deadly(Gaps):
    """Pauses are asked for right after a call: this one ends the process after one of ``methods``."""

    def of(self, method):
        if method in self.methods:
            raise Death(method)
        return 0.0


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestTelling(SlackMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()

    def setUp(self):
        super().setUp()
        self.start_slack()

    # ----- one message per run -----

    def test_a_run_is_one_message_that_is_updated_and_tells_its_facts_in_the_thread(self):
        run = self.deploy()
        self.note("run.queued", run)
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertIn("Waiting to deploy 3f2c1a9", self.texts()[0])
        self.begin(run)
        self.note("run.started", run)
        self.send()
        self.finish(run)
        self.note("run.finished", run)
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertIn("Deployed 3f2c1a9", self.texts()[0])
        self.assertEqual([line.split("  ")[1].split()[0] for line in self.thread()],
                         ["Queued", "Started", "Done"])  # fmt: skip
        self.assertEqual(self.message(run).edit_count, 2)
        self.assertEqual(self.message(run).state, "sent")

    def test_what_waited_is_told_in_one_message_as_the_run_stands_now(self):
        run = self.deploy()
        self.note("run.queued", run)
        self.begin(run)
        self.note("run.started", run)
        self.send()
        self.assertEqual(len(self.slack.called("chat.update")), 0)
        self.assertEqual(len(self.thread()), 2)
        self.assertIn("Deploying", self.texts()[0])

    def test_without_a_rule_nothing_is_told_and_nothing_waits(self):
        self.rule.active = False
        self.note("run.queued", self.deploy())
        self.send()
        self.assertFalse(self.slack.calls)
        self.assertFalse(self.messages.search([]))

    def test_a_fact_is_told_once_in_each_channel_that_hears_of_it(self):
        self.slack.add_channel("C0DEV", "dev")
        values = {"workspace_id": self.workspace.id, "name": "#dev", "slack_id": "C0DEV"}
        other = self.env["ipai.slack.channel"].create(values)
        self.env["ipai.slack.rule"].create([{"channel_id": other.id, "kinds": "run.*"}] * 2)
        self.note("run.queued", self.deploy())
        self.send()
        self.assertEqual([len(self.slack.texts(name)) for name in ("C0OPS", "C0DEV")], [1, 1])

    def test_an_alert_is_one_message_until_it_is_over(self):
        self.note("alert.raised", self.production, alert=7, message="Disk 93 %", severity="warning")
        self.note("alert.resolved", self.production, alert=7)
        self.note("backup.proven", self.production)
        self.send()
        self.assertEqual(len(self.texts()), 2)
        self.assertIn("Alert resolved", self.texts()[0])
        self.assertIn("Acme ERP / main", self.texts()[1])
        self.assertEqual(len(self.thread(0)), 2)
        self.assertFalse(self.slack.texts("C0OPS", self.slack.channels["C0OPS"].messages[-1]["ts"]))

    def test_people_are_mentioned_when_it_failed(self):
        self.rule.mention = "here"
        run = self.deploy()
        self.note("run.queued", run)
        self.send()
        self.assertNotIn("<!here>", str(self.posted()[0]["blocks"]))
        self.finish(run, "failed")
        self.note("run.finished", run)
        self.send()
        self.assertIn("<!here>", str(self.posted()[0]["blocks"]))

    def test_a_failed_run_offers_a_retry_until_a_newer_one_is_there(self):
        run = self.deploy()
        self.finish(run, "failed")
        self.note("run.finished", run)
        self.send()
        self.assertEqual(self.buttons(), ["ops_retry"])
        self.note("run.queued", self.deploy(OTHER_SHA))
        self.send()
        self.assertEqual(self.buttons(), [])

    def test_a_run_of_a_destroyed_record_is_still_told(self):
        run = self.deploy()
        self.note("run.queued", run)
        run.sudo().unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.send()
        self.assertEqual(len(self.texts()), 1)

    # ----- hours -----

    def test_at_night_facts_become_one_message_in_the_morning(self):
        now = fields.Datetime.now()
        self.channel.write({"quiet_from": (now.hour - 1) % 24, "quiet_until": (now.hour + 2) % 24})
        for commit in (SHA, OTHER_SHA):
            self.note("run.queued", self.deploy(commit))
        self.note("alert.raised", self.production, alert=8, message="CPU", severity="info")
        self.send()
        self.assertFalse(self.texts())
        message = self.messages.search([])
        self.assertEqual((len(message), message.state), (1, "waiting"))
        self.assertGreater(message.due_at, now)
        message.due_at = now
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertIn("What happened since", self.texts()[0])
        self.assertEqual(len(self.thread()), 3)

    def test_what_is_urgent_is_told_at_night(self):
        now = fields.Datetime.now()
        self.channel.write({"quiet_from": (now.hour - 1) % 24, "quiet_until": (now.hour + 2) % 24})
        self.note("alert.raised", self.production, alert=9, message="Down", severity="critical")
        self.send()
        self.assertEqual(len(self.texts()), 1)

    # ----- Slack's bad days -----

    def test_429_is_waited_for_and_nothing_is_lost(self):
        self.slack.trouble("chat.postMessage", status=429, retry_after=30)
        run = self.deploy()
        self.note("run.queued", run)
        self.send()
        self.assertFalse(self.texts())
        wait = self.channel.paused_until - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 30, delta=4)
        self.send()
        self.assertEqual(len(self.slack.called("chat.postMessage")), 1)
        self.resume()
        self.send()
        self.assertEqual(len(self.texts()), 1)

    def test_a_server_error_is_tried_again_in_the_same_order(self):
        for status in (500, 503):
            self.slack.trouble("chat.postMessage", status=status)
        first, second = (self.make_environment(name)._deploy("push", SHA) for name in ("a", "b"))
        self.note("run.queued", first)
        self.note("run.queued", second)
        for _turn in range(8):
            self.resume()
            self.send()
        self.assertEqual([text.split("/ ")[-1] for text in self.texts()], ["a", "b"])

    def test_an_answer_that_was_lost_is_looked_for_and_nothing_is_told_twice(self):
        run = self.deploy()
        for method, how in (("post", {"drop": True}), ("reply", {"status": 502})):
            with self.subTest(method):
                self.slack.trouble("chat.postMessage", after=True, **how)
                self.note("run.queued" if method == "post" else "run.started", run)
                self.send()
                self.assertEqual(self.message(run).in_doubt, method)
                self.resume()
                self.send()
                self.assertFalse(self.message(run).in_doubt)
        self.assertEqual(len(self.texts()), 1)
        self.assertEqual(len(self.thread()), 2)

    def test_a_sender_killed_after_each_kind_of_call_tells_nothing_twice_or_never(self):
        run = self.deploy()
        self.note("run.queued", run)
        self.die_after("chat.postMessage")  # the message itself
        self.note("run.started", self.begin(run))
        self.die_after("chat.update")
        self.die_after("chat.postMessage")  # the answer in its thread
        self.note("run.finished", self.finish(run))
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertEqual(len(self.thread()), 3)
        self.assertIn("Deployed", self.texts()[0])

    def test_what_slack_did_not_get_is_sent_again(self):
        self.slack.trouble("chat.postMessage", drop=True)
        run = self.deploy()
        self.note("run.queued", run)
        self.send()
        self.resume()
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertEqual(len(self.slack.called("conversations.history")), 1)

    def test_an_app_that_may_not_look_tells_it_again_rather_than_never(self):
        self.slack.trouble("chat.postMessage", drop=True)
        self.slack.trouble("conversations.history", error="missing_scope")
        self.note("run.queued", self.deploy())
        self.send()
        self.resume()
        self.send()
        self.assertEqual(len(self.texts()), 1)

    def test_a_channel_that_does_not_work_says_why_and_keeps_its_lines(self):
        for error, words in (
            ("channel_not_found", "/invite"),
            ("not_in_channel", "/invite"),
            ("is_archived", "archived"),
            ("restricted_action_read_only_channel", "forbids"),
        ):
            with self.subTest(error):
                self.slack.trouble("chat.postMessage", error=error)
                self.note("run.queued", self.deploy())
                self.send()
                self.assertEqual(self.channel.state, "failed")
                self.assertIn(words, self.channel.said)
                self.assertTrue(self.channel.paused_until)
                self.resume()
        self.send()
        self.assertEqual(self.channel.state, "up")
        self.assertFalse(self.lines.search([("sent_at", "=", False)]))

    def test_a_broken_token_stops_the_workspace_and_a_new_one_goes_on(self):
        self.slack.token = "xoxb-new"
        self.note("run.queued", self.deploy())
        self.send()
        self.assertEqual(self.workspace.state, "broken")
        self.assertIn("does not accept the token", self.workspace.said)
        self.workspace.new_bot_token = "xoxb-new"
        self.assertFalse(self.workspace.paused_until)
        self.send()
        self.assertEqual(len(self.texts()), 1)

    def test_one_broken_channel_does_not_hold_up_another(self):
        self.slack.add_channel("C0DEV", "dev")
        values = {"workspace_id": self.workspace.id, "name": "#dev", "slack_id": "C0DEV"}
        other = self.env["ipai.slack.channel"].create(values)
        self.env["ipai.slack.rule"].create({"channel_id": other.id})
        self.slack.channels["C0OPS"].is_archived = True
        self.note("run.queued", self.deploy())
        self.send()
        self.assertEqual(len(self.slack.texts("C0DEV")), 1)
        self.assertEqual((self.channel.state, other.state), ("failed", "up"))

    def test_a_message_slack_finds_too_long_is_sent_shortened(self):
        self.slack.trouble("chat.postMessage", error="msg_too_long")
        self.note("run.queued", self.deploy())
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertTrue(self.messages.search([]).is_short)

    def test_a_message_slack_refuses_for_good_is_listed_and_the_others_go_on(self):
        self.slack.trouble("chat.postMessage", error="invalid_arguments")
        self.note("backup.proven", self.production)
        self.note("backup.failed", self.production)
        self.send()
        refused = self.messages.search([("state", "=", "failed")])
        self.assertIn("invalid_arguments", refused.said)
        self.assertEqual(len(self.texts()), 1)
        refused.with_user(self.manager).action_send_again()
        self.send()
        self.assertEqual(len(self.texts()), 2)

    def test_a_message_somebody_deleted_in_slack_is_posted_anew(self):
        run = self.deploy()
        self.note("run.queued", run)
        self.send()
        self.slack.channels["C0OPS"].messages.clear()
        self.begin(run)
        self.note("run.started", run)
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertIn("Deploying", self.texts()[0])

    def test_a_page_that_is_no_slack_is_tried_again(self):
        self.slack.trouble("chat.postMessage", page="<html>login</html>")
        self.note("run.queued", self.deploy())
        self.send()
        self.assertIn("not Slack's", self.channel.said)
        self.resume()
        self.send()
        self.assertEqual(len(self.texts()), 1)

    @mute_logger("odoo.addons.ipai_slack_connector.driver")
    def test_a_message_that_cannot_be_drawn_does_not_silence_the_others(self):
        self.note("backup.proven", self.production)
        odd = self.messages.search([])
        odd.topic = "digest:odd"
        odd.line_ids.at = False  # a digest says since when
        self.note("backup.failed", self.production)
        self.send()
        self.assertEqual(odd.state, "failed")
        self.assertEqual(len(self.texts()), 1)

    def test_a_connector_that_fails_stops_no_run_and_tells_of_it_afterwards(self):
        reader = self.messages._reader()
        with patch.object(type(self.messages), "_take_facts", side_effect=KeyError("odd")):
            run = self.finish(self.deploy())
            with self.assertRaises(KeyError):
                self.send()
        self.assertEqual(run.state, "done")
        self.settle_facts()
        self.assertGreaterEqual(reader.waiting_count, 3)
        self.send()
        self.assertEqual(len(self.texts()), 1)
        self.assertIn("Deployed", self.texts()[0])

    def test_the_sender_comes_back_when_the_next_message_is_due(self):
        self.slack.trouble("chat.postMessage", status=429, retry_after=40)
        self.note("run.queued", self.deploy())
        cron = self.env.ref("ipai_slack_connector.cron_send")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.send()
        after = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers
        self.assertEqual(after[-1:].call_at, self.channel.paused_until)

    def test_old_messages_are_forgotten_and_waiting_ones_are_not(self):
        run = self.deploy()
        self.note("run.queued", run)
        self.send()
        self.note("backup.proven", self.production)
        long_ago = fields.Datetime.now() - timedelta(days=100)
        self.env.cr.execute("UPDATE ipai_slack_message SET create_date = %s", [long_ago])
        self.env.invalidate_all()
        self.assertEqual(self.messages._gc_messages(), (1, 0))
        self.assertEqual(self.messages.search([]).state, "waiting")

    # ----- a burst -----

    def test_a_thousand_facts_are_told_in_order_none_lost_within_the_limits(self):
        environments = [self.make_environment(f"e{number}") for number in range(10)]
        runs = [environment._deploy("push", SHA) for environment in environments]
        facts = self.env["ops.fact"]
        for number in range(1000):
            facts |= self.env["ops.fact"]._note("burst.fact", runs[number % 10], number=number)
        for start in range(0, len(facts), 500):
            self.messages._hear(facts[start : start + 500])
        self.slack.gap_seconds = 0.002
        self.slack.trouble("chat.postMessage", times=2, status=429, retry_after=1)
        for _turn in range(20):
            self.resume()
            self.driving(lambda env: driver.send(env, 20, Gaps(0.004, {})))
            if not self.messages.search_count([("state", "=", "waiting")]):
                break
        self.assertEqual(len(self.texts()), 10)
        told = [self.numbers(place) for place in range(10)]
        self.assertEqual(sorted(number for numbers in told for number in numbers),
                         list(range(1000)))  # fmt: skip
        for numbers in told:
            self.assertEqual(numbers, sorted(numbers))
        limited = [call for call in self.slack.answers if call == 429]
        self.assertEqual(len(limited), 2)  # those the test asked for: the pace itself made none

    # ----- helpers -----

    def deploy(self, commit=SHA):
        return self.production._deploy("push", commit)

    def die_after(self, method):
        """Let the sender die between Slack's answer to a call and its being written down.

        assertRaises would take back what the sender had committed until then.
        """
        try:
            self.driving(lambda env: driver.send(env, 20, Deadly(0.0, {method: 0.0})))
        except Death:
            self.env.invalidate_all()
            return
        self.fail(f"The sender never called {method}.")

    def message(self, run):
        return self.messages.search([("run_id", "=", run.id)])

    def posted(self):
        return [m for m in self.slack.channels["C0OPS"].messages if "thread_ts" not in m]

    def buttons(self, number=0):
        blocks = self.posted()[number]["blocks"]
        elements = [e for block in blocks if block["type"] == "actions" for e in block["elements"]]
        return [element["action_id"] for element in elements]

    def numbers(self, place):
        return [int(line.rsplit("number: ", 1)[1]) for line in self.thread(place)]
