"""What an environment has, and how modules come and go: read, shown before, done by a run."""

import re
from dataclasses import replace
from unittest.mock import patch

from odoo.addons.ipai_ops.engine import steps
from odoo.addons.ipai_ops.engine.steps import back
from odoo.addons.ipai_ops.tests.common import SHA
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import ModulesMixin


def row(name, state="installed", version="19.0.1.0", **more):
    return {
        "name": name,
        "title": name.title(),
        "state": state,
        "version_database": version if state == "installed" else "",
        "version_code": version,
        "origin": "odoo",
        "depends": ["base"],
        "updated_at": "2026-01-31 10:00:00",
        "lines": 12,
        **more,
    }


@tagged("post_install", "-at_install", "ipai_module_manager")
class TestEnvironmentModules(ModulesMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_modules()
        cls.inventories = cls.env["ipai.environment.module"]
        cls.operations = cls.env["ipai.module.operation"]
        cls.serve(cls.production)

    @classmethod
    def serve(cls, environment):
        run = cls.finish(environment._deploy("push", SHA))
        uri = f"registry/acme@sha256:{environment.id:064d}"
        image = cls.env["ops.artifact"]._plan(run, "image", uri, uri)
        environment.sudo().write(
            {"image_id": image.id, "commit": SHA, "database_name": f"acme_{environment.id}"}
        )

    def finish_with(self, run, payloads, result=None, state="done"):
        """End a run whose one step said these payloads, as the driver does."""
        run = run.sudo()
        run._begin()
        step = run.step_ids[:1]
        step.write({"state": "running", "attempt": 1})
        lines = [
            {"seq": number, "attempt": 1, "level": "debug", "message": "x", "payload": payload}
            for number, payload in enumerate(payloads, start=1)
        ]
        run._ingest(step, lines)
        step.write({"state": state, "result": {"ok": True, **(result or {})}})
        if state == "failed":
            step.cause = "The image has no module nonsense"
        run._finish(state, self.env.cr.now())

    def read(self, rows, environment=None):
        environment = environment or self.production
        run = environment._read_modules("button")
        packages = {"packages": [{"name": "requests", "version": "2.31.0"}]}
        half = len(rows) // 2
        payloads = [{"modules": rows[:half]}, {"modules": rows[half:]}, packages]
        self.finish_with(run, payloads, {"python": "3.13.2"})
        return run

    def test_an_inventory_replaces_the_one_before(self):
        self.read([row("base", depends=[]), row("gone"), row("sale", "uninstalled")])
        self.read([row("base", depends=[]), row("crm", is_outdated=True), row("new", "unknown")])
        found = {module.name: module for module in self.production.module_ids}
        self.assertEqual(set(found), {"base", "crm", "new"})
        self.assertEqual(found["base"].dependents, "crm")
        self.assertEqual(found["crm"].depends_on, "base")
        self.assertEqual(self.production.module_count, 2)
        self.assertEqual(self.production.outdated_module_count, 1)

    def test_a_proposal_is_checked_against_what_the_image_has(self):
        self.read([row("base")])
        series, python, packages = self.production._module_target()
        self.assertEqual((series, python), ("19.0", "3.13.2"))
        self.assertEqual(packages, (("requests", "2.31.0"),))

    def test_reading_never_takes_the_place_of_a_waiting_deploy(self):
        deploy = self.production._deploy("push", SHA)
        run = self.production._read_modules("button")
        self.assertEqual((deploy.state, run.state), ("queued", "queued"))
        self.assertEqual(run.lane, "modules")

    def test_a_deploy_is_followed_by_an_inventory(self):
        image = self.production.image_id
        asked = [("kind", "=", "modules"), ("environment_id", "=", self.production.id)]
        for state, count in (("failed", 0), ("done", 1)):
            self.finish(self.production._deploy("push", SHA, redeploy_image=image), state)
            self.assertEqual(self.env["ops.run"].search_count(asked), count)

    @mute_logger("odoo.addons.ipai_module_manager.models.environment")
    def test_a_fault_of_this_addon_never_stops_a_run(self):
        for name in ("_take_modules", "_take_operation", "_read_modules"):
            with self.subTest(name):
                broken = patch.object(type(self.production), name, side_effect=KeyError("odd"))
                with broken:
                    deploy = self.production._deploy(
                        "push", SHA, redeploy_image=self.production.image_id
                    )
                    self.finish(deploy)
                self.assertEqual((deploy.state, self.production.state), ("done", "up"))
                said = deploy.event_ids.filtered(lambda event: event.level == "warning")
                self.assertIn("modules was not brought up to date", said.message)

    @mute_logger("odoo.addons.ipai_module_manager.models.environment")
    def test_an_inventory_that_makes_no_sense_leaves_the_one_before(self):
        self.read([row("base"), row("sale")])
        self.read([{"nonsense": True}])
        self.assertEqual(set(self.production.module_ids.mapped("name")), {"base", "sale"})
        run = self.env["ops.run"].search([("kind", "=", "modules")], limit=1)
        self.assertEqual(run.state, "done")

    def test_where_nothing_was_deployed_people_are_told(self):
        fresh = self.make_environment()
        with self.assertRaisesRegex(UserError, "deploy first"):
            fresh._read_modules("button")

    def test_two_environments_are_compared(self):
        staging = self.make_environment("staging", stage="staging")
        self.serve(staging)
        self.read([row("base"), row("sale"), row("crm")])
        self.read([row("base"), row("sale", version="19.0.2.0"), row("stock")], staging)
        values = {"left_id": self.production.id, "right_id": staging.id}
        compare = self.env["ipai.module.compare"].with_user(self.viewer).create(values)
        cells = re.findall("<td[^>]*>(.*?)</td>", compare.shown)
        self.assertEqual(
            [tuple(cells[at : at + 3]) for at in range(0, len(cells), 3)],
            [
                ("crm", "19.0.1.0", "not installed"),
                ("sale", "19.0.1.0", "19.0.2.0"),
                ("stock", "not installed", "19.0.1.0"),
            ],
        )
        self.assertEqual(compare.difference_count, 3)
        self.assertEqual(compare.same_count, 1)

    def test_what_a_module_calls_itself_is_text_and_never_markup(self):
        staging = self.make_environment("staging", stage="staging")
        self.serve(staging)
        self.read([row("<script>x</script>")], staging)
        values = {"left_id": self.production.id, "right_id": staging.id}
        compare = self.env["ipai.module.compare"].create(values)
        self.assertIn("&lt;script&gt;", compare.shown)
        self.assertNotIn("<script", compare.shown)

    def ask(self, action="uninstall", names=("sale",), user=None):
        place = self.production.with_user(user or self.operator)
        return self.operations.with_user(user or self.operator)._ask(place, action, names)

    def plan(self, operation, **facts):
        payloads = [
            {"plan": {"modules": ["sale", "sale_crm"]}},
            {"plan": {"tables": [{"name": "sale_order", "rows": 7}]}},
            {"plan": {"columns": ["res_partner.sale_warn"]}},
        ]
        self.finish_with(operation.plan_run_id, payloads, {"rows": 7, **facts})

    def test_what_a_removal_deletes_is_shown_before(self):
        operation = self.ask()
        with self.assertRaises(UserError):
            operation.action_confirm()
        self.plan(operation)
        self.assertEqual(operation.state, "ready")
        self.assertEqual(operation.modules, ["sale", "sale_crm"])
        self.assertEqual((operation.table_count, operation.row_count), (1, 7))
        self.assertIn("sale_order: 7 rows", operation.lost)
        self.assertIn("res_partner.sale_warn", operation.lost)

    def test_a_removal_keeps_a_restore_point_and_brings_it_back_when_it_breaks(self):
        operation = self.ask()
        self.plan(operation)
        operation.action_confirm()
        run = operation.sudo().run_id
        kinds = run.step_ids.sorted("sequence").mapped("kind")
        self.assertEqual(kinds, ["hold", "point", "uninstall", "resume", "smoke", "back"])
        context = run._context_of("uninstall")
        self.assertIn('"names": ["sale", "sale_crm"]', self.order(steps.job(context)))
        self.assertIn("uninstall", back.CHANGING)
        states = {"point": "done", "uninstall": "failed"}
        broken = self.context_with(run, "back", states)
        self.assertFalse(back.is_needless(broken), "what was removed comes back")
        untouched = self.context_with(run, "back", {"point": "done", "uninstall": "pending"})
        self.assertTrue(back.is_needless(untouched))

    def context_with(self, run, name, states):
        context = run._context_of(name)
        found = [replace(s, state=states.get(s.kind, s.state)) for s in context.run.steps]
        return replace(context, run=replace(context.run, steps=tuple(found)))

    def order(self, job):
        return job.environment["IPAI_SPEC"]

    def test_an_installation_and_an_update_go_through_the_update_step(self):
        for action, wanted in (("install", '"install": ["sale"]'), ("update", '["sale"]')):
            operation = self.ask(action)
            self.plan(operation)
            operation.action_confirm()
            run = operation.sudo().run_id
            order = self.order(steps.job(run._context_of("update")))
            self.assertIn(wanted, order)
            self.assertEqual(run.kind, f"module_{action}")
            self.finish(run)
            self.assertEqual(operation.state, "done")

    def test_a_plan_that_fails_says_why(self):
        operation = self.ask("install", ["nonsense"])
        self.finish_with(operation.plan_run_id, [], state="failed")
        self.assertEqual(operation.state, "failed")
        self.assertEqual(operation.said, "The image has no module nonsense")

    def test_a_deploy_decides_by_content_where_the_environment_says_so(self):
        image = self.production.image_id
        run = self.production._deploy("push", SHA, redeploy_image=image)
        self.assertNotIn("update_by", self.order(steps.job(run._context_of("update"))))
        self.production.update_by = "content"
        run = self.production._deploy("push", SHA, redeploy_image=image)
        order = self.order(steps.job(run._context_of("update")))
        self.assertIn('"update_by": "content"', order)

    def test_what_changed_is_shown_beside_the_rule_of_versions(self):
        run = self.production._deploy("push", SHA)
        rows = [{"name": "acme", "content": "restart", "version": "nothing"}]
        self.finish_with(run, [{"update_plan": rows}])
        cells = re.findall("<td[^>]*>(.*?)</td>", run.with_user(self.viewer).update_plan)
        self.assertEqual(cells, ["acme", "a restart", "nothing"])

    def test_production_waits_for_approval_where_a_policy_says_so(self):
        self.env["ops.policy"].search([]).write({"enforcement": "off"})
        self.env["ops.policy"].create(
            {
                "name": "Two people",
                "rule": "approvals",
                "enforcement": "block",
                "kinds": "module_uninstall",
                "project_id": self.project.id,
            }
        )
        operation = self.ask()
        self.plan(operation)
        operation.action_confirm()
        self.assertEqual(operation.sudo().run_id.state, "blocked")

    def test_the_usual_policy_of_approvals_holds_changes_of_modules_and_no_look(self):
        self.env["ops.policy"].create(
            {"name": "Two people", "rule": "approvals", "project_id": self.project.id}
        )
        self.assertEqual(self.production._read_modules("button").sudo().state, "queued")
        operations = self.env["ops.run"].sudo()
        for kind in ("module_install", "module_update", "module_uninstall"):
            with self.subTest(kind):
                run = operations._queue_for_modules(self.production, kind, "button")
                self.assertEqual(run.state, "blocked")
        plan = operations._queue_for_modules(self.production, "module_plan", "button")
        self.assertEqual(plan.state, "queued")

    def test_only_who_may_change_modules_plans_and_does(self):
        self.read([row("base"), row("sale")])
        module = self.production.module_ids[:1]
        for call in (module.action_install, module.action_update, module.action_uninstall):
            with self.assertRaises(AccessError):
                getattr(module.with_user(self.viewer), call.__name__)()
        operation = self.ask()
        self.plan(operation)
        with self.assertRaises(AccessError):
            operation.with_user(self.viewer).action_confirm()
        with self.assertRaises(AccessError):
            operation.with_user(self.viewer).action_drop()

    def test_the_jobs_that_read_and_plan_run_in_the_targets_own_image(self):
        run = self.production._read_modules("button")
        job = steps.job(run._context_of("modules"))
        self.assertEqual(job.image, self.production.image_id.uri)
        self.assertEqual(job.command[-1], "modules")
        plan = self.ask().sudo().plan_run_id
        job = steps.job(plan._context_of("module_plan"))
        self.assertIn('"action": "uninstall"', self.order(job))
