import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..engine import steps
from .common import OTHER_SHA
from .data_case import DataCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestRestore(DataCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backup = cls.make_backup(cls.production, image_id=cls.image.id, state="proven")

    def steps_of(self, run):
        return run.step_ids.sorted("sequence").mapped("name")

    def test_a_restore_is_compared_and_started_before_it_is_swapped_in(self):
        run = self.backup._restore_into(self.production, "button").run_id
        names = self.steps_of(run)
        self.assertLess(names.index("restore"), names.index("boot"))
        self.assertLess(names.index("update"), names.index("swap"))
        self.assertNotIn("mask", names)
        self.assertEqual(run.lane, "data")

    def test_what_served_is_kept_aside_one_click_away(self):
        run = self.play(self.backup._restore_into(self.production, "button").run_id)
        [aside] = self.production.present_point_ids
        self.assertEqual(aside.kind, "aside")
        self.assertEqual(aside.image_id, self.image)
        self.assertGreater(aside.expires_at, fields.Datetime.now())
        self.assertEqual(run.restore_ids.aside_id, aside)
        self.assertEqual(self.thing(aside.database_name).state, "present")
        self.assertEqual(self.thing(run._copy("i")).state, "removed")
        self.assertEqual(self.production.state, "up")

    def test_one_click_brings_back_what_was_put_aside(self):
        self.play(self.backup._restore_into(self.production, "button").run_id)
        [aside] = self.production.present_point_ids
        wizard = self.env["ops.rollback.wizard"].with_context(**aside.action_roll_back()["context"])
        wizard = wizard.create({"typed_name": "main"})
        self.assertTrue(wizard.with_data)
        self.assertEqual(wizard.point_id, aside)
        run = self.env["ops.run"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual(run.spec["point"]["database"], aside.database_name)
        self.play(run)
        self.assertEqual(aside.state, "used")
        self.assertEqual(len(self.production.present_point_ids), 1)

    def test_a_restore_that_breaks_leaves_what_serves(self):
        run = self.backup._restore_into(self.production, "button").run_id
        incoming = run._copy("i")
        self.play(run, until="boot")
        self.assertFalse(self.production.present_point_ids)
        self.assertEqual(self.production.state, "up")
        self.assertEqual(self.production.image_id, self.image)
        self.assertEqual(self.thing(incoming).state, "garbage")
        self.assertNotEqual(self.thing(self.production.database_name).state, "garbage")

    def test_a_release_that_fails_after_the_swap_brings_the_old_data_back(self):
        run = self.play(
            self.backup._restore_into(self.production, "button").run_id, until="release"
        )
        back = run.step_ids.filtered(lambda step: step.name == "back")
        self.assertEqual(back.state, "done")
        self.assertFalse(self.production.present_point_ids)

    def test_productions_data_is_neutralised_and_masked_on_its_way_to_staging(self):
        staging = self.make_environment("stage", stage="staging")
        run = self.backup._restore_into(staging, "api").run_id
        names = self.steps_of(run)
        self.assertLess(names.index("neutralize"), names.index("swap"))
        self.assertLess(names.index("mask"), names.index("update"))
        key = run._file_content("masking-key")
        self.assertEqual(key, self.project.sudo().masking_key)
        self.assertNotIn(key, str(run.spec))

    def test_productions_backup_becomes_the_data_of_a_new_development_environment(self):
        preview = self.make_environment("feature/pos")
        run = self.begin(self.backup._restore_into(preview, "api").run_id)
        names = self.steps_of(run)
        wanted = ["restore", "neutralize", "mask", "update", "swap", "release"]
        self.assertEqual([name for name in names if name in wanted], wanted)
        update = steps.job(run._context_of("update"))
        self.assertTrue(json.loads(update.environment["IPAI_SPEC"])["catches_mail"])
        volumes = {mount.source for mount in steps.job(run._context_of("restore")).mounts}
        self.assertIn(f"ipaitest-env-{preview.id}-data", volumes)
        self.assertNotIn(f"ipaitest-env-{self.production.id}-data", volumes)
        self.assertIn("smtp_server = ipaitest-mail\n", run._odoo_conf())
        for made in steps.makes(run._context_of("swap")):
            run._plan_made(made)
        self.play(run)
        self.assertEqual(preview.state, "up")
        database = self.env["ops.artifact"].search([("name", "=", preview.database_name)])
        self.assertEqual((database.kind, database.state), ("database", "present"))
        self.assertNotEqual(preview.database_name, self.production.database_name)
        destroy = self.begin(preview._destroy("button"))
        self.assertIn(preview.database_name, destroy.spec["databases"])

    def test_production_takes_no_foreign_backup(self):
        staging = self.make_environment("stage", stage="staging")
        backup = self.make_backup(staging, image_id=self.image.id)
        with self.assertRaisesRegex(UserError, "only its own"):
            backup._restore_into(self.production, "api")

    def test_a_script_restores(self):
        backups = self.env["ops.backup"].with_user(self.manager)
        run = self.env["ops.run"].browse(backups.restore_backup(self.backup.id, "main"))
        self.assertEqual((run.kind, run.state), ("restore", "queued"))

    def test_the_wizard_says_what_is_lost_and_asks_for_the_name(self):
        self.backup.taken_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=90)
        wizard = self.env["ops.restore.wizard"].create({"backup_id": self.backup.id})
        self.assertEqual(wizard.environment_id, self.production)
        self.assertIn("1 h 30 min", wizard.lost_text)
        self.assertIn(self.image.run_id, wizard.lost_run_ids)
        with self.assertRaisesRegex(UserError, "Type “main”"):
            wizard.action_confirm()
        wizard.typed_name = "main"
        run = self.env["ops.run"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual(run.kind, "restore")

    def test_a_waiting_restore_is_not_superseded_by_a_push(self):
        run = self.backup._restore_into(self.production, "button").run_id
        self.production._deploy("push", OTHER_SHA)
        self.assertEqual(run.state, "queued")

    def test_who_may_only_deploy_neither_cancels_nor_retries_a_restore(self):
        run = self.backup._restore_into(self.production, "button").run_id
        theirs = run.with_user(self.operator)  # restores below production only
        with self.assertRaises(AccessError):
            theirs.action_cancel()
        self.play(run, until="boot")
        with self.assertRaises(AccessError):
            theirs.action_retry()

    def test_a_retried_restore_is_about_the_same_backup(self):
        run = self.play(self.backup._restore_into(self.production, "button").run_id, until="boot")
        again = self.env["ops.run"].browse(run.action_retry()["res_id"])
        self.assertEqual(again.spec["backup"], run.spec["backup"])
        self.assertEqual(again.restore_ids.backup_id, self.backup)


@tagged("post_install", "-at_install", "ipai_ops")
class TestRollback(DataCase):
    def deployed(self, until=None, **results):
        return self.play(self.production._deploy("push", OTHER_SHA), until=until, **results)

    def test_each_production_deploy_leaves_a_restore_point(self):
        run = self.deployed()
        [point] = self.production.present_point_ids
        self.assertEqual((point.kind, point.run_id), ("point", run))
        self.assertEqual(point.image_id, self.image)
        self.assertEqual(point.method, "reflink")
        self.assertEqual(self.thing(point.database_name).state, "present")

    def test_the_next_deploy_does_not_collect_the_point(self):
        self.deployed()
        [point] = self.production.present_point_ids
        self.deployed()
        self.assertEqual(self.thing(point.database_name).state, "present")

    def test_a_failed_update_goes_back_by_itself_and_keeps_what_it_left(self):
        run = self.deployed(until="update")
        self.assertEqual(run.state, "failed")
        [left] = self.production.present_point_ids
        self.assertEqual(left.kind, "failed")
        self.assertEqual(left.database_name, run._copy("f"))
        self.assertEqual(self.production.image_id, self.image)

    def test_a_script_goes_back_to_a_deployment_with_its_data(self):
        before = self.image.run_id
        self.deployed()
        [point] = self.production.present_point_ids
        runs = self.env["ops.run"].with_user(self.manager)
        plain = self.env["ops.run"].browse(runs.restore_deployment(before.id))
        self.assertNotIn("point", plain.spec)
        with_data = self.env["ops.run"].browse(runs.restore_deployment(before.id, True))
        self.assertEqual(with_data.spec["point"]["database"], point.database_name)
        self.assertEqual(with_data.spec["redeploy"]["image"], self.image.uri)
        self.play(with_data)
        self.assertEqual(self.production.image_id, self.image)
        self.assertEqual(point.state, "used")

    def test_a_point_that_is_gone_is_said_to_be(self):
        runs = self.env["ops.run"]
        with self.assertRaisesRegex(UserError, "No restore point"):
            runs.restore_deployment(self.image.run_id.id, with_data=True)

    def test_the_wizard_behind_a_deploy_knows_its_point(self):
        run = self.deployed()
        action = run.action_roll_back()
        wizard = self.env["ops.rollback.wizard"].with_context(**action["context"]).create({})
        self.assertEqual(wizard.point_id, self.production.present_point_ids)
        self.assertEqual(wizard.image_id, self.image)
        self.assertIn("What was written", wizard.lost_text)
        self.assertIn(run, wizard.lost_run_ids)
        wizard.with_data = False
        self.assertIn("No data", wizard.lost_text)

    def test_old_and_surplus_points_expire_but_not_those_in_use(self):
        self.project.keep_points = 1
        for _time in range(3):
            self.deployed()
        points = self.production.present_point_ids.sorted("id")
        self.production._roll_back(self.image, points[0], "api")
        self.env["ops.restore.point"]._cron_expire()
        self.assertEqual(points.mapped("state"), ["present", "expired", "present"])
        self.assertEqual(self.thing(points[1].database_name).state, "garbage")


@tagged("post_install", "-at_install", "ipai_ops")
class TestSnapshot(DataCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.staging = cls.make_environment("stage", stage="staging")

    def snapshot(self, **options):
        backup = self.production._back_up("button")
        self.play(backup.run_id)
        self.play(backup.proof_run_id, **options)
        return backup.snapshot_ids

    def test_a_proof_leaves_a_snapshot_with_its_reports(self):
        snapshot = self.snapshot()
        self.assertEqual((snapshot.state, snapshot.leaks), ("present", 0))
        self.assertEqual((snapshot.rows_masked, snapshot.undecided_count), (40, 1))
        self.assertIn("res_partner.name", snapshot.masking_html)
        self.assertIn("pay_&lt;b&gt;", snapshot.checks_html)
        self.assertEqual(snapshot.database_server_id.name, "nonproduction")
        self.assertEqual(self.thing(snapshot.database_name).state, "present")

    def test_data_that_is_not_proven_safe_makes_no_snapshot_but_the_backup_is_proven(self):
        snapshot = self.snapshot(until="mask", cause="An original is left in mail_message.body.")
        self.assertEqual(snapshot.state, "failed")
        self.assertIn("mail_message.body", snapshot.cause)
        self.assertEqual(snapshot.backup_id.state, "proven")
        self.assertFalse(
            self.env["ops.snapshot"]._newest(self.project, self.staging.database_server_id)
        )

    def test_a_first_staging_deploy_starts_from_the_snapshot(self):
        snapshot = self.snapshot()
        run = self.staging._deploy("push")
        names = run.step_ids.mapped("name")
        self.assertIn("clone", names)
        self.assertLess(names.index("update"), names.index("swap"))
        self.play(run)
        self.assertEqual(snapshot.clone_ids.environment_id, self.staging)

    def test_staging_keeps_its_data_afterwards_unless_it_shall_not(self):
        self.snapshot()
        self.play(self.staging._deploy("push"))
        self.assertNotIn("clone", self.staging._deploy("push").step_ids.mapped("name"))
        self.staging.data_policy = "clone"
        self.assertIn("clone", self.staging._deploy("push").step_ids.mapped("name"))

    def test_a_deploy_that_begins_late_takes_the_newest_snapshot(self):
        self.snapshot()
        run = self.staging._deploy("push")
        newer = self.snapshot()
        self.begin(run)
        self.assertEqual(run.spec["snapshot"]["database"], newer.database_name)

    def test_without_a_snapshot_staging_starts_empty_and_a_fresh_clone_says_why_not(self):
        self.assertNotIn("clone", self.staging._deploy("push").step_ids.mapped("name"))
        with self.assertRaisesRegex(UserError, "no snapshot yet"):
            self.staging.action_fresh_clone()

    def test_a_push_does_nothing_where_staging_is_deployed_by_hand(self):
        from ..engine.webhooks import PushEvent

        self.staging.data_policy = "nothing"
        event = PushEvent(branch="stage", commit=OTHER_SHA, subject="x", author="y")
        run, reason = self.project._receive(event)
        self.assertFalse(run)
        self.assertIn("by hand", reason)

    def test_older_snapshots_are_given_up_but_not_the_one_being_cloned(self):
        first = self.snapshot()
        self.begin(self.staging._deploy("push"))
        self.snapshot()
        self.snapshot()
        self.assertEqual(first.state, "present")
        self.play(self.staging.active_run_id)
        self.snapshot()
        self.assertEqual(first.state, "removed")
        artifact = self.thing(first.database_name)
        self.assertEqual(artifact.state, "garbage")
        self.assertEqual(artifact.files, f"ipaitest-snapshots/{first.database_name}")

    def test_destroying_production_drops_its_own_server_and_collects_the_other(self):
        snapshot = self.snapshot()
        run = self.production._destroy("button")
        self.begin(run)
        self.assertNotIn(snapshot.database_name, run.spec["databases"])
        self.assertIn(f"ipaitest-env-{self.production.id}-quarantine", run.spec["volumes"])
        run._finish("done", fields.Datetime.now())
        self.assertEqual(self.thing(snapshot.database_name).state, "garbage")
