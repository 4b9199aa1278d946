"""Secrets that were plain text become encrypted; their old columns go."""

from odoo import SUPERUSER_ID, api

PLAIN = {"ipai.n8n.server": ("api_key", "signing_secret")}


def migrate(cr, _version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for model, names in PLAIN.items():
        env[model]._seal_columns(names)
