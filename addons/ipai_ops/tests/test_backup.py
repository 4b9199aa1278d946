from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .data_case import DataCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestBackup(DataCase):
    def backed_up(self):
        backup = self.production._back_up("button")
        self.play(backup.run_id)
        return backup

    def proven(self):
        backup = self.backed_up()
        self.play(backup.proof_run_id)
        return backup

    def test_a_script_asks_for_a_backup_and_follows_its_state(self):
        backups = self.env["ops.backup"].with_user(self.operator)
        backup = backups.browse(backups.create_backup("acme", "main"))
        self.assertEqual(backup.state, "making")
        self.assertEqual(backup.run_id.kind, "backup")
        self.assertEqual(backup.run_id.lane, "backup")

    def test_a_backup_order_holds_no_secret(self):
        run = self.production._back_up("button").run_id
        repository = self.project._backup_repository().sudo()
        self.assertNotIn(repository.key, str(run.spec))
        self.assertEqual(run.spec["repository"]["facts"]["path"], "/ipai/backups/acme")

    def test_the_repositorys_key_is_a_file_and_never_in_a_log(self):
        run = self.production._back_up("button").run_id
        key = self.project._backup_repository().sudo().key
        self.assertEqual(run._file_content("restic-password"), key)
        self.assertIn(key, run._secret_values())

    def test_a_second_wish_meets_the_backup_that_waits(self):
        first = self.production._back_up("button")
        self.assertEqual(self.production._back_up("api"), first)

    def test_a_waiting_backup_is_not_superseded_by_a_push(self):
        backup = self.production._back_up("schedule")
        self.production._deploy("push")
        self.assertEqual(backup.run_id.state, "queued")

    def test_nothing_deployed_is_nothing_to_back_up(self):
        with self.assertRaisesRegex(UserError, "deploy first"):
            self.make_environment()._back_up("button")

    def test_a_finished_backup_knows_what_it_holds_and_its_proof_is_queued(self):
        backup = self.backed_up()
        self.assertEqual(backup.snapshot, "5a3b9c01")
        self.assertEqual(fields.Datetime.to_string(backup.taken_at), "2026-03-01 02:00:00")
        self.assertEqual((backup.table_count, backup.row_count), (140, 9000))
        self.assertEqual(backup.state, "proving")
        self.assertEqual(backup.proof_run_id.kind, "prove")
        self.assertEqual(backup.proof_run_id.lane, "proof")

    def test_a_proof_runs_on_the_other_server_under_a_role_of_its_own(self):
        run = self.backed_up().proof_run_id
        self.assertEqual(run.spec["server"]["name"], "nonproduction")
        conf = run._file_content("odoo.conf")
        self.assertIn("pg-nonproduction", conf)
        self.assertIn(f"ipaitest_quarantine_{self.production.id}", conf)
        self.assertNotIn(self.production.sudo().db_password, conf)

    def test_a_proof_gives_the_measured_times(self):
        backup = self.proven()
        self.assertEqual(backup.state, "proven")
        self.assertEqual(backup.rto_seconds, 20)  # restore and boot
        self.assertTrue(self.env["ops.fact"].search([("kind", "=", "backup.proven")]))
        self.assertGreater(backup.age_seconds, 0)
        self.assertEqual(self.production.proven_backup_id, backup)
        self.assertEqual(self.production.rto_seconds, 20)
        self.assertGreater(self.production.rpo_seconds, 0)

    def test_a_failed_backup_says_so_and_frees_its_row_for_a_retry(self):
        backup = self.production._back_up("button")
        self.play(backup.run_id, until="backup", cause="The disk is full.")
        self.assertEqual((backup.state, backup.cause), ("failed", "The disk is full."))
        self.assertIn("The disk is full.", self.production.message_ids[0].body)
        backup.run_id.action_retry()
        self.assertEqual(backup.state, "making")
        self.assertEqual(backup.run_id.state, "queued")
        self.play(backup.run_id)
        self.assertEqual(backup.state, "proving")

    def test_a_proof_that_fails_turns_the_backup_red(self):
        backup = self.backed_up()
        self.play(backup.proof_run_id, until="restore", cause="res_partner: 41 rows, not 40.")
        self.assertEqual(backup.state, "damaged")
        self.assertIn("41 rows", backup.cause)
        alert = self.env["ops.alert"].search([("environment_id", "=", self.production.id)])
        self.assertEqual((alert.severity, alert.state), ("critical", "open"))
        fact = self.env["ops.fact"].search([("kind", "=", "backup.failed")], limit=1)
        self.assertEqual(fact.payload["data"]["backup_id"], backup.id)
        self.proven()
        self.assertEqual(alert.state, "resolved")
        with self.assertRaisesRegex(UserError, "cannot be restored"):
            backup.action_restore()

    def test_a_cancelled_proof_says_nothing_about_the_backup(self):
        backup = self.backed_up()
        self.play(backup.proof_run_id, until="restore", state="cancelled")
        self.assertEqual(backup.state, "stored")

    def test_a_proof_that_gives_way_leaves_its_backup_as_it_was(self):
        first = self.backed_up()
        second = self.backed_up()
        self.assertEqual(first.proof_run_id.state, "superseded")
        self.assertEqual((first.state, second.state), ("stored", "proving"))

    def test_quarantined_data_is_gone_after_a_failed_proof(self):
        backup = self.backed_up()
        run = self.play(backup.proof_run_id, until="boot")
        self.assertEqual(self.thing(run._copy("q")).state, "removed")
        self.assertEqual(backup.state, "damaged")

    def test_quarantined_data_that_could_not_be_removed_is_collected(self):
        run = self.backed_up().proof_run_id
        name = run._copy("q")
        self.play(run, until="boot", discard={"ok": False})
        run.step_ids.filtered(lambda step: step.name == "discard").state = "failed"
        run._settle_artifacts()
        artifact = self.thing(name)
        artifact.state = "present"
        run._settle_artifacts()
        self.assertEqual(artifact.state, "garbage")
        [drop] = artifact._databases_by_server()
        self.assertEqual(drop["server"]["name"], "nonproduction")
        volume = f"ipaitest-env-{self.production.id}-quarantine"
        self.assertEqual(drop["files"], [[volume, f"filestore/{name}"]])

    def test_a_held_backup_can_be_let_go(self):
        backup = self.proven()
        backup.with_user(self.operator).action_hold()
        self.assertTrue(backup.is_held)
        backup.with_user(self.operator).action_hold()
        self.assertFalse(backup.is_held)

    def test_a_backup_in_the_repository_cannot_be_deleted(self):
        with self.assertRaises(UserError):
            self.proven().unlink()

    def test_an_archive_is_written_once_and_gone_after_a_day(self):
        backup = self.proven()
        run = backup._export("button")
        self.assertEqual(backup._export("button"), run)
        self.assertEqual(run.lane, "export")
        self.play(run, export={"ok": True, "size_bytes": 77})
        self.assertEqual(backup.export_bytes, 77)
        self.assertEqual(self.thing(backup.export_name).state, "present")
        self.assertEqual(backup.action_download()["type"], "ir.actions.act_url")
        backup.export_until = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        self.env["ops.backup"]._cron_expire_exports()
        archive = self.thing(backup.export_name)
        self.assertEqual(archive.state, "garbage")
        [drop] = archive._databases_by_server()
        self.assertEqual(drop["files"], [["ipaitest-exports", backup.export_name]])
        self.assertEqual(drop["databases"], [])
        with self.assertRaisesRegex(UserError, "no archive"):
            backup._archive()

    def test_due_environments_are_backed_up_and_get_their_next_time(self):
        self.production.state = "up"
        environments = self.env["ops.environment"]
        environments._cron_back_up()
        self.assertEqual(len(self.production.backup_ids), 1)
        self.assertGreater(self.production.next_backup_at, fields.Datetime.now())
        environments._cron_back_up()
        self.assertEqual(len(self.production.backup_ids), 1)

    def test_production_is_backed_up_daily_by_default_and_previews_never(self):
        self.assertEqual(self.production.backup_hours, 24)
        self.assertEqual(self.make_environment().backup_hours, 0)

    def test_a_late_backup_is_told(self):
        backup = self.proven()
        backup.taken_at = fields.Datetime.now() - timedelta(hours=40)
        self.assertTrue(self.production.is_backup_late)
        self.production.state = "up"
        self.env["ops.environment"]._cron_back_up()
        alert = self.env["ops.alert"].search([("key", "=", "backup.late")])
        self.assertEqual(alert.environment_id, self.production)

    def test_the_strip_shows_todays_proven_backup(self):
        backup = self.proven()
        backup.taken_at = fields.Datetime.now()
        today = self.production.backup_strip[-1]
        self.assertEqual((today["tier"], today["state"], today["id"]), ("day", "proven", backup.id))


