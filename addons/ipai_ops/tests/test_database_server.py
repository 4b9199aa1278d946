from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PLATFORM, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestDatabaseServer(OpsCase):
    def setUp(self):
        super().setUp()
        self.servers = self.env["ops.database.server"]
        self.addCleanup(self.write_platform)

    def test_the_set_up_servers_are_known(self):
        found = self.servers.search([("is_managed", "=", True)])
        self.assertEqual(set(found.mapped("name")), {"production", "nonproduction"})

    def test_nothing_is_written_when_nothing_changed(self):
        self.servers._sync_platform()
        self.env.flush_all()
        with self.assertQueryCount(2):
            self.servers._sync_platform()
            self.env.flush_all()

    def test_a_server_that_moved_is_followed(self):
        facts = {**PLATFORM["database_servers"][0], "host": "elsewhere"}
        self.write_platform(database_servers=[facts, PLATFORM["database_servers"][1]])
        self.servers._sync_platform()
        self.assertEqual(self.servers._for_stage("production").host, "elsewhere")

    def test_a_server_that_is_gone_serves_no_new_environment(self):
        self.write_platform(database_servers=PLATFORM["database_servers"][:1])
        self.servers._sync_platform()
        self.assertFalse(self.servers._for_stage("development"))

    def test_a_server_of_ones_own_is_left_alone(self):
        own = self.servers.create({"name": "own", "host": "db", "admin_secret": "s"})
        self.servers._sync_platform()
        self.assertTrue(own.active)

    def test_non_production_shares_with_production_only_where_it_must(self):
        everything = dict.fromkeys(
            ("serves_production", "serves_staging", "serves_development"), True
        )
        self.servers.search([]).active = False
        one = self.servers.create({"name": "a", "host": "a", "admin_secret": "s", **everything})
        self.assertEqual(self.servers._for_stage("staging"), one)
        two = self.servers.create(
            {"name": "b", "host": "b", "admin_secret": "s", "serves_staging": True}
        )
        self.assertEqual(self.servers._for_stage("staging"), two)

    def test_environments_made_before_there_was_a_server_get_theirs(self):
        environment = self.make_environment()
        environment.database_server_id = False
        self.servers._sync_platform()
        self.assertEqual(environment.database_server_id.name, "nonproduction")

    def make_other_project(self):
        values = {"name": "Kept", "code": "kept", "repository_url": "https://git.example.org/k.git"}
        return self.env["ops.project"].create(values)

    def test_a_server_kept_for_one_project_serves_it_first_and_no_other(self):
        project, other = self.make_other_project(), self.project
        values = {"name": "kept", "host": "kept", "admin_secret": "s", "serves_staging": True}
        kept = self.servers.create({**values, "project_id": project.id})
        self.assertEqual(self.servers._for_stage("staging", project), kept)
        self.assertNotIn(kept, self.servers._for_stage("staging", other))
        self.assertNotIn(kept, self.servers._for_stage("staging"))

    def test_no_environment_is_moved_to_a_server_kept_for_another_project(self):
        environment = self.make_environment()
        values = {"name": "kept", "host": "kept", "admin_secret": "s", "serves_staging": True}
        kept = self.servers.create({**values, "project_id": self.make_other_project().id})
        with self.assertRaisesRegex(ValidationError, "kept for another project"):
            environment.database_server_id = kept

    def test_a_server_with_environments_of_others_is_kept_for_nobody(self):
        server = self.make_environment().database_server_id
        with self.assertRaisesRegex(ValidationError, "kept for another project"):
            server.project_id = self.make_other_project()
