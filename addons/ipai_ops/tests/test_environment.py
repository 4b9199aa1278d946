from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SHA, OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestEnvironment(OpsCase):
    def test_a_new_environment_knows_its_names_server_and_passwords(self):
        environment = self.make_environment("Feature/POS 2")
        self.assertEqual(environment.slug, "feature-pos-2")
        self.assertEqual(environment.host, "acme-feature-pos-2")
        self.assertEqual(environment.branch, "Feature/POS 2")
        self.assertEqual(environment.state, "new")
        self.assertTrue(environment.demo and environment.run_tests)
        self.assertGreater(len(environment.sudo().db_password), 24)
        self.assertNotEqual(
            environment.sudo().admin_password, self.production.sudo().admin_password
        )

    def test_non_production_data_is_on_another_server_than_production(self):
        self.assertEqual(self.production.database_server_id.name, "production")
        self.assertEqual(self.make_environment().database_server_id.name, "nonproduction")

    def test_names_that_read_the_same_get_hosts_of_their_own(self):
        hosts = [self.make_environment(name).host for name in ("a/b", "a-b", "a b")]
        self.assertEqual(hosts, ["acme-a-b", "acme-a-b-2", "acme-a-b-3"])

    def test_a_very_long_branch_name_still_makes_a_host_label(self):
        environment = self.make_environment("feature/" + "very-long-" * 12)
        self.assertLessEqual(len(environment.host), 63)
        self.assertRegex(environment.host, r"^[a-z0-9-]+[a-z0-9]$")

    def test_a_host_taken_by_the_product_is_refused(self):
        for host in ("ops", "Upper", "dot.ted", ""):
            with self.subTest(host), self.assertRaises(ValidationError):
                self.production.host = host

    @mute_logger("odoo.sql_db")
    def test_a_project_has_one_production(self):
        with self.assertRaises(psycopg2.errors.UniqueViolation):
            self.make_environment("second", stage="production")

    def test_development_expires_a_week_after_its_last_deploy(self):
        environment = self.make_environment()
        self.assertAlmostEqual(
            environment.expires_at,
            fields.Datetime.now() + timedelta(days=7),
            delta=timedelta(minutes=1),
        )
        self.assertFalse(self.production.expires_at)

    def test_a_pinned_environment_does_not_expire_and_an_unpinned_one_does(self):
        environment = self.make_environment()
        environment.with_user(self.operator).action_pin()
        self.assertFalse(environment.expires_at)
        environment.with_user(self.operator).action_pin()
        self.assertTrue(environment.expires_at)

    def test_expired_development_is_destroyed_unless_pinned(self):
        old, pinned, young = (self.make_environment(name) for name in ("old", "pinned", "young"))
        past = fields.Datetime.now() - timedelta(hours=1)
        (old | pinned | self.production).write({"expires_at": past})
        pinned.is_pinned = True
        self.env["ops.environment"]._cron_expire()
        self.assertEqual(old.state, "destroying")
        self.assertEqual(old.waiting_run_id.kind, "destroy")
        kept = pinned | young | self.production
        self.assertEqual(set(kept.mapped("state")), {"new"})

    def test_dragging_between_development_and_staging_is_allowed(self):
        environment = self.make_environment()
        environment.with_user(self.operator).stage = "staging"
        self.assertFalse(environment.demo or environment.run_tests or environment.expires_at)
        environment.with_user(self.operator).stage = "development"
        self.assertTrue(environment.demo and environment.expires_at)

    def test_dragging_to_or_from_production_is_refused_with_a_sentence(self):
        with self.assertRaisesRegex(UserError, "merge its branch"):
            self.make_environment().stage = "production"
        with self.assertRaisesRegex(UserError, "merge its branch"):
            self.production.stage = "staging"
        self.production.stage = "production"  # where it is already: no move

    def test_people_do_not_write_what_the_product_writes(self):
        for values in ({"state": "up"}, {"database_name": "other"}, {"commit": SHA}):
            with self.subTest(values), self.assertRaises(AccessError):
                self.production.with_user(self.manager).write(values)

    def test_an_environment_stays_with_its_project(self):
        with self.assertRaises(UserError):
            self.production.project_id = self.project.copy({"code": "copy"})

    def test_a_live_environment_is_not_deleted(self):
        self.production.state = "up"
        with self.assertRaisesRegex(UserError, "Destroy it first"):
            self.production.unlink()

    def test_destroying_production_needs_a_manager_and_its_name(self):
        with self.assertRaises(AccessError):
            self.production.with_user(self.operator).action_destroy()
        wizard = self.destroy_wizard(self.production, self.manager)
        for typed in (False, "mian"):
            wizard.typed_name = typed
            with self.subTest(typed), self.assertRaisesRegex(UserError, "Type “main”"):
                wizard.action_confirm()
        wizard.typed_name = "main"
        wizard.action_confirm()
        self.assertEqual(self.production.waiting_run_id.kind, "destroy")

    def test_an_operator_cannot_go_around_the_wizard_for_production(self):
        wizard = self.destroy_wizard(self.production, self.operator)
        wizard.typed_name = "main"
        with self.assertRaises(AccessError):
            wizard.action_confirm()

    def test_destroying_development_stops_what_runs_there(self):
        environment = self.make_environment()
        running = self.begin(environment._deploy("button"))
        waiting = environment._deploy("button")
        self.destroy_wizard(environment, self.operator).action_confirm()
        self.assertTrue(running.cancel_requested)
        self.assertIn(waiting.state, ("cancelled", "superseded"))
        self.assertEqual(environment.waiting_run_id.kind, "destroy")
        self.assertEqual(environment.state, "destroying")

    def test_destroying_twice_is_one_run(self):
        environment = self.make_environment()
        first = environment._destroy("button")
        self.assertEqual(environment._destroy("button"), first)

    def test_nothing_is_deployed_where_a_destruction_waits(self):
        environment = self.make_environment()
        environment._destroy("button")
        with self.assertRaisesRegex(UserError, "being destroyed"):
            environment.action_deploy()

    def test_a_cancelled_destruction_gives_the_environment_back(self):
        environment = self.make_environment()
        environment._destroy("button").action_cancel()
        self.assertEqual(environment.state, "failed")
        environment.action_deploy()

    def test_a_failed_destruction_does_not_take_back_a_host_name_given_away(self):
        old = self.make_environment()
        run = old._destroy("button")
        new = self.make_environment()
        self.finish(run, "failed")
        self.env.flush_all()
        self.assertEqual((old.state, new.host), ("destroying", old.host))
        self.assertEqual(old._destroy("button").kind, "destroy")

    def test_a_destroyed_environment_leaves_the_board_and_frees_its_host(self):
        environment = self.make_environment()
        self.finish(environment._destroy("button"))
        self.assertEqual(environment.state, "destroyed")
        self.assertFalse(environment.active)
        self.assertEqual(self.make_environment().host, environment.host)

    def test_a_finished_deploy_shows_on_the_environment(self):
        run = self.production._deploy("push", SHA, commit_subject="Fix VAT")
        self.finish(run)
        self.assertEqual(self.production.state, "up")
        self.assertEqual(self.production.commit, SHA)
        self.assertEqual(self.production.last_run_id, run)
        self.assertEqual(self.production.last_run_state, "done")

    def test_a_failed_first_deploy_leaves_a_failed_environment(self):
        self.finish(self.production._deploy("push", SHA), "failed")
        self.assertEqual(self.production.state, "failed")

    def test_only_managers_see_the_admin_password_of_production(self):
        with self.assertRaises(AccessError):
            self.production.with_user(self.operator).action_show_admin_password()
        shown = self.production.with_user(self.manager).action_show_admin_password()
        self.assertEqual(shown["params"]["message"], self.production.sudo().admin_password)

    def test_opening_leads_to_the_public_address(self):
        action = self.production.with_user(self.viewer).action_open()
        self.assertEqual(action["url"], "http://acme-main.localhost:18080")

    def destroy_wizard(self, environment, user):
        wizards = self.env["ops.environment.destroy"].with_user(user)
        return wizards.create({"environment_id": environment.id})