@tagged("post_install", "-at_install", "ipai_ops")
class TestRetention(DataCase):
    def history(self, days):
        now = fields.Datetime.now()
        return self.env["ops.backup"].browse(
            [
                self.make_backup(
                    self.production, state="proven", taken_at=now - timedelta(days=age)
                ).id
                for age in range(days)
            ]
        )

    def test_what_the_policy_gives_up_is_removed_in_one_run(self):
        backups = self.history(120)
        run = self.production._clear_backups("schedule")
        self.assertEqual(run.kind, "forget")
        self.assertEqual(len(run.spec["snapshots"]), len(run.spec["backup_ids"]))
        self.play(run)
        removed = backups.filtered(lambda backup: backup.state == "removed")
        self.assertEqual(set(removed.ids), set(run.spec["backup_ids"]))
        self.assertLessEqual(len(backups - removed), 14)
        self.assertEqual(backups[0].kept_as.split(", ")[0], "newest")

    def test_a_look_at_the_policy_removes_nothing(self):
        backups = self.history(40)
        self.production.with_user(self.viewer).action_preview_retention()
        self.assertEqual(set(backups.mapped("state")), {"proven"})
        self.assertIn("goes next", backups.mapped("kept_as"))

    def test_nothing_goes_while_the_newest_has_failed(self):
        self.history(120)
        self.make_backup(self.production, state="failed", snapshot=False)
        self.assertFalse(self.production._clear_backups("schedule"))

    def test_a_held_one_and_one_that_is_being_restored_stay(self):
        backups = self.history(120)
        backups[100].is_held = True
        staging = self.make_environment("stage", stage="staging")
        backups[101].image_id = self.image
        backups[101]._restore_into(staging, "button")
        doomed = self.production._judge_backups()
        self.assertIn(backups[102], doomed)
        self.assertNotIn(backups[100], doomed)
        self.assertNotIn(backups[101], doomed)

    def test_the_policy_is_the_projects(self):
        self.project.write({"keep_daily": 2, "keep_weekly": 0, "keep_monthly": 0})
        self.history(30)
        self.assertEqual(len(self.production._judge_backups()), 28)

    def test_a_drill_leaves_a_report_and_no_snapshot(self):
        self.history(1)
        run = self.production._drill("schedule")
        self.assertEqual(run.lane, "proof")
        self.play(run, check={"percent": 100})
        [restore] = run.restore_ids
        self.assertEqual(restore.purpose, "drill")
        self.assertEqual(restore.rto_seconds, 20)
        self.assertIn("percent", restore.report_html)
        self.assertFalse(self.project.snapshot_ids)
        self.assertIn("rehearsed", self.production.message_ids[0].body)


