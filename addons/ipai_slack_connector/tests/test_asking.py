import json
import time
from datetime import timedelta
from urllib.parse import urlencode

from odoo import fields
from odoo.addons.ipai_ops.tests.common import OTHER_SHA, SHA
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import SIGNING_SECRET, SlackMixin
from .signing import signed


@tagged("post_install", "-at_install", "ipai_slack_connector")
class TestAsking(SlackMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_slack()
        for user in (cls.viewer, cls.operator, cls.manager):
            user.partner_id.email = f"{user.login}@acme.example"
            user.login = f"{user.login}@acme.example"

    def setUp(self):
        super().setUp()
        self.start_slack()
        for number, user in enumerate((self.viewer, self.operator, self.manager)):
            self.slack.add_user(f"U{number}", user.login)
        self.triggers = 0

    # ----- who is let in -----

    def test_a_signed_command_is_taken_in_and_answered_at_once_with_nothing(self):
        answer = self.command("status")
        self.assertEqual((answer.status_code, answer.text), (200, ""))
        self.assertEqual(self.requests.search([]).state, "queued")
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_a_forged_request_is_refused(self):
        for how in (
            {"secret": "guess"},
            {"stamp": time.time() - 301},
            {"stamp": time.time() + 400},
        ):
            with self.subTest(how):
                self.assertEqual(self.command("status", **how).status_code, 401)
        self.assertFalse(self.requests.search([]))

    def test_an_unsigned_request_is_refused(self):
        for path in ("command", "interactive"):
            answer = self.url_open(f"/ipai/slack/{path}", data={"team_id": "T1"})
            self.assertEqual(answer.status_code, 401)

    def test_an_altered_body_is_refused(self):
        body, headers = self.signed({"team_id": "T1", "user_id": "U1", "text": "status"})
        answer = self.post("command", body.replace(b"status", b"deploy"), headers)
        self.assertEqual(answer.status_code, 401)

    def test_a_replay_is_refused_and_does_nothing(self):
        body, headers = self.signed(self.command_fields("deploy acme/main"))
        self.assertEqual(self.post("command", body, headers).status_code, 200)
        self.assertEqual(self.post("command", body, headers).status_code, 409)
        self.answer()
        self.assertEqual(len(self.project.run_ids), 1)

    def test_another_workspace_is_refused(self):
        self.assertEqual(self.command("status", team="T2").status_code, 403)

    def test_a_body_of_two_megabytes_is_refused(self):
        self.assertEqual(self.command("x" * (2 << 20)).status_code, 413)

    def test_a_torn_payload_is_a_bad_request(self):
        for payload in ("{", "[]", '{"type": "block_actions"}'):
            body, headers = self.signed({"payload": payload})
            self.assertEqual(self.post("interactive", body, headers).status_code, 400)

    def test_a_workspace_without_a_signing_secret_lets_nobody_in(self):
        self.workspace.sudo().signing_secret = False
        self.assertEqual(self.command("status").status_code, 401)

    # ----- commands -----

    def test_deploy_queues_a_run_as_the_person(self):
        said = self.asked("deploy acme/main")
        run = self.project.run_ids
        self.assertEqual((run.kind, run.requested_by_id), ("deploy", self.operator))
        self.assertIn(f"/odoo/ops-runs/{run.id}|", said)
        request = self.requests.search([])
        self.assertEqual((request.user_id, request.state), (self.operator, "done"))
        self.assertFalse(request.response_url)

    def test_deploy_takes_a_commit_or_a_branch(self):
        self.asked(f"deploy acme/main {SHA}")
        self.assertEqual(self.project.run_ids[:1].commit, SHA)
        self.asked("deploy acme main hotfix/1")
        self.assertEqual(self.project.run_ids[:1].ref, "refs/heads/hotfix/1")

    def test_a_viewer_is_refused_in_words_and_nothing_is_queued(self):
        said = self.asked("deploy acme/main", person="U0")
        self.assertIn("right", said)
        self.assertFalse(self.project.run_ids)
        self.assertEqual(self.requests.search([]).state, "refused")

    def test_somebody_elses_project_does_not_exist_for_a_person(self):
        values = {"name": "Secret", "code": "secret", "repository_url": "https://g.example/s.git"}
        self.env["ops.project"].create(values)
        self.assertIn("no project “secret”", self.asked("deploy secret/main"))
        self.assertNotIn("Secret", self.asked("status"))

    def test_status_says_what_is_up_and_what_runs(self):
        self.production._deploy("push", SHA)
        said = self.asked("status acme", person="U0")
        self.assertIn("Acme ERP / main", said)
        self.assertIn("Waiting to deploy 3f2c1a9", said)

    def test_logs_show_the_end_of_the_newest_run(self):
        run = self.begin(self.production._deploy("push", SHA)).sudo()
        for number in range(40):
            run._say(run.step_ids[:1], "info", f"line {number} <!channel>", {})
        said = self.asked("logs acme/main", person="U0")
        self.assertIn("line 39", said)
        self.assertNotIn("line 5 ", said)
        self.assertNotIn("<!channel>", said)
        self.assertEqual(self.asked(f"logs {run.id}", person="U0"), said)

    def test_what_was_typed_in_a_console_is_nobody_s_newest_run(self):
        deploy = self.begin(self.production._deploy("push", SHA)).sudo()
        deploy._say(deploy.step_ids[:1], "info", "Building", {})
        image = self.env["ops.artifact"]._plan(deploy, "image", SHA, "reg/acme@sha256:1")
        self.production.write({"image_id": image.id, "database_name": "acme_main_1"})
        typed = self.production._run_console("sql", "SELECT name", 5, False, "button")
        typed = self.begin(typed).sudo()
        typed._say(typed.step_ids[:1], "info", "Azure Interior", {})
        self.assertIn("Building", self.asked("logs acme/main", person="U0"))
        self.assertNotIn("Azure", self.asked(f"logs {typed.id}", person="U0"))

    def test_what_is_no_command_is_answered_with_the_list(self):
        for words in ("", "help", "destroy acme/main"):
            self.assertIn("/ops deploy", self.asked(words))

    def test_a_place_that_is_not_there_is_named(self):
        self.assertIn("no environment “nowhere”", self.asked("logs acme/nowhere"))

    def test_backups_are_listed_with_their_state(self):
        self.assertIn("no backup", self.asked("backups acme/main"))
        values = {"project_id": self.project.id, "environment_id": self.production.id}
        values |= {"state": "proven", "size_bytes": 4.2e6, "rto_seconds": 41}
        self.env["ops.backup"].create(values)
        said = self.asked("backups acme/main", person="U0")
        self.assertIn("*Proven*", said)
        self.assertIn("4.2 MB · restored in 41 s", said)

    # ----- buttons -----

    def test_retry_queues_the_same_work_once(self):
        run = self.finish(self.production._deploy("push", SHA), "failed")
        self.pressed("retry", run)
        newer = self.project.run_ids - run
        self.assertEqual((newer.retry_of_id, newer.requested_by_id), (run, self.operator))

    def test_a_viewer_presses_in_vain(self):
        run = self.finish(self.production._deploy("push", SHA), "failed")
        self.assertIn("right", self.pressed("retry", run, person="U0"))
        self.assertEqual(self.project.run_ids, run)

    def test_a_button_of_a_changed_run_is_refused(self):
        run = self.finish(self.production._deploy("push", SHA), "failed")
        said = self.pressed("retry", run, value=f"{run.id}:000000000000")
        self.assertIn("has changed", said)

    def test_an_approver_approves_and_it_is_recorded_as_theirs(self):
        approver, run = self.approver(), self.blocked()
        said = self.pressed("approve", run, person="U3")
        self.assertIn("Approved", said)
        self.assertEqual((run.state, run.approval_ids.user_id), ("queued", approver))

    def test_nobody_approves_without_the_right_nor_what_is_their_own(self):
        self.approver()
        run = self.blocked()
        for person in ("U0", "U1"):
            with self.subTest(person):
                self.pressed("approve", run, person=person)
                self.assertEqual(run.state, "blocked")
                self.assertEqual(self.requests.search([], limit=1).state, "refused")

    def test_a_rejection_asks_for_its_reason(self):
        approver, run = self.approver(), self.blocked()
        self.know("U3")
        self.pressed("reject", run, person="U3", answer=False)
        said = self.filled(self.slack.views[0], {"reason": "Not on a Friday."}, person="U3")
        self.assertIn("Rejected", said)
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(run.approval_ids.user_id, approver)
        self.assertEqual(run.approval_ids.reason, "Not on a Friday.")

    def test_a_run_that_waits_shows_the_decision_until_it_is_made(self):
        self.approver()
        run = self.blocked()
        self.note("approval.asked", run, why="Two more eyes")
        self.send()
        self.assertEqual(self.buttons(), ["ops_approve", "ops_reject"])
        self.pressed("approve", run, person="U3")
        self.note("approval.decided", run, decision="approved", by="ann")
        self.send()
        self.assertEqual(self.buttons(), [])

    # ----- forms -----

    def test_deploy_without_a_place_opens_a_form_that_deploys(self):
        self.make_environment("feature/pos")
        self.know("U1")
        self.command("deploy", person="U1")
        view = self.slack.views[0]
        options = view["blocks"][0]["element"]["options"]
        self.assertEqual(len(options), 2)
        chosen = options[0]["value"]
        self.assertEqual(self.requests.search([]).state, "done")
        said = self.filled(view, {"environment": chosen, "target": OTHER_SHA})
        run = self.project.run_ids
        self.assertEqual((run.environment_id.id, run.commit), (int(chosen), OTHER_SHA))
        self.assertIn(str(run.id), said)

    def test_roll_back_opens_the_builds_there_are_and_deploys_the_chosen_one(self):
        old, serving = self.builds()
        self.know("U1")
        self.pressed("rollback", serving.run_id, answer=False)
        view = self.slack.views[0]
        options = view["blocks"][1]["element"]["options"]
        self.assertEqual([option["value"] for option in options], [str(old.run_id.id)])
        self.filled(view, {"build": str(old.run_id.id), "data": "keep"})
        run = self.project.run_ids[:1]
        self.assertEqual((run.redeploy_image_id, run.requested_by_id), (old, self.operator))

    def test_roll_back_without_a_place_offers_the_builds_of_each_environment(self):
        old, serving = self.builds()
        self.make_environment("feature/pos")  # it ran nothing: there is nothing to go back to
        self.know("U1")
        self.command("rollback", person="U1")
        view = self.slack.views[0]
        [group] = view["blocks"][1]["element"]["option_groups"]
        self.assertEqual(group["label"]["text"], self.production.display_name)
        self.assertEqual([each["value"] for each in group["options"]], [str(old.run_id.id)])
        self.filled(view, {"build": str(old.run_id.id), "data": "keep"})
        run = self.project.run_ids[:1]
        self.assertEqual((run.redeploy_image_id, run.requested_by_id), (old, self.operator))
        self.assertEqual(self.production.image_id, serving)

    def test_who_may_not_roll_back_is_offered_nothing(self):
        self.builds()
        self.know("U0")
        self.assertIn("no environment where you may", self.asked("rollback", person="U0"))
        self.assertFalse(self.slack.views)
        run = self.project.run_ids[:1]
        made_up = {"callback_id": "ops_rollback", "private_metadata": "|C0OPS"}
        self.filled(made_up, {"build": str(run.id)}, person="U0")
        self.assertEqual(self.requests.search([], limit=1).state, "refused")
        self.assertEqual(self.project.run_ids[:1], run)

    def test_logs_and_backups_without_a_place_ask_where(self):
        run = self.begin(self.production._deploy("push", SHA)).sudo()
        run._say(run.step_ids[:1], "info", "Building acme", {})
        self.know("U0")
        for verb, words in (("logs", "Building acme"), ("backups", "no backup")):
            with self.subTest(verb):
                self.command(verb, person="U0")
                view = self.slack.views[-1]
                self.assertEqual(view["callback_id"], f"ops_{verb}")
                options = view["blocks"][0]["element"]["options"]
                self.assertIn(str(self.production.id), [each["value"] for each in options])
                said = self.filled(view, {"environment": str(self.production.id)}, person="U0")
                self.assertIn(words, said)

    def test_a_form_shows_only_what_the_person_sees(self):
        values = {"name": "Hidden", "code": "hidden", "repository_url": "https://g.example/h.git"}
        hidden = self.env["ops.project"].create(values).environment_ids
        self.know("U0")
        self.command("logs", person="U0")
        view = self.slack.views[0]
        options = view["blocks"][0]["element"]["options"]
        self.assertNotIn(str(hidden.id), [each["value"] for each in options])
        said = self.filled(view, {"environment": str(hidden.id)}, person="U0")
        self.assertIn("is gone", said)

    def test_data_that_was_not_kept_does_not_come_back(self):
        old, serving = self.builds()
        self.know("U1")
        self.pressed("rollback", serving.run_id, answer=False)
        said = self.filled(self.slack.views[0], {"build": str(old.run_id.id), "data": "back"})
        self.assertIn("No restore point", said)

    def test_a_form_filled_with_another_projects_deploy_is_refused(self):
        _old, serving = self.builds()
        self.know("U1")
        self.pressed("rollback", serving.run_id, answer=False)
        values = {"name": "Other", "code": "other", "repository_url": "https://g.example/o.git"}
        other = self.env["ops.project"].create(values)
        run = self.finish(other.environment_ids._deploy("push", SHA))
        before = self.env["ops.run"].search_count([])
        self.filled(self.slack.views[0], {"build": str(run.id)})
        self.assertEqual(self.env["ops.run"].search_count([]), before)
        self.assertEqual(self.requests.search([], limit=1).state, "refused")

    def test_a_form_slack_did_not_open_is_told(self):
        self.know("U1")
        self.slack.trouble("views.open", error="expired_trigger_id")
        self.command("deploy", person="U1")
        self.answer()
        self.assertIn("came too late", self.slack.responses[-1][1]["text"])

    def test_a_slow_slack_does_not_hold_the_answer_beyond_three_seconds(self):
        self.know("U1")
        self.slack.trouble("views.open", delay=4)
        began = time.monotonic()
        self.assertEqual(self.command("deploy", person="U1").status_code, 200)
        self.assertLess(time.monotonic() - began, 3)

    def test_somebody_new_is_linked_by_the_answer_and_then_gets_the_form(self):
        self.command("deploy", person="U1")
        self.assertFalse(self.slack.views)
        self.answer()
        self.assertIn("The form did not open", self.slack.responses[-1][1]["text"])
        self.command("deploy", person="U1")
        self.assertEqual(len(self.slack.views), 1)

    # ----- answering -----

    def test_what_came_too_late_is_not_done(self):
        self.command("deploy acme/main", person="U1")
        self.requests.search([]).received_at = fields.Datetime.now() - timedelta(minutes=11)
        self.answer()
        self.assertFalse(self.project.run_ids)
        self.assertIn("too late", self.slack.responses[-1][1]["text"])

    @mute_logger("odoo.addons.ipai_slack_connector.driver")
    def test_a_request_the_server_stumbles_over_does_not_hold_up_the_next(self):
        self.command("help", person="U1")
        self.command("status", person="U0")
        self.requests.search([("action", "=", "help")]).action = "nonsense"
        self.answer()
        states = self.requests.search([], order="id").mapped("state")
        self.assertEqual(states, ["refused", "done"])
        self.assertIn("fault", self.slack.responses[0][1]["text"])

    def test_a_lost_answer_does_not_undo_nor_repeat_the_deed(self):
        body = self.command_fields("deploy acme/main")
        body["response_url"] = "http://127.0.0.1:9/gone"
        self.post("command", *self.signed(body))
        self.answer()
        self.answer()
        self.assertEqual(len(self.project.run_ids), 1)
        self.assertIn("cannot be reached", self.requests.search([]).answer_problem)

    def test_a_filled_form_is_answered_in_its_channel_to_the_person_only(self):
        self.know("U1")
        self.command("deploy", person="U1")
        self.filled(self.slack.views[0], {"environment": str(self.production.id)})
        self.assertEqual(self.slack.whispers[-1][:2], ("C0OPS", "U1"))

    # ----- helpers -----

    def approver(self):
        """Return a person who may approve; in Slack they are U3."""
        policy = {"name": "Two more eyes", "rule": "approvals", "stage": "production", "quorum": 1}
        self.env["ops.policy"].create(policy)
        user = self.make_member("admin", login="ann@acme.example")
        self.slack.add_user("U3", user.login)
        return user

    def blocked(self):
        return self.production.with_user(self.operator)._deploy("button", SHA).sudo()

    def buttons(self):
        blocks = self.slack.channels["C0OPS"].messages[0]["blocks"]
        elements = [e for block in blocks if block["type"] == "actions" for e in block["elements"]]
        return [element["action_id"] for element in elements]

    def builds(self):
        """Return two images of production; the second one serves."""
        images = []
        for commit in (OTHER_SHA, SHA):
            run = self.finish(self.production._deploy("push", commit))
            image = self.env["ops.artifact"]._plan(run, "image", commit, f"reg/a@sha256:{commit}")
            image._mark_present()
            images.append(image)
        self.production.sudo().image_id = images[1]
        return images

    def know(self, slack_user):
        """Let Slack's person be linked already."""
        self.command("help", person=slack_user)
        self.answer()
        self.requests.search([]).unlink()
        self.slack.responses.clear()
        self.env.flush_all()

    def command_fields(self, words, person="U1", team="T1"):
        self.triggers += 1
        return {
            "team_id": team,
            "user_id": person,
            "channel_id": "C0OPS",
            "command": "/ops",
            "text": words,
            "trigger_id": f"t{self.triggers}",
            "response_url": f"{self.slack.root}/response/{self.triggers}",
        }

    def command(self, words, person="U1", team="T1", **how):
        return self.post("command", *self.signed(self.command_fields(words, person, team), **how))

    def asked(self, words, person="U1"):
        """Write a command and return the answer."""
        self.command(words, person)
        self.answer()
        return self.slack.responses[-1][1]["text"]

    def pressed(self, name, run, person="U1", value=None, answer=True):
        """Press a button of a run's message; return the answer."""
        self.triggers += 1
        button = {"type": "button", "action_id": f"ops_{name}"}
        button["value"] = value or f"{run.id}:{run.spec_fingerprint[:12]}"
        payload = {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": {"id": person, "team_id": "T1"},
            "channel": {"id": "C0OPS"},
            "trigger_id": f"t{self.triggers}",
            "response_url": f"{self.slack.root}/response/{self.triggers}",
            "actions": [button],
        }
        self.post("interactive", *self.signed({"payload": json.dumps(payload)}))
        if not answer:
            return ""
        self.answer()
        return self.slack.responses[-1][1]["text"]

    def filled(self, view, answers, person="U1"):
        """Fill a form in; return the answer."""
        state = {
            name: {name: {"type": "plain_text_input", "value": value}}
            for name, value in answers.items()
        }
        payload = {
            "type": "view_submission",
            "team": {"id": "T1"},
            "user": {"id": person, "team_id": "T1"},
            "view": {**view, "state": {"values": state}},
        }
        answer = self.post("interactive", *self.signed({"payload": json.dumps(payload)}))
        self.assertEqual((answer.status_code, answer.text), (200, ""))
        self.answer()
        return self.slack.whispers[-1][2]

    def signed(self, form, secret=SIGNING_SECRET, stamp=None):
        """Return body and headers as Slack sends them."""
        body = urlencode(form).encode()
        return body, signed(body, secret=secret, stamp=stamp)

    def post(self, path, body, headers):
        answer = self.url_open(f"/ipai/slack/{path}", data=body, headers=headers)
        self.env.invalidate_all()
        return answer
