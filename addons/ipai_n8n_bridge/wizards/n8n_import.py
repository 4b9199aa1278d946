"""Puts a shipped workflow into n8n, with its credentials, and activates it."""

import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import file_open

from ..engine.templates import fill, without_branches

TEMPLATES = [
    ("monitoring-alerts", "Alerts to Slack and mail"),
    ("deploy-on-comment", "Deploy on a comment"),
    ("nightly-report", "Nightly report"),
]


class N8nImport(models.TransientModel):
    _name = "ipai.n8n.import"
    _description = "Import of a shipped workflow"

    server_id = fields.Many2one("ipai.n8n.server", required=True, ondelete="cascade")
    template = fields.Selection(TEMPLATES, required=True, default="monitoring-alerts")
    suite_url = fields.Char(
        string="Address of this suite", required=True, default=lambda self: self._own_address()
    )
    slack_url = fields.Char(
        string="Slack incoming webhook", help="Empty: the Slack branch is switched off."
    )
    mail_to = fields.Char(string="Mail to", help="Empty: the mail branch is switched off.")
    mail_from = fields.Char(string="Mail from")
    smtp_host = fields.Char(string="SMTP server")
    smtp_port = fields.Integer(string="SMTP port", default=587)
    smtp_user = fields.Char(string="SMTP user")
    smtp_password = fields.Char(string="SMTP password")

    def _own_address(self):
        return self.env["ir.config_parameter"].sudo().get_param("web.base.url")  # not secret

    def action_import(self):
        """Queue the import; the answer comes as a notice."""
        self.ensure_one()
        server = self.server_id
        server._check_is_manager()
        if self.mail_to and not (self.smtp_host and self.mail_from):
            raise UserError(self.env._("Mail needs an SMTP server and a sender."))
        server._ask("import", workflow=self._workflow(), credentials=self._credentials())
        return {"type": "ir.actions.act_window_close"}

    def _workflow(self):
        """Return the template as JSON text, blanks filled but those of the credentials."""
        with file_open(f"ipai_n8n_bridge/data/workflows/{self.template}.json") as file:
            text = file.read()
        values = {
            "SUITE_URL": self.suite_url.rstrip("/"),
            "SLACK_URL": self.slack_url or "",
            "MAIL_TO": self.mail_to or "",
            "MAIL_FROM": self.mail_from or "",
        }
        off = [] if self.slack_url else ["Slack"]
        off += [] if self.mail_to else ["Mail"]
        workflow = fill(text, values)
        return json.dumps(without_branches(workflow, tuple(off)) if off else workflow)

    def _credentials(self):
        server = self.server_id.sudo()  # on its way into n8n's own encrypted store
        name = server.name
        bearer = {"name": "Authorization", "value": f"Bearer {self.server_id._new_key()}"}
        found = {
            "CREDENTIAL_SIGNATURE": (
                f"{name}: signature",
                "crypto",
                {"hmacSecret": server.signing_secret},
            ),
            "CREDENTIAL_SUITE": (f"{name}: suite", "httpHeaderAuth", bearer),
            "CREDENTIAL_TOKEN": (
                f"{name}: token",
                "httpHeaderAuth",
                {"name": "X-Ipai-Token", "value": server.signing_secret},
            ),
        }
        if self.mail_to:
            found["CREDENTIAL_SMTP"] = (f"{name}: mail", "smtp", self._smtp())
        return found

    def _smtp(self):
        return {
            "user": self.smtp_user or "",
            "password": self.smtp_password or "",
            "host": self.smtp_host,
            "port": self.smtp_port,
            "secure": self.smtp_port == 465,
            "disableStartTls": self.smtp_port not in (25, 465, 587),
            "hostName": "",
        }