@tagged("post_install", "-at_install", "ipai_ops")
class TestRepository(DataCase):
    def repository(self, **values):
        values = {"project_id": self.project.id, **values}
        return self.env["ops.backup.repository"].create(values)

    def test_s3_credentials_travel_as_a_file(self):
        repository = self.repository(
            kind="s3",
            endpoint="https://s3.example.org",
            bucket="b",
            new_s3_access_key="AKIAEXAMPLE",
            new_s3_secret_key="very secret key",
        )
        run = self.production._back_up("button").run_id
        self.assertIn("AKIAEXAMPLE", run._file_content("s3-credentials"))
        self.assertNotIn("AKIAEXAMPLE", str(run.spec))
        self.assertEqual(run.spec["repository"]["secret_files"][1], "s3-credentials")
        self.assertTrue(repository.has_credentials)
        self.assertFalse(repository.new_s3_secret_key)

    def test_a_repository_without_its_place_is_refused(self):
        with self.assertRaises(ValidationError):
            self.repository(kind="sftp", host="backup.example.org")

    def test_a_new_repository_takes_over_and_the_old_one_stays_readable(self):
        old = self.project._backup_repository()
        new = self.repository(kind="s3", endpoint="https://s3.example.org", bucket="b")
        self.assertEqual(self.project._backup_repository(), new)
        self.assertFalse(old.active)
        self.assertTrue(old.sudo().key)

    def test_the_key_is_shown_once(self):
        repository = self.project._backup_repository()
        shown = repository.with_user(self.manager).action_export_key()
        self.assertEqual(shown["params"]["message"], repository.sudo().key)
        with self.assertRaisesRegex(UserError, "only once"):
            repository.with_user(self.manager).action_export_key()

    def test_an_operator_gets_no_key(self):
        with self.assertRaises(AccessError):
            self.project._backup_repository().with_user(self.operator).action_export_key()

    def test_a_repository_with_backups_stays_where_it_is(self):
        backup = self.make_backup(self.production)
        with self.assertRaisesRegex(UserError, "new one"):
            backup.repository_id.write({"kind": "s3", "endpoint": "https://x", "bucket": "b"})

    def test_old_backups_are_restored_from_the_repository_they_are_in(self):
        backup = self.make_backup(self.production)
        self.repository(kind="s3", endpoint="https://s3.example.org", bucket="b")
        run = backup._prove("button")
        self.assertEqual(run.spec["repository"]["facts"]["kind"], "local")
        self.assertEqual(run._file_content("restic-password"), backup.repository_id.sudo().key)
