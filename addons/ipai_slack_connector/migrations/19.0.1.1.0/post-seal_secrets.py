"""Secrets that were plain text become encrypted; their old columns go."""

from odoo import SUPERUSER_ID, api

PLAIN = {"ipai.slack.workspace": ("bot_token", "signing_secret", "client_secret", "install_code")}


def migrate(cr, _version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for model, names in PLAIN.items():
        env[model]._seal_columns(names)
