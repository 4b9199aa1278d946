# ruff: noqa: F821
"""Fed to `odoo shell` on the cleansed copy: tries to do harm, and says what it could do."""

import json
import os

from odoo.exceptions import AccessDenied

facts = json.loads(os.environ["RED_TEAM"])
done = []
partner = env["res.partner"].browse(facts["partner"])

servers = env["ir.mail_server"].with_context(active_test=False).search([])
for server in [False, *servers]:
    mail = env["mail.mail"].create(
        {
            "email_to": "target@example.net",
            "email_from": "attacker@example.net",
            "body_html": "<p>harm</p>",
            "mail_server_id": server and server.id,
        }
    )
    try:
        mail.send(raise_exception=False)
    except Exception as error:
        print("mail refused", type(error).__name__)
    if mail.exists() and mail.state == "sent":
        done.append("mail")
env["mail.mail"].with_context(active_test=False).process_email_queue()
env.cr.commit()

try:
    hook = env["ir.actions.server"].browse(facts["hook"])
    hook.with_context(active_model="res.partner", active_id=partner.id).run()
    env["res.partner"].create({"name": "Wakes the automation"})
    env.cr.commit()
except Exception as error:
    print("hook refused", type(error).__name__)
    env.cr.rollback()

live = env["payment.provider"].search([("state", "!=", "disabled")])
compatible = env["payment.provider"]._get_compatible_providers(
    env.company.id, partner.id, 5.0, currency_id=env.company.currency_id.id
)
done += ["pay"] if live or compatible else []
crons = env["ir.cron"].search([])
done += [f"cron {cron.name}" for cron in crons if cron.code != "model._run_vacuum_cleaner()"]
done += (
    ["api key"]
    if env["res.users.apikeys"]._check_credentials(scope="rpc", key=facts["api_key"])
    else []
)
for login in [facts["mail"], *env["res.users"].search([]).mapped("login")]:
    credential = {"type": "password", "login": login, "password": facts["password"]}
    try:
        env["res.users"].authenticate(credential, {"interactive": False})
        done.append(f"password of {login}")
    except AccessDenied:
        pass
print("HARM", json.dumps(done))
