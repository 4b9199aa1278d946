"""Production as of a time: base backups that come by themselves, the reach, the wizard, its run."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .data_case import DataCase

LOOKED_AT = {
    "ok": True,
    "oldest": "2026-03-01T02:00:00Z",
    "newest": "2026-03-04T10:32:15Z",
    "base_backups": 3,
    "base_bytes": 9_000_000,
    "lag_seconds": 12,
    "failed": 0,
    "failing": False,
    "waiting": 0,
}
INSIDE = fields.Datetime.to_datetime("2026-03-03 10:32:07")


@tagged("post_install", "-at_install", "ipai_ops")
class TestMoment(DataCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.production.database_server_id
        cls.staging = cls.make_environment("stage", stage="staging")

    def due(self):
        """Let the schedule look, and return the run it queued."""
        self.env["ops.database.server"]._cron_archive()
        return self.server._archive_run()

    def look(self, **found):
        """Let a look at the archive end with what it found."""
        run = self.server._queue_archive("watch", "schedule")
        return self.play(run, watch={**LOOKED_AT, **found})

    def ask(self, **values):
        return self.env["ops.moment.wizard"].create({"source_id": self.production.id, **values})

    def alerts(self):
        known = [("environment_id", "=", self.production.id), ("key", "=", "archive")]
        return self.env["ops.alert"].search(known)

    def test_a_full_base_backup_comes_first_then_a_difference_each_day(self):
        first = self.due()
        self.assertEqual((first.kind, first.spec["base"]["kind"]), ("base", "full"))
        self.play(first, base={"kind": "full"}, watch=LOOKED_AT)
        self.server.base_tried_at -= timedelta(hours=2)
        self.assertEqual(self.due().kind, "watch")
        self.server._archive_run().unlink()
        self.server.base_at -= timedelta(days=1)
        self.assertEqual(self.due().spec["base"]["kind"], "diff")

    def test_the_containers_of_a_base_backup_are_told_all_they_need(self):
        run = self.due()
        order, volumes = self.order_of(run, "base")
        self.assertEqual((order["kind"], order["retention_days"]), ("full", 7))
        self.assertEqual(volumes["/var/lib/postgresql"], "ipaitest-postgres-production")
        order, volumes = self.order_of(run, "watch")
        self.assertEqual(order["server"], {"host": "pg-production", "port": 5432})
        self.assertEqual(volumes["/ipai/wal"], "ipaitest-wal")

    def test_a_week_after_the_last_full_one_a_full_one_is_due(self):
        now = fields.Datetime.now()
        self.server.write({"base_at": now, "base_full_at": now - timedelta(days=7)})
        self.assertEqual(self.due().spec["base"]["kind"], "full")

    def test_a_base_backup_that_failed_is_tried_again_after_an_hour(self):
        self.play(self.due(), until="base")
        self.assertEqual(self.due().kind, "watch")
        self.server._archive_run().unlink()
        self.server.base_tried_at -= timedelta(hours=2)
        self.assertEqual(self.due().kind, "base")

    def test_no_second_run_while_one_is_under_way(self):
        first = self.due()
        self.assertEqual(self.due(), first)
        self.assertEqual(self.server._look("button"), first)

    def test_a_server_without_production_data_is_left_alone(self):
        self.production.database_name = False
        self.assertFalse(self.due())

    def test_the_reach_shows_on_the_environment_and_older_looks_go(self):
        self.look(newest="2026-03-04T10:00:00Z")
        run = self.look()
        self.assertEqual(str(self.production.archive_oldest_at), "2026-03-01 02:00:00")
        self.assertEqual(str(self.production.archive_newest_at), "2026-03-04 10:32:15")
        self.assertEqual(self.production.archive_lag_seconds, 12)
        self.assertEqual(self.env["ops.run"].search([("kind", "=", "watch")]), run)
        self.assertFalse(self.env["ops.fact"].search([("run_id", "=", run.id)]))

    def test_an_archive_that_stops_is_an_alert_and_a_fact_once_until_it_goes_on(self):
        for _look in range(2):
            self.look(failing=True, waiting=4)
        self.assertIn("4 segments wait", self.alerts().name)
        self.assertEqual(self.alerts().severity, "critical")
        self.assertTrue(self.production.archive_failing)
        facts = [("kind", "=", "archive.failed"), ("environment_id", "=", self.production.id)]
        self.assertEqual(self.env["ops.fact"].search_count(facts), 1)
        self.look()
        self.assertEqual(self.alerts().state, "resolved")

    def test_a_look_that_fails_says_why(self):
        run = self.server._queue_archive("watch", "schedule")
        self.play(run, until="watch", cause="The archive has no base backup yet.")
        run.cause = "The archive has no base backup yet."
        self.server._judge_archive(run)
        self.assertIn("no base backup", self.alerts().name)

    def test_a_time_becomes_a_new_staging_environment_neutral_and_masked(self):
        self.look()
        wizard = self.ask(moment=INSIDE)
        self.assertRegex(wizard.new_name, r"^main-0303-\d{6}$")
        run = self.env["ops.run"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual(
            " ".join(run.step_ids.sorted("sequence").mapped("name")),
            "role recover own boot neutralize mask update hold swap release resume smoke back "
            "discard",
        )
        place = run.environment_id
        self.assertEqual((place.stage, place.data_policy), ("staging", "nothing"))
        moment = run.spec["moment"]
        self.assertEqual(moment["time"], "2026-03-03T10:32:07Z")
        self.assertEqual(moment["database"], self.production.database_name)
        order, volumes = self.order_of(run, "recover")
        self.assertEqual(order["server"], {"host": "pg-nonproduction", "port": 5432})
        self.assertTrue(order["source_filestore"].endswith(self.production.database_name))
        self.assertEqual(volumes["/ipai/source"], f"ipaitest-env-{self.production.id}-data")
        self.play(run)
        self.assertEqual(place.state, "up")
        self.assertEqual(run.restore_ids.data_at, INSIDE)

    def test_production_goes_back_in_place_only_for_who_types_its_name(self):
        self.look()
        wizard = self.ask(moment=INSIDE, target="existing", environment_id=self.production.id)
        self.assertTrue(wizard.needs_name)
        with self.assertRaisesRegex(UserError, "Type “main”"):
            wizard.action_confirm()
        wizard.typed_name = "main"
        run = self.env["ops.run"].browse(wizard.action_confirm()["res_id"])
        self.assertNotIn("neutralize", run.step_ids.mapped("name"))
        self.play(run)
        self.assertEqual(run.restore_ids.aside_id.kind, "aside")

    def test_a_time_outside_of_the_reach_is_refused_with_it(self):
        with self.assertRaisesRegex(UserError, "no base backup yet"):
            self.ask(moment=INSIDE).action_confirm()
        self.look()
        late = INSIDE + timedelta(days=2)
        with self.assertRaisesRegex(UserError, "until 2026-03-04 10:32:15"):
            self.ask(moment=late).action_confirm()
        self.assertFalse(self.env["ops.restore"].search([("purpose", "=", "recovery")]))

    def test_the_wizard_says_how_far_behind_and_what_is_lost(self):
        self.look(newest=fields.Datetime.to_string(fields.Datetime.now()).replace(" ", "T") + "Z")
        moment = fields.Datetime.now() - timedelta(minutes=37)
        wizard = self.ask(moment=moment, target="existing", environment_id=self.production.id)
        self.assertEqual(wizard.behind_text, "37 min")
        self.assertIn("last 37 min", wizard.lost_text)
        self.assertIn("kept aside", wizard.kept_text)
        self.assertFalse(wizard.masked_text)

    def test_who_may_restore_staging_may_not_turn_production_back(self):
        self.look()
        tester = self.make_member("tester")
        values = {"moment": INSIDE, "target": "existing", "typed_name": "main"}
        for place, may in ((self.staging, True), (self.production, False)):
            wizard = self.ask(environment_id=place.id, **values).with_user(tester)
            if may:
                self.assertTrue(wizard.action_confirm())
            else:
                self.assertRaises(AccessError, wizard.action_confirm)

    def test_a_script_asks_for_a_time(self):
        self.look()
        environments = self.env["ops.environment"]
        with self.assertRaisesRegex(UserError, "is no time"):
            environments.restore_as_of("acme", "main", "yesterday", "stage")
        run = environments.restore_as_of("acme", "main", "2026-03-03 10:32:07", "stage")
        self.assertEqual(self.env["ops.run"].browse(run).environment_id, self.staging)

    def test_staging_has_no_times(self):
        with self.assertRaisesRegex(UserError, "production with data"):
            self.staging.action_restore_as_of()

    def test_opening_the_wizard_looks_anew(self):
        self.look()
        self.server.archive_checked_at -= timedelta(hours=1)
        self.production.action_restore_as_of()
        self.assertEqual(self.server._archive_run().kind, "watch")
