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
