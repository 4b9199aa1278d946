import base64
import json
import time
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import tagged

from ..engine import registry_login
from .common import OTHER_SHA, SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestQueue(OpsCase):
    def test_a_build_is_given_a_login_of_its_project_that_ends(self):
        word = self.platform_path.with_name("registry-password")
        word.write_text("registry word", encoding="utf-8")
        addresses = {"address": "127.0.0.1:15001", "internal": "ipaitest-registry:5000"}
        self.addCleanup(self.write_platform)
        self.write_platform(registry={**addresses, "password_file": str(word)})
        run = self.production._deploy("push", SHA)
        told = json.loads(run._file_content("docker-config.json"))["auths"]
        user, _, password = (
            base64.b64decode(told["127.0.0.1:15001"]["auth"]).decode().partition(":")
        )
        code, _, end = user.partition(".")
        self.assertEqual(code, "acme")
        self.assertLess(int(end), time.time() + 13 * 3600)
        login = registry_login.build_login("registry word", "ipaitest", "acme", int(end))
        self.assertEqual((user, password), login)

    def test_odoo_is_told_its_bus_database_and_a_trial_none(self):
        conf = self.production._deploy("push", SHA)._file_content("odoo.conf")
        self.assertIn(f"[ipai]\nbus_database = ipaitest_env_{self.production.id}\n", conf)

    def test_a_deploy_is_frozen_with_all_a_pipeline_needs(self):
        run = self.production._deploy("push", SHA)
        spec = run.spec
        self.assertEqual(spec["kind"], "deploy")
        self.assertEqual(spec["ref"], "refs/heads/main")
        self.assertEqual(spec["commit"], SHA)
        self.assertEqual(spec["project"]["code"], "acme")
        self.assertIs(spec["project"]["has_git_credentials"], False)
        self.assertEqual(spec["environment"]["host"], "acme-main")
        self.assertEqual(spec["environment"]["database"], f"ipaitest_odoo_{self.production.id}")
        self.assertEqual(spec["server"]["admin_secret"], "pg-production-password")
        self.assertEqual(spec["base_url"], "http://acme-main.localhost:18080")
        self.assertNotIn("redeploy", spec)

    def test_no_secret_is_in_a_spec(self):
        self.project.sudo().git_credentials = "ci:glpat-1234567890"
        spec = str(self.production._deploy("push", SHA).spec)
        for secret in (
            self.project.sudo().git_credentials,
            self.project.sudo().webhook_secret,
            self.production.sudo().db_password,
            self.production.sudo().admin_password,
        ):
            self.assertTrue(secret, "one secret was lost when another was set")
            self.assertNotIn(secret, spec)

    def test_development_has_no_database_to_keep(self):
        self.assertNotIn("database", self.make_environment()._deploy("push").spec["environment"])

    def test_the_same_order_has_the_same_fingerprint(self):
        first = self.production._deploy("push", SHA)
        second = self.production._deploy("button", SHA)
        other = self.production._deploy("push", OTHER_SHA)
        self.assertEqual(first.spec_fingerprint, second.spec_fingerprint)
        self.assertNotEqual(first.spec_fingerprint, other.spec_fingerprint)

    def test_a_spec_does_not_change_with_the_project(self):
        run = self.production._deploy("push", SHA)
        self.project.repository_url = "https://git.example.org/moved.git"
        self.assertEqual(
            run.spec["project"]["repository_url"], "https://git.example.org/acme/erp.git"
        )

    def test_the_steps_of_the_pipeline_are_written_down(self):
        run = self.production._deploy("push", SHA)
        names = [
            "build",
            "database",
            "hold",
            "point",
            "update",
            "release",
            "resume",
            "smoke",
            "back",
        ]
        self.assertEqual(run.step_ids.mapped("name"), names)
        self.assertEqual(set(run.step_ids.mapped("state")), {"pending"})
        self.assertGreater(run.step_ids[0].timeout_seconds, 0)

    def test_a_newer_run_supersedes_the_one_that_waits(self):
        first = self.production._deploy("push", SHA)
        second = self.production._deploy("push", OTHER_SHA)
        self.assertEqual(first.state, "superseded")
        self.assertEqual(first.superseded_by_id, second)
        self.assertTrue(first.finished_at)
        self.assertEqual(second.state, "queued")
        self.assertEqual(self.production.waiting_run_id, second)

    def test_one_run_is_active_and_one_waits(self):
        running = self.begin(self.production._deploy("push", SHA))
        waiting = self.production._deploy("push", OTHER_SHA)
        self.production.invalidate_recordset()
        self.assertEqual(self.production.active_run_id, running)
        self.assertEqual(self.production.waiting_run_id, waiting)
        self.assertEqual(running.state, "running")

    def test_the_database_itself_refuses_a_second_running_run(self):
        self.begin(self.production._deploy("push", SHA))
        second = self.production._deploy("push", OTHER_SHA)
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.cr.savepoint(),
            self.assertLogs("odoo.sql_db", "ERROR"),
        ):
            second.write({"state": "running"})
            second.flush_recordset()

    def test_two_requests_at_one_moment_are_tried_again(self):
        collision = psycopg2.errors.UniqueViolation("of another request")
        runs = self.registry["ops.run"]
        with (
            patch.object(runs, "_create_in_place_of_waiting", side_effect=collision),
            self.assertRaises(ConcurrencyError),
        ):
            self.production._deploy("push", SHA)

    def test_queueing_wakes_the_driver(self):
        wake_ups = [("cron_id", "=", self.env.ref("ipai_ops.cron_drive").id)]
        before = self.env["ir.cron.trigger"].search_count(wake_ups)
        self.production._deploy("push", SHA)
        self.assertGreater(self.env["ir.cron.trigger"].search_count(wake_ups), before)

    def test_a_control_plane_that_starts_again_goes_on_at_once(self):
        cron = self.env.ref("ipai_ops.cron_drive")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self.env["ops.run"]._register_hook()
        self.assertFalse(triggers.search_count([("cron_id", "=", cron.id)]))
        self.production._deploy("push")
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self.env["ops.run"]._register_hook()
        self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))

    def test_an_overdue_call_of_the_driver_wakes_the_scheduler_again(self):
        cron = self.env.ref("ipai_ops.cron_drive").sudo()
        self.env["ir.cron.trigger"].sudo().search([]).unlink()  # of the log's readers too
        with patch.object(type(cron), "_notifydb", autospec=True) as notified:
            self.env["ops.run"].sudo()._wake_late_driver()
            self.assertFalse(notified.called)
            earlier = fields.Datetime.now() - timedelta(seconds=10)
            values = {"cron_id": cron.id, "call_at": earlier}
            self.env["ir.cron.trigger"].sudo().create(values)
            self.env["ops.run"].sudo()._wake_late_driver()
            self.assertTrue(notified.called)

    def test_who_asked_is_remembered_for_people_only(self):
        by_button = self.production.with_user(self.operator)._deploy("button")
        self.assertEqual(by_button.requested_by_id, self.operator)
        by_system = self.production._deploy("push")
        self.assertFalse(by_system.requested_by_id)

    def test_expected_durations_come_from_earlier_runs(self):
        for seconds in (10, 30, 20):
            done = self.begin(self.production._deploy("push", SHA))
            build = done.step_ids[0]
            build.write({"state": "done"})
            build.duration_seconds = seconds
            self.finish(done)
        run = self.production._deploy("push", SHA)
        self.assertEqual(run.step_ids[0].predicted_seconds, 20)

    def test_cancelling_a_waiting_run_ends_it_at_once(self):
        run = self.production._deploy("push", SHA)
        run.with_user(self.operator).action_cancel()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(self.production.state, "new")

    def test_cancelling_a_running_run_asks_the_driver(self):
        run = self.begin(self.production._deploy("push", SHA))
        run.with_user(self.operator).action_cancel()
        self.assertEqual(run.state, "running")
        self.assertTrue(run.cancel_requested)

    def test_what_is_over_cannot_be_cancelled(self):
        run = self.finish(self.production._deploy("push", SHA))
        with self.assertRaisesRegex(UserError, "over"):
            run.action_cancel()

    def test_a_retry_is_a_new_run_of_the_same_commit(self):
        failed = self.finish(self.production._deploy("push", SHA, commit_subject="VAT"), "failed")
        failed.with_user(self.operator).action_retry()
        again = self.production.waiting_run_id
        self.assertEqual(again.retry_of_id, failed)
        self.assertEqual((again.commit, again.commit_subject), (SHA, "VAT"))
        self.assertEqual(again.trigger, "retry")

    def test_what_still_runs_cannot_be_retried(self):
        run = self.begin(self.production._deploy("push", SHA))
        with self.assertRaisesRegex(UserError, "not over"):
            run.action_retry()

    def test_an_earlier_image_is_deployed_again_without_a_build(self):
        run, image = self.deployed_with_image()
        run.with_user(self.operator).action_redeploy()
        again = self.production.waiting_run_id
        self.assertEqual(again.spec["redeploy"]["image"], image.uri)
        self.assertEqual(again.spec["redeploy"]["install"], ["acme_sale"])
        self.assertNotIn("build", again.step_ids.mapped("name"))
        self.assertEqual(again.redeploy_image_id, image)

    def test_an_image_that_is_gone_cannot_be_deployed_again(self):
        run, image = self.deployed_with_image()
        image._mark_removed()
        with self.assertRaisesRegex(UserError, "not kept"):
            run.action_redeploy()

    def test_the_wizard_offers_the_images_of_the_project(self):
        _run, image = self.deployed_with_image()
        wizards = self.env["ops.environment.redeploy"].with_user(self.operator)
        wizard = wizards.create({"environment_id": self.production.id, "image_id": image.id})
        self.assertIn(image, wizard.allowed_image_ids)
        wizard.action_confirm()
        self.assertEqual(self.production.waiting_run_id.redeploy_image_id, image)

    def test_a_restart_keeps_image_and_database(self):
        with self.assertRaisesRegex(UserError, "deploy first"):
            self.production.action_restart()
        _run, image = self.deployed_with_image()
        self.production.image_id = image
        self.production.with_user(self.operator).action_restart()
        run = self.production.waiting_run_id
        self.assertEqual((run.kind, run.redeploy_image_id), ("restart", image))
        self.assertEqual(run.spec["environment"]["database"], self.production.database_name)
        self.assertNotIn("build", run.step_ids.mapped("name"))

    def test_people_cannot_write_runs(self):
        run = self.production._deploy("push", SHA)
        for user in (self.viewer, self.operator, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                run.with_user(user).write({"state": "done"})

    def test_a_clean_up_is_queued_when_there_is_garbage_and_once(self):
        runs = self.env["ops.run"]
        collecting = [("kind", "=", "collect")]
        runs._cron_collect()
        self.assertFalse(runs.search(collecting))
        run = self.production._deploy("push", SHA)
        artifacts = self.env["ops.artifact"]
        artifacts._plan(run, "image", "x", "reg/x@sha256:1")._mark_garbage("old")
        artifacts._plan(run, "database", "old_db", "postgresql://pg/old_db")._mark_garbage("old")
        runs._cron_collect()
        runs._cron_collect()
        collect = runs.search(collecting)
        self.assertEqual(len(collect), 1)
        self.assertEqual(collect.spec["images"], ["reg/x@sha256:1"])
        [dropped] = collect.spec["garbage_databases"]
        self.assertEqual(dropped["databases"], ["old_db"])
        self.assertEqual(dropped["server"]["name"], "production")

    def test_a_run_says_what_it_is_doing(self):
        run = self.production._deploy("push", SHA)
        self.assertEqual(run.headline, "Waiting to deploy 3f2c1a9")
        self.begin(run)
        run.step_ids[0].write({"state": "running", "progress": 0.5})
        self.assertEqual(run.headline, "Deploying 3f2c1a9 · build")
        self.assertEqual(
            run.progress, 6.2
        )  # half of one of eight steps; the way back does not count

    def test_a_deploy_says_how_many_tests_passed(self):
        run = self.finish(self.production._deploy("push", SHA))
        update = run.step_ids.filtered(lambda step: step.name == "update")
        update.result = {"tests": {"run": 62, "failed": 2}}
        self.assertEqual(run.headline, "Deployed 3f2c1a9 · 60 tests passed")

    def deployed_with_image(self):
        run = self.begin(self.production._deploy("push", SHA))
        uri = "127.0.0.1:15001/ipaitest/acme@sha256:abc"
        image = self.env["ops.artifact"]._plan(run, "image", SHA, uri)
        image._mark_present()
        run.step_ids[0].write({"state": "done", "result": {"image": uri, "install": ["acme_sale"]}})
        return self.finish(run), image
