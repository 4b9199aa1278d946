"""Nobody makes an account or a new password by themselves, also where that was open before."""

from odoo import SUPERUSER_ID, api


def migrate(cr, _version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.users"]._close_sign_up()
