"""People who know how to call Odoo try to see and do what they may not."""

import json
from datetime import timedelta

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, OpsMixin

MARK = "Nightingale"
CALLS_REFUSED = (401, 403, 404, 422)
QUIET = (
    "odoo.http",
    "odoo.models",
    "odoo.addons.web.controllers.export",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
)


@tagged("post_install", "-at_install", "ipai_ops")
class TestAttacks(OpsMixin, HttpCase):
    """A developer of Acme, and an operator who sees no production, look for Nightingale."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.victim = cls.set_up_victim()
        cls.mole = cls.make_member("developer", login="ops_mole")
        cls.mole.group_ids += cls.env.ref("base.group_allow_export")
        cls.blind = cls.set_up_blind()
        expiry = fields.Datetime.now() + timedelta(hours=1)
        keys = cls.env["res.users.apikeys"].with_user(cls.mole)
        cls.key = keys._generate("rpc", "mole", expiry)
        cls.own = cls.make_environment("mine")
        cls.own_run = cls.own._deploy("push", SHA)

    @classmethod
    def set_up_victim(cls):
        """Return one record of each model of a project the attackers have no part in."""
        project = cls.env["ops.project"].create(
            {
                "name": f"{MARK} ERP",
                "code": "nightingale",
                "repository_url": f"https://x.example/{MARK}",
            }
        )
        environment = project.environment_ids
        environment.write({"name": f"main {MARK}", "branch": MARK})
        policy = cls.env["ops.policy"].create(
            {"name": f"Policy {MARK}", "rule": "approvals", "project_id": project.id}
        )
        run = environment._deploy("push", OTHER_SHA, commit_subject=f"Fix {MARK}")
        run._say(run.step_ids.browse(), "info", f"log of {MARK}")
        run.message_post(body=f"talk of {MARK}")
        environment.message_post(body=f"talk of {MARK}")
        image = cls.env["ops.artifact"]._plan(run, "image", MARK, f"reg/{MARK}@sha256:1")
        delivery = cls.env["ops.webhook.delivery"].create(
            {
                "project_id": project.id,
                "forge": "github",
                "delivery_id": MARK,
                "state": "accepted",
            }
        )
        member = project._let_in(cls.manager, "admin")
        records = (project, environment, policy, run, image, delivery, member)
        more = (run.step_ids[0], run.event_ids[0], run.verdict_ids)
        return {record._name: record for record in (*records, *more)}

    @classmethod
    def set_up_blind(cls):
        role = cls.env.ref("ipai_ops.role_operator").copy()
        role.right_ids.in_production = False
        user = cls.make_member("viewer", login="ops_blind")
        cls.project.member_ids.filtered(lambda one: one.user_id == user).role_id = role
        return user

    def json_2(self, model, method, **arguments):
        headers = {"Authorization": f"bearer {self.key}"}
        return self.url_open(f"/json/2/{model}/{method}", json=arguments, headers=headers)

    # horizontal: another project

    @mute_logger(*QUIET)
    def test_nothing_of_another_project_is_read_over_json_2(self):
        for model, record in self.victim.items():
            calls = (
                ("search_read", {"domain": [], "fields": []}),
                ("search_read", {"domain": [("id", "=", record.id)]}),
                ("read", {"ids": record.ids}),
                ("web_read", {"ids": record.ids, "specification": {"display_name": {}}}),
                ("web_search_read", {"domain": [], "specification": {"display_name": {}}}),
                ("formatted_read_group", {"domain": [], "aggregates": ["id:max"]}),
                ("name_search", {"name": MARK}),
                ("export_data", {"ids": record.ids, "fields_to_export": ["display_name"]}),
                ("copy_data", {"ids": record.ids}),
            )
            for method, arguments in calls:
                answer = self.json_2(model, method, **arguments)
                with self.subTest(model=model, method=method, status=answer.status_code):
                    self.assertNotIn(MARK, answer.text)
                    self.assertIn(answer.status_code, (200, *CALLS_REFUSED))

    @mute_logger(*QUIET)
    def test_nothing_of_another_project_is_counted(self):
        for model, record in self.victim.items():
            answer = self.json_2(model, "search_count", domain=[("id", "=", record.id)])
            with self.subTest(model):
                self.assertEqual(answer.json(), 0)

    @mute_logger(*QUIET)
    def test_nothing_of_another_project_is_written(self):
        for model, record in self.victim.items():
            for method, arguments in (
                ("write", {"ids": record.ids, "vals": {"create_uid": 1}}),
                ("unlink", {"ids": record.ids}),
                ("message_post", {"ids": record.ids, "body": "hello"}),
                ("message_subscribe", {"ids": record.ids, "partner_ids": [1]}),
                ("activity_schedule", {"ids": record.ids, "summary": "x"}),
            ):
                answer = self.json_2(model, method, **arguments)
                with self.subTest(model=model, method=method):
                    self.assertIn(answer.status_code, CALLS_REFUSED)

    @mute_logger(*QUIET)
    def test_nothing_is_made_in_another_project(self):
        project, environment = self.victim["ops.project"], self.victim["ops.environment"]
        run = self.victim["ops.run"]
        role = self.env.ref("ipai_ops.role_viewer").id
        for model, values in (
            ("ops.environment", {"project_id": project.id, "name": "x"}),
            (
                "ops.project.member",
                {"project_id": project.id, "user_id": self.mole.id, "role_id": role},
            ),
            ("ops.policy", {"project_id": project.id, "name": "x", "rule": "approvals"}),
            ("ops.policy", {"name": "x", "rule": "approvals"}),
            ("ops.approval", {"run_id": run.id, "user_id": self.mole.id, "decision": "approved"}),
            ("ops.environment.destroy", {"environment_id": environment.id}),
            ("ops.run.decision", {"run_id": run.id, "decision": "approved"}),
            (
                "ir.attachment",
                {"name": "x", "res_model": "ops.environment", "res_id": environment.id},
            ),
            ("mail.activity", {"res_model_id": self.model_id("ops.run"), "res_id": run.id}),
            ("mail.followers", {"res_model": "ops.run", "res_id": run.id, "partner_id": 1}),
        ):
            answer = self.json_2(model, "create", vals_list=[values])
            with self.subTest(model=model, values=values):
                self.assertIn(answer.status_code, CALLS_REFUSED)

    def model_id(self, model):
        return self.env["ir.model"]._get_id(model)

    def test_no_related_field_is_read_as_the_system(self):
        open_fields = {
            f"{model}.{field.name}"
            for model in self.registry
            if model.startswith("ops.")
            for field in self.env[model]._fields.values()
            if field.related and not field.store and field.compute_sudo
            if not field.name.startswith("activity_")  # of the mixin, about activities of one's own
        }
        self.assertEqual(open_fields, set())

    @mute_logger(*QUIET)
    def test_secrets_are_no_answer_to_a_search(self):
        for model, field in (
            ("ops.project", "webhook_secret"),
            ("ops.environment", "admin_password"),
        ):
            answer = self.json_2(model, "search_count", domain=[(field, "!=", False)])
            path = self.json_2(
                "ops.run", "search_count", domain=[("project_id.webhook_secret", "like", "a")]
            )
            ordered = self.json_2(
                model, "search_read", domain=[], order=f"{field} desc", fields=["id"]
            )
            with self.subTest(model):
                for refused in (answer, path, ordered):
                    self.assertIn(refused.status_code, (*CALLS_REFUSED, 500))

    # exports, reports and contents

    @mute_logger(*QUIET)
    def test_exports_hold_nothing_of_another_project(self):
        self.authenticate(self.mole.login, self.mole.login)
        for model, record in self.victim.items():
            for ids, domain in ((record.ids, []), (False, [])):
                wanted = {
                    "model": model,
                    "fields": [{"name": "display_name", "label": "Name"}],
                    "ids": ids,
                    "domain": domain,
                    "import_compat": False,
                    "groupby": [],
                    "context": {},
                }
                for kind in ("csv", "xlsx"):
                    form = {"data": json.dumps(wanted), "csrf_token": self.csrf()}
                    answer = self.url_open(f"/web/export/{kind}", data=form)
                    with self.subTest(model=model, kind=kind):
                        self.assertNotIn(MARK.encode(), answer.content)
                        self.assertEqual(answer.status_code, 500 if ids else 200)

    def test_no_report_prints_what_is_ours(self):
        """Odoo prints as the system what a report is about: there is none of our models."""
        ours = ["|", ("model", "=like", "ops.%"), ("model", "=like", "ipai.%")]
        self.assertFalse(self.env["ir.actions.report"].search(ours))

    @mute_logger(*QUIET)
    def test_attachments_and_contents_stay_with_those_who_see_their_record(self):
        environment = self.victim["ops.environment"]
        names = {"res_model": "ops.environment", "res_id": environment.id}
        attachment = self.env["ir.attachment"].create(
            {"name": "x.txt", "raw": MARK.encode(), **names}
        )
        run = self.victim["ops.run"]
        for login in ("ops_mole", None):
            self.authenticate(login, login)
            for path in (
                f"/web/content/{attachment.id}",
                f"/web/content/{attachment.id}?download=true",
                f"/web/content/ops.environment/{environment.id}/name",
                f"/web/image/ops.project/{run.project_id.id}/name",
                f"/ipai/run/{run.id}/log",
                f"/odoo/ops-runs/{run.id}",
            ):
                answer = self.url_open(path)
                with self.subTest(path=path, login=login):
                    self.assertNotIn(MARK, answer.text)
        self.assertNotIn(MARK, self.json_2("ir.attachment", "search_read", domain=[]).text)

    # chatter

    @mute_logger(*QUIET)
    def test_talk_is_heard_by_those_who_see_what_it_is_about(self):
        told = self.json_2("mail.message", "search_read", domain=[("model", "like", "ops.")])
        self.assertNotIn(MARK, told.text)
        self.authenticate(self.mole.login, self.mole.login)
        for model in ("ops.environment", "ops.run", "ops.project"):
            wanted = {"thread_model": model, "thread_id": self.victim[model].id}
            try:
                answer = json.dumps(self.make_jsonrpc_request("/mail/thread/messages", wanted))
            except Exception as refusal:
                answer = str(refusal)
            with self.subTest(model):
                self.assertNotIn(MARK, answer)

    def test_who_left_is_told_no_more(self):
        environment = self.victim["ops.environment"]
        member = environment.project_id._let_in(self.mole, "viewer")
        environment.message_subscribe(self.mole.partner_id.ids)
        member.unlink()
        message = environment.message_post(body="after", subtype_xmlid="mail.mt_comment")
        self.assertNotIn(self.mole.partner_id, message.notified_partner_ids)
        self.assertFalse(
            self.env["mail.message"].with_user(self.mole).search([("id", "=", message.id)])
        )

    # vertical: more than one's role

    @mute_logger(*QUIET)
    def test_what_only_the_product_writes_is_written_by_nobody(self):
        run, step = self.own_run, self.own_run.step_ids[0]
        for model, ids, values in (
            ("ops.run", run.ids, {"state": "done"}),
            ("ops.run", run.ids, {"is_overridden": True}),
            ("ops.run", run.ids, {"requested_by_id": 1}),
            ("ops.run.step", step.ids, {"state": "done"}),
            ("ops.environment", self.own.ids, {"state": "up"}),
            ("ops.environment", self.own.ids, {"stage": "staging"}),
            ("ops.environment", self.production.ids, {"runner": "worker"}),
            ("ops.project", self.project.ids, {"repository_url": "https://evil.example/x"}),
            ("ops.role", self.env.ref("ipai_ops.role_viewer").ids, {"name": "x"}),
            ("ops.role.right", self.env["ops.role.right"].search([]).ids, {"in_production": True}),
            ("ops.policy", self.env["ops.policy"].search([]).ids, {"enforcement": "off"}),
            (
                "res.groups",
                self.env.ref("ipai_ops.group_manager").ids,
                {"user_ids": [(4, self.mole.id)]},
            ),
            (
                "res.users",
                self.mole.ids,
                {"group_ids": [(4, self.env.ref("ipai_ops.group_manager").id)]},
            ),
        ):
            answer = self.json_2(model, "write", ids=ids, vals=values)
            with self.subTest(model=model, values=values):
                self.assertIn(answer.status_code, CALLS_REFUSED)

    @mute_logger(*QUIET)
    def test_private_methods_are_not_called(self):
        for model, method in (
            ("ops.environment", "_deploy"),
            ("ops.run", "_finish"),
            ("ops.run", "_decide"),
            ("ops.project", "_let_in"),
            ("ops.project", "sudo"),
            ("ops.environment", "with_user"),
        ):
            answer = self.json_2(model, method, ids=[1])
            with self.subTest(method):
                self.assertNotEqual(answer.status_code, 200)

    @mute_logger(*QUIET)
    def test_a_developer_does_nothing_in_production(self):
        for method in (
            "action_deploy",
            "action_pin",
            "action_destroy",
            "action_show_admin_password",
        ):
            answer = self.json_2("ops.environment", method, ids=self.production.ids)
            with self.subTest(method):
                self.assertEqual(answer.status_code, 403)
        queued = self.json_2("ops.run", "queue_run", project="acme", env="main", git_sha=SHA)
        self.assertEqual(queued.status_code, 403)

    # a stage that a role hides

    def test_a_hidden_stage_leaves_no_trace_in_what_one_sees(self):
        self.production.write({"name": f"main {MARK}", "branch": MARK, "branch_pattern": MARK})
        run = self.production._deploy("push", SHA, commit_subject=f"Fix {MARK}")
        run._say(run.step_ids.browse(), "error", f"log of {MARK}")
        self.production.message_post(body=MARK)
        for model in [name for name in self.registry if name.startswith("ops.")]:
            records = self.env[model].with_user(self.blind)
            if records._abstract or records._transient or not records.has_access("read"):
                continue
            with self.subTest(model):
                found = records.with_context(active_test=False).search([])
                self.assertNotIn(MARK, json.dumps(found.read(), default=str))

    def csrf(self):
        return Request.csrf_token(self)

    def authenticate(self, user, password, **more):
        self.session = super().authenticate(user, password, **more)
        return self.session
