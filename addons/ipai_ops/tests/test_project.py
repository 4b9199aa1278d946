from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.project.reach import OPEN
from .common import OpsCase


@tagged("post_install", "-at_install", "ipai_ops")
class TestProject(OpsCase):
    def test_a_new_project_has_its_production_environment(self):
        self.assertEqual(self.production.stage, "production")
        self.assertEqual(self.production.branch, "main")
        self.assertEqual(self.production.host, "acme-main")
        self.assertEqual(self.production.url, "http://acme-main.localhost:18080")

    def test_a_project_created_with_environments_keeps_them(self):
        values = {"name": "master", "stage": "production", "branch": "master"}
        project = self.env["ops.project"].create(
            {
                "name": "Other",
                "repository_url": "https://git.example.org/o.git",
                "environment_ids": [(0, 0, values)],
            }
        )
        self.assertEqual(project.environment_ids.mapped("branch"), ["master"])

    def test_a_code_is_made_of_the_name(self):
        project = self.env["ops.project"].create(
            {"name": "Bob & Söhne GmbH", "repository_url": "https://git.example.org/b.git"}
        )
        self.assertEqual(project.code, "bob-s-hne-gmbh")

    def test_a_code_that_cannot_be_a_host_name_is_refused(self):
        for code in ("Acme", "1st", "a--b", "a_b", "x" * 31, "a-"):
            with self.subTest(code), self.assertRaises(ValidationError):
                self.env["ops.project"].create(
                    {"name": "X", "code": code, "repository_url": "https://git.example.org/x"}
                )

    def test_a_code_never_changes(self):
        with self.assertRaisesRegex(UserError, "cannot change"):
            self.project.code = "acme-two"

    def test_a_password_in_the_repository_url_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "credentials"):
            self.project.repository_url = "https://ci:token@git.example.org/acme.git"

    def test_a_repository_is_on_a_server_elsewhere(self):
        """Git would run the first ones, read the next, and call the others from inside."""
        for url in (
            "ext::sh -c 'touch /tmp/x'",
            "--upload-pack=touch /tmp/x",
            "ssh://-oProxyCommand=x/acme",
            "file:///etc",
            "/etc",
            "../acme",
            "https://git.example.org/a b",
            "http://127.0.0.1:2024/acme",
            "http://2130706433/acme",
            "http://[::ffff:10.0.0.7]/acme",
            "git://172.18.0.1:19418/other.git",
            "ssh://git@192.168.1.5/acme",
            "http://169.254.169.254/latest",
            "http://ipai-registry:5000/v2",
            "https://ops.localhost/acme",
        ):
            for values in ({"repository_url": url}, {"name": "New", "repository_url": url}):
                with (
                    self.subTest(values),
                    self.assertRaisesRegex(ValidationError, "cannot be used: "),
                    self.env.cr.savepoint(),
                ):
                    if "name" in values:
                        self.env["ops.project"].create(values)
                    else:
                        self.project.write(values)

    def test_a_repository_of_ones_own_network_is_opened_by_an_operator(self):
        self.env["ir.config_parameter"].set_param(OPEN, "192.168.7.0/24, forge.lan  # ours")
        for url in ("https://192.168.7.9/acme.git", "git@forge.lan:acme/erp.git"):
            self.project.repository_url = url
        with self.assertRaisesRegex(ValidationError, "private network"):
            self.project.repository_url = "https://192.168.8.9/acme.git"
        facts = self.env["ops.run"]._project_facts(self.project)
        self.assertEqual(facts["open_networks"], ["192.168.7.0/24", "forge.lan"])

    @mute_logger("odoo.addons.ipai_ops.models.project.reach")
    def test_what_opens_nothing_is_no_opening(self):
        self.env["ir.config_parameter"].set_param(OPEN, "0.0.0.0/0 and/more")
        with self.assertRaisesRegex(ValidationError, "private network"):
            self.project.repository_url = "https://10.0.0.1/acme.git"

    def test_secrets_are_written_and_never_read(self):
        project = self.project.with_user(self.manager)
        project.new_git_credentials = "ci:glpat-1234567890"
        self.assertTrue(project.has_git_credentials)
        self.assertFalse(project.new_git_credentials)
        for field in ("git_credentials", "webhook_secret"):
            with self.subTest(field), self.assertRaises(AccessError):
                project.read([field])
        self.assertEqual(self.project.sudo().git_credentials, "ci:glpat-1234567890")

    def test_a_new_webhook_secret_is_shown_once(self):
        action = self.project.with_user(self.manager).action_new_webhook_secret()
        secret = self.project.sudo().webhook_secret
        self.assertEqual(action["params"]["message"], secret)
        self.assertGreater(len(secret), 40)

    def test_the_webhook_url_is_the_public_one(self):
        self.assertEqual(self.project.hook_url, "http://ops.localhost:18080/ipai/hook/acme")

    def test_a_project_with_running_environments_is_not_deleted(self):
        self.production.state = "up"
        with self.assertRaisesRegex(UserError, "Destroy them first"):
            self.project.unlink()

    def test_a_project_never_deployed_is_deleted(self):
        self.project.unlink()
        self.assertFalse(self.production.exists())

    def test_counts_tell_what_goes_on(self):
        self.production._deploy("button")
        self.make_environment().state = "failed"
        self.project.invalidate_recordset()
        counts = ("environment_count", "run_count", "active_run_count", "failed_count")
        self.assertEqual([self.project[name] for name in counts], [2, 1, 1, 1])

    def test_a_project_has_no_code_that_is_the_name_of_an_image_of_the_platform(self):
        for code in ("odoo", "tools", "registry"):
            with self.assertRaisesRegex(ValidationError, "image of the platform"):
                self.project.copy({"code": code})
