"""Secrets that were plain text become encrypted; their old columns go."""

from odoo import SUPERUSER_ID, api

PLAIN = {
    "ops.project": ("webhook_secret", "git_credentials", "masking_key"),
    "ops.environment": ("db_password", "admin_password"),
    "ops.backup.repository": ("key", "s3_access_key", "s3_secret_key", "sftp_key"),
}


def migrate(cr, _version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for model, names in PLAIN.items():
        env[model]._seal_columns(names)
