"""A write-only secret stays with the address it was given for."""

from odoo.tests import tagged

from .common import OpsCase
from .sealed_walk import SealedWalk


@tagged("post_install", "-at_install", "ipai_ops")
class TestMovedSecrets(SealedWalk, OpsCase):
    addon = "ipai_ops"
    closed_without_a_secret = {("ops.guess", "bucket"), ("ops.api.key", "odoo_key_id")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.manager
        values = {"project_id": cls.project.id, "name": "x_token", "stages": "production"}
        cls.other = cls.env["ops.project"].create(
            {"name": "Other", "code": "other", "repository_url": "https://git.example.org/other"}
        )
        cls.records = {
            "ops.project": cls.project,
            "ops.backup.repository": cls.project._backup_repository(),
            "ops.secret": cls.env["ops.secret"].create(values),
        }
        words = (
            "endpoint",
            "bucket",
            "prefix",
            "region",
            "host",
            "user",
            "path",
            "sftp_known_hosts",
        )
        moved = {("ops.backup.repository", name): "elsewhere" for name in words}
        cls.moved = moved | {
            ("ops.backup.repository", "port"): 2222,
            ("ops.project", "repository_url"): "https://git.example.org/acme/elsewhere.git",
            ("ops.secret", "project_id"): cls.other.id,
            ("ops.secret", "environment_id"): cls.production.id,
            ("ops.secret", "stages"): "all",
            ("ops.secret", "delivery"): "option",
            ("ops.secret", "name"): "x_other",
        }

    def test_every_secret_says_where_it_goes(self):
        self.check_every_secret_says_where_it_goes()

    def test_nothing_that_is_closed_is_kept_in_the_clear(self):
        self.check_nothing_closed_is_kept_in_the_clear()

    def test_no_secret_follows_its_address(self):
        self.check_no_secret_follows_its_address()
        self.assertGreater(self.tried, 50)

    def test_no_repository_of_backups_is_inside(self):
        name = "ops.backup.repository"
        more = {"kind": "s3", "bucket": "b"}
        self.check_no_address_leads_inside(name, "endpoint", "https://{}:9000", **more)
        more = {"kind": "sftp", "user": "u", "path": "p"}
        self.check_no_address_leads_inside(name, "host", "{}", **more)
