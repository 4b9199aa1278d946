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
