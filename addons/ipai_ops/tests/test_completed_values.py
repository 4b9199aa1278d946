"""What is written is judged as it was stored, by whatever way its values came."""

from contextlib import suppress

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, OpsCase
from .rights_walk import RightsWalk

QUIET = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db")


@tagged("post_install", "-at_install", "ipai_ops")
class TestCompletedValues(RightsWalk, OpsCase):
    """A developer, somebody without any membership and one who manages members look for a way round."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.developer = cls.make_member("developer", login="values_developer")
        cls.tester = cls.make_member("tester", login="values_tester")
        cls.nobody = new_test_user(cls.env, "values_nobody", "ipai_ops.group_viewer")
        cls.keeper = cls.make_keeper()
        cls.other = cls.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/other"}
        )
        image = cls.env["ops.artifact"].create(
            {
                "kind": "image",
                "name": "acme",
                "uri": "reg/acme@sha256:1",
                "project_id": cls.project.id,
            }
        )
        served = {"state": "up", "database_name": "acme_main_1", "image_id": image.id}
        cls.production.write(served)
        cls.server = cls.production.database_server_id

    @classmethod
    def make_keeper(cls):
        """Return somebody whose role is to see and to manage members, and nothing more."""
        stages = {"in_production": True, "in_staging": True, "in_development": True}
        rights = [(0, 0, {"permission": name, **stages}) for name in ("view", "members")]
        cls.keepers = cls.env["ops.role"].create({"name": "Keeper", "right_ids": rights})
        user = new_test_user(cls.env, "values_keeper", "ipai_ops.group_viewer")
        values = {"project_id": cls.project.id, "user_id": user.id, "role_id": cls.keepers.id}
        cls.env["ops.project.member"].create(values)
        return user

    def setUp(self):
        super().setUp()
        self.enterContext(self.audit_taken_back())
        self.enterContext(mute_logger(*QUIET))

    def create(self, user, model, values, **context):
        return self.env[model].with_user(user).with_context(**context).create(values)

    def make_development(self, user, **context):
        values = {"project_id": self.project.id, "name": "trick", "branch": "none"}
        return self.create(user, "ops.environment", values, **context)

    # environments

    def test_an_environment_takes_nothing_of_the_products_from_the_context(self):
        forged = {
            "default_state": "up",
            "default_image_id": self.production.image_id.id,
            "default_database_name": "acme_main_1",
            "default_commit": "a" * 40,
            "default_held_until": "2030-01-01 00:00:00",
            "default_aside": [{"database": "acme_main_1", "until": "2026-01-01"}],
        }
        environment = self.make_development(self.developer, **forged).sudo()
        for name in ("image_id", "database_name", "commit", "held_until", "aside"):
            self.assertFalse(environment[name])
        self.assertEqual((environment.state, environment.stage), ("new", "development"))

    def test_a_value_of_the_products_is_refused_by_its_name_and_the_refusal_is_told(self):
        environment, image = self.make_development(self.developer), self.production.image_id
        with suppress(AccessError):  # an assertion would take the row back, too
            environment.write({"commit": OTHER_SHA})
        self.assertIn('"commit"', self.told("access.refused"))
        self.assertFalse(environment.sudo().commit)
        with self.assertRaisesRegex(AccessError, "writes database_name, image_id; leave it out"):
            environment.write({"image_id": image.id, "database_name": "x"})
        with self.assertRaisesRegex(AccessError, "writes slug"):
            values = {"project_id": self.project.id, "name": "y", "slug": "main"}
            self.create(self.developer, "ops.environment", values)

    def test_a_personal_default_fills_nothing_of_the_products(self):
        defaults = self.env["ir.default"].with_user(self.developer)
        defaults.set("ops.environment", "database_name", "acme_main_1", user_id=True)
        defaults.set("ops.environment", "state", "up", user_id=True)
        environment = self.make_development(self.developer).sudo()
        self.assertEqual((environment.state, environment.database_name), ("new", False))

    def test_an_environment_never_sits_on_a_server_of_another_stage(self):
        with self.assertRaisesRegex(ValidationError, "does not serve Development"):
            self.create(
                self.developer,
                "ops.environment",
                {"project_id": self.project.id, "name": "x", "database_server_id": self.server.id},
            )
        environment = self.make_development(
            self.developer, default_database_server_id=self.server.id
        )
        self.assertNotEqual(environment.database_server_id, self.server)
        with self.assertRaisesRegex(ValidationError, "does not serve Development"):
            environment.database_server_id = self.server

    def test_a_server_goes_on_serving_the_stage_of_what_is_on_it(self):
        with self.assertRaisesRegex(ValidationError, "does not serve Production"):
            self.server.with_user(self.manager).serves_production = False

    def test_data_stay_on_the_server_they_are_on(self):
        environment = self.make_development(self.developer)
        environment.sudo().database_name = "acme_trick_1"
        second = environment.sudo().database_server_id.copy({"name": "second"})
        with self.assertRaisesRegex(UserError, "chosen before the first deploy"):
            environment.database_server_id = second

    def test_two_living_environments_never_have_one_database(self):
        environment = self.make_development(self.developer).sudo()
        query = (
            "UPDATE ops_environment SET database_server_id = %s, database_name = %s WHERE id = %s"
        )
        self.env.flush_all()
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(query, [self.server.id, "acme_main_1", environment.id])

    def test_a_run_takes_nothing_from_the_callers_context(self):
        policy = {"name": "Four eyes", "rule": "approvals", "project_id": self.project.id}
        self.env["ops.policy"].create(policy)
        forged = {"default_is_overridden": True, "default_state": "done", "default_fence": 9}
        environment = self.make_development(self.developer).with_context(**forged)
        run = environment._deploy("button", SHA).sudo()
        self.assertEqual((run.state, run.is_overridden, run.fence), ("blocked", False, 0))
        self.assertEqual(set(run.step_ids.mapped("state")), {"pending"})

    def test_a_run_takes_nothing_from_the_callers_personal_defaults(self):
        policy = {"name": "Four eyes", "rule": "approvals", "project_id": self.project.id}
        self.env["ops.policy"].create(policy)
        defaults = self.env["ir.default"].with_user(self.developer)
        defaults.set("ops.run", "is_overridden", True, user_id=True)
        defaults.set("ops.run.step", "progress", 0.9, user_id=True)
        run = self.make_development(self.developer)._deploy("button", SHA).sudo()
        self.assertEqual((run.state, run.is_overridden), ("blocked", False))
        self.assertEqual(set(run.step_ids.mapped("progress")), {0.0})
        run._recheck()
        self.assertEqual(run.state, "blocked")

    # secrets

    def secret(self, user, values, **context):
        values = {"name": "planted", "stages": "production", "new_value": "x", **values}
        return self.create(user, "ops.secret", values, **context)

    def test_nobody_plants_a_secret_by_a_default_project(self):
        for user in (self.nobody, self.viewer, self.developer, self.keeper, self.tester):
            for stages in ("production", "all", "nonproduction"):
                for context in ({}, {"default_environment_id": False}):
                    with (
                        self.subTest(user=user.login, stages=stages),
                        self.assertRaises(AccessError),
                    ):
                        context = {**context, "default_project_id": self.project.id}
                        self.secret(user, {"stages": stages}, **context)
        self.assertFalse(self.env["ops.secret"].search([("name", "=", "planted")]))

    def test_a_refused_secret_is_gone_although_the_caller_goes_on(self):
        with suppress(AccessError):
            self.secret(self.developer, {"project_id": self.project.id})
        self.assertFalse(self.env["ops.secret"].search([("name", "=", "planted")]))

    def test_a_developer_sets_secrets_of_development_in_the_plain_way(self):
        own = self.make_development(self.developer)
        values = {"project_id": self.project.id, "environment_id": own.id}
        secret = self.secret(self.developer, values)
        secret.new_value = "another"
        self.assertEqual(secret.sudo().value, "another")
        with self.assertRaises(AccessError):
            self.secret(
                self.developer, {**values, "environment_id": self.production.id, "name": "b"}
            )

    def test_a_secret_goes_nowhere_without_the_right_there(self):
        own = self.make_development(self.developer)
        secret = self.secret(
            self.developer, {"project_id": self.project.id, "environment_id": own.id}
        )
        tricks = (
            {"environment_id": False, "stages": "production"},
            {"environment_id": False},
            {"environment_id": self.production.id},
            {"project_id": self.other.id, "environment_id": False},
        )
        for values in tricks:
            with self.subTest(values=values), self.assertRaises(AccessError):
                secret.write(values)
            self.assertEqual(secret.sudo().environment_id, own)
        self.assertNotIn(secret.sudo(), self.production.sudo()._delivered_secrets())

    def test_a_secret_that_was_moved_is_not_handed_to_the_run_that_named_it(self):
        own = self.make_development(self.developer)
        secret = self.secret(
            self.developer, {"project_id": self.project.id, "environment_id": own.id}
        )
        run = own._deploy("button", SHA).sudo()
        secret.sudo().write({"environment_id": self.production.id, "new_value": "of production"})
        with self.assertRaisesRegex(UserError, "moved or deleted"):
            run._file_content(secret._file_name())

    def test_secrets_follow_their_environment_only_with_the_right_at_both_ends(self):
        own = self.make_development(self.developer)
        self.secret(self.developer, {"project_id": self.project.id, "environment_id": own.id})
        role = self.env.ref("ipai_ops.role_tester").copy()
        role.right_ids.filtered(lambda one: one.permission == "secrets").in_staging = False
        self.tester_member().role_id = role
        with self.assertRaisesRegex(AccessError, "Set secrets"):
            own.with_user(self.tester).stage = "staging"
        self.assertEqual(own.stage, "development")

    def tester_member(self):
        return self.project.member_ids.filtered(lambda one: one.user_id == self.tester)

    def test_options_that_name_files_and_programs_are_refused(self):
        refused = (
            "pre_upgrade_scripts bin_path pg_path screencasts addons_path data_dir load logfile "
        )
        refused += (
            "server_wide_modules geoip_city_db limit_memory_hard db_password smtp_ssl_private_key"
        )
        refused += "_filename upgrade_path workers list_db proxy_mode csv_internal_sep"
        for name in refused.split():
            with self.subTest(option=name), self.assertRaisesRegex(ValidationError, "x_"):
                self.env["ops.secret"].create(
                    {"project_id": self.project.id, "name": name, "delivery": "option"}
                )

    def test_an_option_kept_from_earlier_versions_is_left_out_and_told(self):
        secret = self.secret(
            self.env.user,
            {"project_id": self.project.id, "delivery": "option"} | {"name": "x_kept"},
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE ops_secret SET name = 'bin_path' WHERE id = %s", [secret.id])
        self.env.invalidate_all()
        run = self.begin(self.production._deploy("push", SHA)).sudo()
        for _step in range(2):
            self.assertNotIn("bin_path", run._odoo_conf())
        self.assertEqual(len(run.event_ids.filtered(lambda one: "bin_path" in one.message)), 1)

    def test_a_run_that_was_ordered_for_another_address_gets_no_credentials_of_the_new_one(self):
        self.project.new_git_credentials = "deploy:token"
        run = self.begin(self.production._deploy("push", SHA)).sudo()
        self.assertEqual(run._file_content("git-credentials"), "deploy:token")
        moved = {"repository_url": "https://git.example.org/acme/moved.git"}
        self.project.write(moved)
        with self.assertRaisesRegex(UserError, "changed after this run was ordered"):
            run._file_content("git-credentials")
        self.project.write({"new_git_credentials": "deploy:another"})
        with self.assertRaisesRegex(UserError, "changed after this run was ordered"):
            run._file_content("git-credentials")

    def test_the_password_of_a_mail_server_is_never_sent_to_another_one(self):
        values = {"project_id": self.project.id, "delivery": "option", "stages": "all"}
        secrets = self.env["ops.secret"].with_user(self.manager)
        server = secrets.create({**values, "name": "smtp_server", "new_value": "mail.example"})
        password = secrets.create({**values, "name": "smtp_password", "new_value": "p"})
        attempts = (
            lambda: server.write({"new_value": "evil.example"}),
            lambda: server.write({"stages": "production"}),
            lambda: server.unlink(),
            lambda: secrets.create({**values, "name": "smtp_ssl", "new_value": "False"}),
        )
        for attempt in attempts:
            with self.assertRaisesRegex(ValidationError, "would be sent"), self.env.cr.savepoint():
                attempt()
        self.assertEqual(server.sudo().value, "mail.example")
        password.unlink()
        server.write({"new_value": "other.example"})
        password = secrets.create({**values, "name": "smtp_password", "new_value": "p"})
        (server + password).unlink()

    # members

    def member(self, values, **context):
        values = {"user_id": self.nobody.id, **values}
        return self.create(self.keeper, "ops.project.member", values, **context)

    def test_nobody_makes_an_admin_by_a_default_role(self):
        admin = self.env.ref("ipai_ops.role_admin").id
        project = self.project.id
        ways = (
            ({"project_id": project, "role_id": admin}, {}),
            ({"project_id": project}, {"default_role_id": admin}),
            ({}, {"default_role_id": admin, "default_project_id": project}),
            ({"role_id": admin}, {"default_project_id": project}),
        )
        for values, context in ways:
            with self.subTest(context=context), self.assertRaisesRegex(AccessError, "may do more"):
                self.member(values, **context)
        self.assertFalse(self.nobody.id in self.project.member_ids.user_id.ids)
        member = self.member({}, default_role_id=self.keepers.id, default_project_id=project)
        with self.assertRaisesRegex(AccessError, "may do more"):
            member.role_id = admin

    def test_nobody_makes_themselves_the_one_who_may(self):
        for role in (self.env.ref("ipai_ops.role_admin"), self.keepers):
            values = {"project_id": self.project.id, "user_id": self.nobody.id, "role_id": role.id}
            with self.assertRaises(AccessError):
                self.create(self.nobody, "ops.project.member", values)
        self.assertFalse(self.nobody.id in self.project.member_ids.user_id.ids)

    # policies, repositories, delegations

    def test_what_belongs_to_a_project_does_not_go_to_another(self):
        admin = self.make_member("admin", login="values_admin")
        self.other._let_in(admin, "viewer")
        policy = self.env["ops.policy"].with_user(admin)
        for context in ({}, {"default_project_id": self.other.id}):
            with self.subTest(context=context), self.assertRaises(AccessError):
                policy.with_context(**context).create({"name": "x", "rule": "approvals"})
        repository = self.project._backup_repository().with_user(admin)
        with self.assertRaises(UserError):
            repository.project_id = self.other
        with self.assertRaises(AccessError):
            repository.with_context(default_project_id=self.other.id).create({"kind": "local"})

    def test_nobody_delegates_for_somebody_else(self):
        values = {"delegate_id": self.nobody.id, "ends_on": fields.Date.today()}
        with self.assertRaises(AccessError):
            self.create(
                self.nobody,
                "ops.delegation",
                values | {"delegate_id": self.developer.id},
                default_user_id=self.manager.id,
            )

    # stages

    def make_staging(self, rule="approvals", **policy):
        staging = self.make_environment("release", stage="staging")
        values = {"name": "Four eyes", "rule": rule, "stage": "staging", **policy}
        self.env["ops.policy"].create({**values, "project_id": self.project.id})
        return staging.with_user(self.tester)

    def serve(self, environment):
        environment.sudo().write({"image_id": self.production.image_id.id, "commit": OTHER_SHA})

    def test_a_build_comes_to_staging_only_past_its_policies(self):
        staging = self.make_staging()
        run = staging._deploy("button", SHA).sudo()
        self.assertEqual(run.state, "blocked")
        with self.assertRaisesRegex(UserError, "waits or runs"):
            staging.stage = "development"
        run.with_user(self.tester).action_cancel()
        staging.stage = "development"  # nothing is served: nothing is carried
        run = staging._deploy("button", SHA).sudo()
        self.assertEqual(run.state, "queued")
        with self.assertRaisesRegex(UserError, "waits or runs"):
            staging.stage = "staging"
        self.finish(run)
        self.serve(staging)
        with self.assertRaisesRegex(AccessError, "would block this move"):
            staging.stage = "staging"
        self.assertEqual(staging.stage, "development")

    def test_what_serves_staging_leaves_it_only_past_its_policies(self):
        staging = self.make_staging()
        self.serve(staging)
        with self.assertRaisesRegex(AccessError, "would block this move"):
            staging.stage = "development"
        self.assertEqual(staging.stage, "staging")

    def test_a_policy_that_holds_lets_the_move_pass(self):
        staging = self.make_staging("base_image", image_patterns="*")
        self.serve(staging)
        staging.stage = "development"
        staging.stage = "staging"
        self.assertEqual(staging.stage, "staging")

    def test_a_waiting_run_is_judged_by_the_stage_it_was_asked_for_and_todays(self):
        staging = self.make_staging()
        staging.sudo().stage = "development"
        run = staging._deploy("button", SHA).sudo()
        self.assertEqual(run.state, "queued")
        staging.sudo().stage = "staging"  # the product itself may
        self.assertFalse(run._passes_policies())
        self.assertEqual(run.state, "blocked")
        staging.sudo().stage = "development"
        run._recheck()
        self.assertEqual(run.state, "queued")
        other = self.make_environment("other", stage="staging").with_user(self.tester)
        waiting = other._deploy("button", SHA).sudo()
        self.assertEqual(waiting.state, "blocked")
        other.sudo().stage = "development"
        waiting._recheck()
        self.assertEqual(waiting.state, "blocked")

    # what the trail tells

    def test_the_trail_tells_what_was_stored(self):
        viewer = self.env.ref("ipai_ops.role_viewer").id
        project = self.project.id
        self.create(
            self.manager,
            "ops.project.member",
            {"user_id": self.nobody.id},
            default_role_id=viewer,
            default_project_id=project,
        )
        self.assertIn(f'"role_id": {viewer}', self.told("project.member.created"))
        self.assertIn(f'"project_id": {project}', self.told("project.member.created"))
        self.secret(self.manager, {"name": "told"}, default_project_id=project)
        told = self.told("secret.created")
        self.assertIn(f'"project_id": {project}', told)
        self.assertNotIn('"x"', told)
        environment = self.make_development(self.developer)
        self.assertIn('"stage": "development"', self.told("environment.created"))
        environment.stage = "development"
        environment.with_user(self.manager).stage = "staging"
        self.assertIn('"run_tests": false', self.told("environment.changed"))

    def told(self, action):
        domain = [("action", "=", action)]
        return self.env["ops.audit"].search(domain, order="id desc", limit=1).details
