import re
from datetime import timedelta
from pathlib import Path

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine.permissions import PERMISSIONS, ROLES, STAGES
from .common import OpsCase

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "roles-and-approvals.md"
ROW = re.compile(r"^\| `(\w+)` \|(.+)\|$", re.MULTILINE)


@tagged("post_install", "-at_install", "ipai_ops")
class TestRoles(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = new_test_user(cls.env, "ops_person", "ipai_ops.group_viewer")
        cls.admin = cls.make_member("admin")
        cls.other = cls.project.copy({"code": "other", "name": "Other"})
        cls.members = cls.env["ops.project.member"]

    def test_the_shipped_roles_are_the_ones_of_the_table(self):
        for code, rights in ROLES.items():
            role = self.env.ref(f"ipai_ops.role_{code}")
            for permission in PERMISSIONS:
                for stage, letter in STAGES.items():
                    with self.subTest(role=code, permission=permission, stage=stage):
                        wanted = letter in rights.get(permission, "")
                        self.assertEqual(role._allows(permission, stage), wanted)

    def test_the_documents_table_is_the_products(self):
        rows = dict(ROW.findall(DOCUMENT.read_text(encoding="utf-8")))
        self.assertEqual(set(rows), set(PERMISSIONS))
        for permission, cells in rows.items():
            told = [cell.strip().replace("–", "").lower() for cell in cells.split("|")]
            wanted = [ROLES[role].get(permission, "") for role in ROLES]
            with self.subTest(permission):
                self.assertEqual([set(cell) for cell in told], [set(cell) for cell in wanted])

    def test_a_shipped_role_is_not_changed_but_its_copy_is(self):
        shipped = self.env.ref("ipai_ops.role_viewer").with_user(self.manager)
        with self.assertRaisesRegex(UserError, "copy it"):
            shipped.right_ids[0].in_production = False
        copy = shipped.copy()
        copy.right_ids.in_production = False
        self.assertFalse(copy._allows("view", "production"))
        self.assertTrue(copy._allows("view", "staging"))
        with self.assertRaisesRegex(UserError, "archive it"):
            shipped.unlink()

    def test_who_is_no_member_sees_no_project(self):
        for model in ("ops.project", "ops.environment", "ops.run", "ops.artifact"):
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(self.person).search([]))

    def test_a_member_sees_the_own_project_only(self):
        self.project._let_in(self.person, "viewer")
        self.assertEqual(self.env["ops.project"].with_user(self.person).search([]), self.project)

    def test_a_membership_ends_after_its_last_day(self):
        member = self.project._let_in(self.person, "viewer")
        place = self.production.with_user(self.person)
        today = fields.Date.today()
        for until, may in ((today, True), (today - timedelta(days=1), False), (False, True)):
            member.until = until
            with self.subTest(until=until):
                self.assertEqual(place.has_access("read"), may)
                self.assertEqual(bool(place.search([("id", "=", place.id)])), may)

    def test_a_groups_role_is_its_peoples(self):
        group = self.env["res.groups"].create({"name": "Testers of Acme"})
        self.person.group_ids += group
        role = self.env.ref("ipai_ops.role_tester")
        self.members.create(
            {"project_id": self.project.id, "group_id": group.id, "role_id": role.id}
        )
        staging = self.make_environment("release", stage="staging").with_user(self.person)
        self.assertTrue(staging._may("deploy"))
        self.assertFalse(self.production.with_user(self.person)._may("deploy"))

    def test_two_roles_add_up(self):
        self.project._let_in(self.person, "developer")
        self.project._let_in(self.person, "operator")
        self.assertTrue(self.production.with_user(self.person)._may("deploy"))
        self.assertTrue(self.make_environment().with_user(self.person)._may("shell"))

    def test_a_role_may_hide_a_stage(self):
        role = self.env.ref("ipai_ops.role_viewer").copy()
        role.right_ids.in_production = False
        values = {"project_id": self.project.id, "user_id": self.person.id, "role_id": role.id}
        self.members.create(values)
        staging = self.make_environment("release", stage="staging")
        run = self.production._deploy("push", "a" * 40)
        self.assertEqual(self.project.with_user(self.person).environment_ids, staging)
        self.assertFalse(self.env["ops.run"].with_user(self.person).search([("id", "=", run.id)]))
        self.assertFalse(self.project.with_user(self.person).production_id)

    def test_the_one_who_makes_a_project_is_its_admin(self):
        values = {"name": "Mine", "repository_url": "https://git.example.org/mine.git"}
        project = self.env["ops.project"].with_user(self.manager).create(values)
        member = project.member_ids
        self.assertEqual((member.user_id, member.role_id.code), (self.manager, "admin"))

    def test_a_refusal_names_the_right_and_the_place(self):
        sentence = "not the right “Deploy” on Acme ERP / main"
        with self.assertRaisesRegex(AccessError, sentence):
            self.production.with_user(self.viewer).action_deploy()

    def test_an_admin_lets_people_in(self):
        values = {"project_id": self.project.id, "user_id": self.person.id}
        values["role_id"] = self.env.ref("ipai_ops.role_operator").id
        member = self.members.with_user(self.admin).create(values)
        self.assertTrue(self.production.with_user(self.person)._may("deploy"))
        member.unlink()
        self.assertFalse(self.production.with_user(self.person)._may("deploy"))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_others_let_nobody_in(self):
        role = self.env.ref("ipai_ops.role_viewer").id
        values = {"project_id": self.project.id, "user_id": self.person.id, "role_id": role}
        for person in (self.viewer, self.operator, self.person):
            with self.subTest(person.login), self.assertRaises(AccessError):
                self.members.with_user(person).create(values)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_an_admin_of_one_project_lets_nobody_into_another(self):
        values = {"project_id": self.other.id, "user_id": self.admin.id}
        values["role_id"] = self.env.ref("ipai_ops.role_admin").id
        with self.assertRaises(AccessError):
            self.members.with_user(self.admin).create(values)
        own = self.project.member_ids.filtered(lambda member: member.user_id == self.admin)
        with self.assertRaisesRegex(UserError, "stays with its project"):
            own.with_user(self.admin).project_id = self.other

    def test_nobody_gives_more_than_they_have(self):
        role = self.env.ref("ipai_ops.role_viewer").copy()
        role.right_ids = [
            fields.Command.create(
                {"permission": "members", **{f"in_{stage}": True for stage in STAGES}}
            )
        ]
        self.members.create(
            {"project_id": self.project.id, "user_id": self.person.id, "role_id": role.id}
        )
        mine = self.project.member_ids.filtered(lambda member: member.user_id == self.person)
        admins = self.project.member_ids.filtered(lambda member: member.user_id == self.admin)
        admin_role = self.env.ref("ipai_ops.role_admin")
        with self.assertRaisesRegex(AccessError, "may do more than you"):
            mine.with_user(self.person).role_id = admin_role
        with self.assertRaisesRegex(AccessError, "may do more than you"):
            admins.with_user(self.person).unlink()
        viewer = self.env.ref("ipai_ops.role_viewer")
        self.members.with_user(self.person).create(
            {
                "project_id": self.project.id,
                "group_id": self.env.ref("ipai_ops.group_viewer").id,
                "role_id": viewer.id,
            }
        )

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_a_developer_does_not_move_an_environment_to_staging(self):
        developer = self.make_member("developer")
        environment = self.make_environment().with_user(developer)
        with self.assertRaises(AccessError):
            environment.stage = "staging"
        with self.assertRaises(AccessError):
            self.make_environment("other", stage="staging").with_user(developer).workers = 3
        environment.workers = 1
        created = self.env["ops.environment"].with_user(developer)
        place = {"project_id": self.project.id, "name": "mine"}
        self.assertTrue(created.create({**place, "stage": "development"}))
        with self.assertRaises(AccessError):
            created.create({**place, "name": "theirs", "stage": "staging"})

    def test_a_worker_claims_only_where_it_may_deploy(self):
        worker = self.make_member("developer")
        runs = self.env["ops.run"]
        self.production.runner = "worker"
        self.production._deploy("push", "a" * 40)
        environment = self.make_environment(runner="worker")
        self.assertIs(runs.with_user(worker).claim_next_run("w"), False)
        run = environment._deploy("push", "b" * 40)
        self.assertEqual(runs.with_user(worker).claim_next_run("w")["run_id"], run.id)
