"""Archives of Odoo: what lies there, what is said before one is taken in, what a run then does."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .import_case import ImportCase

STEPS_OF_STAGING = "build role import_zip own neutralize mask update boot hold swap release resume smoke back discard"
STEPS_OF_PRODUCTION = "role import_zip own renew update boot hold swap release resume smoke back"


@tagged("post_install", "-at_install", "ipai_ops")
class TestArchive(ImportCase):
    def archives(self, project=None):
        return self.env["ops.archive"]._scan(project or self.project)

    def ready(self, **values):
        """Return an archive that lies there."""
        self.put()
        archive = self.archives()
        archive.write(values)
        return archive

    def ask(self, environment, archive, **values):
        wizard = {"environment_id": environment.id, "archive_id": archive.id, **values}
        return self.env["ops.import.wizard"].create(wizard)

    def test_what_lies_in_the_folder_is_listed_with_its_size(self):
        path = self.put("acme.from-sh.zip")
        archive = self.archives()
        self.assertEqual(archive.name, "from-sh.zip")
        self.assertEqual(archive.size_bytes, path.stat().st_size)
        self.assertEqual(archive.source, "folder")
        self.assertFalse(archive.expires_at)

    def test_a_project_sees_only_what_bears_its_code(self):
        self.put("bikes.a.zip")
        self.put("acme-two.a.zip")
        self.put("acme.zip.txt")
        (self.folder / "acme.link.zip").symlink_to("/etc/passwd")
        self.assertFalse(self.archives())

    def test_a_file_that_is_gone_is_forgotten(self):
        archive = self.ready()
        self.empty_folder()
        self.assertFalse(self.archives())
        self.assertEqual(archive.state, "removed")

    def test_an_import_into_a_new_staging_builds_first_and_leaves_it_neutral_and_masked(self):
        run = self.ready()._import_into(self.staging, "button").run_id
        self.assertEqual(" ".join(run.step_ids.sorted("sequence").mapped("name")), STEPS_OF_STAGING)
        self.play(run)
        self.assertEqual(self.staging.state, "up")
        self.assertTrue(self.staging.database_name)
        self.assertEqual(run.restore_ids.purpose, "import")

    def test_the_container_that_takes_it_in_is_told_all_it_needs(self):
        run = self.ready()._import_into(self.staging, "button").run_id
        order, volumes = self.order_of(run, "import_zip")
        self.assertEqual(order["name"], "acme.sh.zip")
        self.assertEqual(order["server"], {"host": "pg-nonproduction", "port": 5432})
        self.assertTrue(order["database"].endswith(f"_i{run.id}"))
        self.assertEqual(volumes["/ipai/imports"], "ipaitest-imports")
        run = self.archives()._import_into(self.production, "button").run_id
        order, _volumes = self.order_of(run, "renew")
        self.assertEqual(order["base_url"], self.production.url)

    def test_an_import_into_production_keeps_what_served_and_renews_the_identity(self):
        before = self.production.database_name
        run = self.ready()._import_into(self.production, "button").run_id
        names = " ".join(run.step_ids.sorted("sequence").mapped("name"))
        self.assertEqual(names, STEPS_OF_PRODUCTION)
        self.play(run)
        self.assertEqual(self.production.database_name, before)
        self.assertEqual(run.restore_ids.aside_id.kind, "aside")
        self.assertEqual(run.restore_ids.aside_id.state, "present")

    def test_a_refused_archive_is_told_in_the_headline_and_nothing_has_changed(self):
        image, database = self.production.image_id, self.production.database_name
        run = self.ready()._import_into(self.production, "button").run_id
        why = "The archive is refused: it has no dump.sql."
        self.play(run, until="import_zip", cause=why)
        self.assertIn(why, run.headline)
        self.assertEqual(self.production.image_id, image)
        self.assertEqual(self.production.database_name, database)
        self.assertEqual(self.production.state, "up")
        self.assertEqual(self.thing(f"{database}_i{run.id}").state, "garbage")

    def test_productions_data_is_put_aside_only_for_who_types_its_name(self):
        wizard = self.ask(self.production, self.ready())
        self.assertTrue(wizard.needs_name)
        with self.assertRaisesRegex(UserError, "Type “main”"):
            wizard.action_confirm()
        wizard.typed_name = "main"
        self.assertEqual(wizard.action_confirm()["res_model"], "ops.run")

    def test_production_without_data_needs_no_name(self):
        self.production.database_name = False
        wizard = self.ask(self.production, self.ready())
        self.assertFalse(wizard.needs_name)
        self.assertIn("no data is there", wizard.lost_text)

    def test_the_wizard_says_what_is_lost_kept_and_changed(self):
        wizard = self.ask(self.production, self.ready())
        self.assertIn("All data that main has now", wizard.lost_text)
        self.assertIn("kept aside for 3 days", wizard.kept_text)
        self.assertIn("stay as they are", wizard.change_text)
        self.assertIn("switched off", self.ask(self.staging, self.archives()).change_text)

    def test_persons_stay_only_for_who_has_the_data_anyway(self):
        archive = self.ready()
        tester = self.make_member("tester")
        wizard = self.ask(self.staging, archive, is_masked=False).with_user(tester)
        with self.assertRaisesRegex(AccessError, "have them masked"):
            wizard.action_confirm()
        self.assertTrue(self.ask(self.staging, archive).with_user(tester).action_confirm())

    def test_an_upload_for_production_is_not_for_those_who_may_only_restore_staging(self):
        archive = self.ready(environment_id=self.production.id, source="upload")
        tester = self.make_member("tester")
        with self.assertRaises(AccessError):
            self.ask(self.staging, archive).with_user(tester).action_confirm()

    def test_an_archive_of_another_project_is_refused(self):
        values = {
            "name": "Bikes",
            "code": "bikes",
            "repository_url": "https://git.example/bikes.git",
        }
        other = self.env["ops.project"].create(values)
        self.put("bikes.a.zip")
        with self.assertRaisesRegex(UserError, "within its own project"):
            self.archives(other)._import_into(self.staging, "button")

    def test_a_script_names_the_file(self):
        self.put("acme.sh.zip")
        archives = self.env["ops.archive"]
        run = self.env["ops.run"].browse(archives.import_archive("acme", "stage", "sh.zip"))
        self.assertEqual(run.spec["archive"]["file"], "acme.sh.zip")
        with self.assertRaisesRegex(UserError, "Type “main”"):
            archives.import_archive("acme", "main", "sh.zip")
        self.assertTrue(archives.import_archive("acme", "main", "sh.zip", "main"))
        with self.assertRaisesRegex(UserError, "has no archive"):
            archives.import_archive("acme", "stage", "../../etc/passwd")

    def test_a_retry_takes_the_same_archive_in_the_same_way(self):
        run = self.ready()._import_into(self.staging, "button").run_id
        self.play(run, until="import_zip")
        again = run._queue_again("retry", retry_of=run)
        self.assertEqual(again.spec["archive"], run.spec["archive"])
        self.assertTrue(again.spec["is_foreign"] and again.spec["is_to_be_masked"])
        self.assertEqual(again.restore_ids.archive_id, run.restore_ids.archive_id)

    def test_uploads_whose_time_is_over_are_removed_but_not_those_a_run_takes_in(self):
        path = self.put()
        past = fields.Datetime.now() - timedelta(minutes=1)
        archive = self.archives()
        archive.expires_at = past
        run = archive._import_into(self.staging, "button").run_id
        self.env["ops.archive"]._cron_expire()
        self.assertTrue(path.exists())
        with self.assertRaisesRegex(UserError, "wait for it"):
            archive.action_remove()
        self.play(run)
        self.env["ops.archive"]._cron_expire()
        self.assertFalse(path.exists())
        self.assertEqual(archive.state, "removed")

    def test_archives_go_with_their_project(self):
        values = {
            "name": "Bikes",
            "code": "bikes",
            "repository_url": "https://git.example/bikes.git",
        }
        other = self.env["ops.project"].create(values)
        path = self.put("bikes.a.zip")
        self.archives(other)
        other.unlink()
        self.assertFalse(path.exists())
