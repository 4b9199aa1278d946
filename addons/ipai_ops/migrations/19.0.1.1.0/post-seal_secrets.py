"""Secrets that were plain text become encrypted; their old columns go."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL, sql

PLAIN = {
    "ops.project": ("webhook_secret", "git_credentials", "masking_key"),
    "ops.environment": ("db_password", "admin_password"),
    "ops.backup.repository": ("key", "s3_access_key", "s3_secret_key", "sftp_key"),
}


def migrate(cr, _version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for model, names in PLAIN.items():
        records = env[model]
        present = [name for name in names if sql.column_exists(cr, records._table, name)]
        for name in present:
            _seal(records, name)
        records.flush_model()
        for name in present:
            column, table = SQL.identifier(name), SQL.identifier(records._table)
            cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", table, column))


def _seal(records, name):
    column, table = SQL.identifier(name), SQL.identifier(records._table)
    query = SQL("SELECT id, %s FROM %s WHERE %s IS NOT NULL", column, table, column)
    for record_id, value in records.env.execute_query(query):
        records.browse(record_id)[name] = value
