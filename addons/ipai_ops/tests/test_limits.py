from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import OpsCase

TOO_MUCH = {"memory_mb": 8193, "workers": 9, "cpus": 4.5}
MORE = {"max_memory_mb": 9000, "max_workers": 10, "max_cpus": 8.0}


@tagged("post_install", "-at_install", "ipai_ops")
class TestLimits(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ops.project.member"].search([("user_id", "=", cls.operator.id)]).unlink()
        cls.project._let_in(cls.operator, "developer")
        cls.preview = cls.make_environment("feature/limits").with_user(cls.operator)

    def test_a_developer_gives_an_environment_no_more_than_its_project_allows(self):
        for name, value in TOO_MUCH.items():
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "ask a manager"):
                self.preview.write({name: value})
        self.preview.write({name: value // 2 for name, value in TOO_MUCH.items()})

    def test_a_new_environment_is_under_the_same_ceiling_by_values_and_by_defaults(self):
        environments = self.env["ops.environment"].with_user(self.operator)
        values = {"project_id": self.project.id, "name": "greedy"}
        for name, value in TOO_MUCH.items():
            with self.subTest(name), self.assertRaises(ValidationError):
                environments.create({**values, name: value})
            with self.subTest(f"default_{name}"):
                self.assertLess(self._made_with_default(environments, values, name, value), value)

    @staticmethod
    def _made_with_default(environments, values, name, value):
        """Return what an environment got; 0 where it was refused."""
        try:
            greedy = environments.with_context(**{f"default_{name}": value})
            return greedy.create({**values})[name]
        except ValidationError:
            return 0

    def test_only_a_manager_sees_and_moves_a_ceiling(self):
        for name, value in MORE.items():
            project = self.project.with_user(self.operator)
            with self.subTest(name), self.assertRaises(AccessError):
                project.write({name: value})
            with self.subTest(name), self.assertRaises(AccessError):
                project.read([name])
        self.project.with_user(self.manager).write(MORE)
        self.preview.write(TOO_MUCH)

    def test_a_ceiling_does_not_sink_below_what_an_environment_has(self):
        self.project.write(MORE)
        self.preview.write(TOO_MUCH)
        for name in MORE:
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "feature/limits"):
                self.project.with_user(self.manager).write(
                    {name: 1 if name != "max_memory_mb" else 512}
                )

    def test_what_was_saved_reaches_the_order_of_a_run(self):
        self.preview.write({"cpus": 0.5, "memory_mb": 700})
        facts = self.env["ops.run"]._environment_facts(self.preview, "deploy")
        self.assertEqual((facts["cpus"], facts["memory_mb"]), (0.5, 700))
