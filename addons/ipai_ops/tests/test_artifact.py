from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SHA, OpsCase

URI = "127.0.0.1:15001/ipaitest/acme@sha256:abc"


@tagged("post_install", "-at_install", "ipai_ops")
class TestArtifact(OpsCase):
    def setUp(self):
        super().setUp()
        self.run_one = self.production._deploy("push", SHA)
        self.artifacts = self.env["ops.artifact"]

    def test_what_will_be_made_is_written_down_once(self):
        first = self.artifacts._plan(self.run_one, "image", "acme", URI)
        again = self.artifacts._plan(self.run_one, "image", "acme", URI)
        self.assertEqual(first, again)
        self.assertEqual(first.state, "planned")
        self.assertEqual(first.environment_id, self.production)

    def test_what_is_wanted_again_leaves_the_garbage(self):
        image = self.artifacts._plan(self.run_one, "image", "acme", URI)
        image._mark_garbage("old")
        self.artifacts._plan(self.run_one, "image", "acme", URI)
        self.assertEqual((image.state, image.reason, image.garbage_at), ("present", False, False))

    def test_garbage_keeps_its_first_reason(self):
        image = self.artifacts._plan(self.run_one, "image", "acme", URI)
        image._mark_garbage("first")
        image._mark_garbage("second")
        self.assertEqual(image.reason, "first")

    def test_what_was_removed_may_be_made_anew(self):
        image = self.artifacts._plan(self.run_one, "image", "acme", URI)
        image._mark_removed()
        self.assertTrue(image.removed_at)
        self.assertNotEqual(self.artifacts._plan(self.run_one, "image", "acme", URI), image)

    def test_a_destruction_knows_every_database_of_its_environment(self):
        for name in ("acme_a", "acme_b"):
            self.artifacts._plan(self.run_one, "database", name, f"postgresql://pg/{name}")
        self.production.database_name = "acme_main"
        spec = self.production._destroy("button").spec
        self.assertEqual(spec["databases"], ["acme_a", "acme_b", "acme_main"])

    def test_a_bus_database_stays_as_long_as_its_environment(self):
        bus = self.artifacts._plan(self.run_one, "bus", "ipai_env_7", "bus:ipai_env_7")
        self.finish(self.run_one)
        self.assertEqual(bus.state, "present")
        self.finish(self.production._deploy("push", "b" * 40))
        self.assertEqual(bus.state, "present")
        self.finish(self.production._destroy("button"))
        self.assertEqual(bus.state, "removed")

    def test_an_image_nobody_serves_or_would_go_back_to_is_garbage(self):
        kept = self.image_of(self.production, "sha256:1")
        old_environment = self.make_environment()
        spare = self.image_of(old_environment, "sha256:2")
        self.finish(old_environment._destroy("button"))
        self.artifacts._mark_unneeded_images()
        self.assertEqual((kept.state, spare.state), ("present", "garbage"))

    def test_a_clean_up_leaves_what_was_wanted_again_meanwhile(self):
        wanted, unwanted = (
            self.artifacts._plan(self.run_one, "volume", name, f"volume:{name}")
            for name in ("wanted", "unwanted")
        )
        (wanted | unwanted)._mark_garbage("old")
        run = self.env["ops.run"]._collect("schedule")
        wanted._keep()
        self.begin(run)
        self.assertEqual(run.spec["volumes"], ["unwanted"])
        self.finish(run)
        self.assertEqual((wanted.state, unwanted.state), ("present", "removed"))

    def test_a_clean_up_leaves_images_of_a_project_that_is_building(self):
        image = self.artifacts._plan(self.run_one, "image", "acme", URI)
        image._mark_garbage("old")
        run = self.env["ops.run"]._collect("schedule")
        self.assertEqual(run.spec["images"], [URI])
        self.begin(run)
        self.assertEqual(self.run_one.state, "queued")
        self.assertFalse(run.spec["images"])

    def test_a_collection_tells_for_which_environment_each_database_was_made(self):
        database = self.artifacts._plan(self.run_one, "database", "acme_p1", "postgresql://pg/p1")
        database.database_server_id = self.production.database_server_id
        database._mark_garbage("old")
        number = self.production.id
        self.assertEqual(database.made_for, number)
        run = self.begin(self.env["ops.run"]._collect("schedule"))
        self.assertEqual(run.spec["garbage_databases"][0]["made_for"], {"acme_p1": number})
        database.environment_id = False
        self.assertEqual(database.made_for, number)

    def test_a_database_of_nobody_known_is_not_collected(self):
        database = self.artifacts._plan(self.run_one, "database", "acme_p1", "postgresql://pg/p1")
        database._mark_garbage("old")
        database.write({"environment_id": False, "made_for": 0})
        self.assertFalse(self.env["ops.run"]._collect("schedule"))

    def test_no_run_uses_the_build_of_another_project(self):
        url = "https://git.example.org/other/erp.git"
        values = {"name": "Other", "code": "other", "repository_url": url}
        other = self.env["ops.project"].create(values)
        image = self.image_of(self.production, "sha256:9")
        image.project_id = other
        with self.assertRaisesRegex(UserError, "not one of project"):
            self.production._deploy("push", SHA, redeploy_image=image)

    def test_a_manager_cleans_up_at_once(self):
        with self.assertRaisesRegex(UserError, "nothing to clean up"):
            self.artifacts.with_user(self.manager).action_collect()
        self.artifacts._plan(self.run_one, "volume", "v", "volume:v")._mark_garbage("old")
        action = self.artifacts.with_user(self.manager).action_collect()
        run = self.env["ops.run"].browse(action["res_id"])
        self.assertEqual((run.kind, run.trigger), ("collect", "button"))

    def image_of(self, environment, digest):
        run = self.begin(environment._deploy("push", SHA))
        image = self.artifacts._plan(run, "image", SHA, f"reg/acme@{digest}")
        image._mark_present()
        run.step_ids[0].write({"state": "done", "result": {"image": image.uri}})
        self.finish(run)
        return image
