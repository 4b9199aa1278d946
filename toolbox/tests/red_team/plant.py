# ruff: noqa: F821
"""Fed to `odoo shell`: fills a database with people and with credentials that would do harm."""

import json
import os
from datetime import datetime, timedelta

facts = json.loads(os.environ["RED_TEAM"])
person, company = facts["person"], facts["company"]
languages = env["res.lang"].with_context(active_test=False)
languages.search([("code", "=", "fr_FR")]).write({"active": True})
acme = env["res.partner"].create({"name": company, "is_company": True, "vat": facts["vat"]})
jane = env["res.partner"].create(
    {
        "name": person,
        "parent_id": acme.id,
        "email": f'"{person}" <{facts["mail"]}>',
        "phone": facts["phone"],
        "street": facts["street"],
        "city": "Ghent",
        "comment": f"<p>Ask {person} at {facts['mail']}</p>",
        "image_1920": facts["picture"],
    }
)
env["res.partner.bank"].create({"acc_number": facts["iban"], "partner_id": jane.id})
jane.message_post(body=f"{person} rang from {facts['phone']}", email_from=facts["mail"])
lead = env["crm.lead"].create(
    {"name": f"Deal with {person}", "contact_name": person, "email_from": facts["mail"]}
)
lead.message_post(body="hello", subject=f"About {person}")
product = env["product.product"].create({"name": "Thing", "list_price": 5})
order = env["sale.order"].create(
    {
        "partner_id": jane.id,
        "client_order_ref": person,
        "note": f"For {person}",
        "order_line": [(0, 0, {"product_id": product.id, "name": f"Thing for {person}"})],
    }
)
order.action_confirm()
env["hr.employee"].create(
    {
        "name": person,
        "work_email": facts["mail"],
        "private_phone": facts["phone"],
        "ssnid": "85073003328",
    }
)
env["calendar.event"].create(
    {
        "name": f"Lunch with {person}",
        "start": "2026-01-01 10:00:00",
        "stop": "2026-01-01 11:00:00",
        "partner_ids": [(6, 0, jane.ids)],
    }
)
env["ir.attachment"].create(
    {
        "name": f"{person}.txt",
        "raw": f"Contract of {person}, {facts['iban']}".encode(),
        "res_model": "res.partner",
        "res_id": jane.id,
        "mimetype": "text/plain",
    }
)
env["ir.model.fields"].create(
    {
        "name": "x_pet",
        "model_id": env["ir.model"]._get_id("res.partner"),
        "ttype": "char",
        "field_description": "Pet",
    }
)
jane.write({"x_pet": f"Rex of {person}"})

user = env["res.users"].create(
    {"name": person, "login": facts["mail"], "password": facts["password"]}
)
key = env(user=user)["res.users.apikeys"]._generate(
    "rpc", "red", datetime.now() + timedelta(days=30)
)
env.cr.execute("UPDATE res_users SET totp_secret = 'PLANTEDTOTPSECRET' WHERE id = %s", [user.id])
for name, active in (("live", True), ("asleep", False)):
    env["ir.mail_server"].create(
        {
            "name": f"{name} {facts['mail']}",
            "smtp_host": "127.0.0.1",
            "smtp_port": facts["smtp_port"],
            "smtp_encryption": "none",
            "smtp_user": facts["mail"] if name == "asleep" else False,
            "smtp_pass": facts["credential"] if name == "asleep" else False,
            "active": active,
        }
    )
env["fetchmail.server"].create(
    {
        "name": "inbox",
        "server": "127.0.0.1",
        "port": 1,
        "user": facts["mail"],
        "password": facts["credential"],
        "state": "done",
    }
)
env["mail.mail"].create(
    {"email_to": facts["mail"], "body_html": f"<p>{person}</p>", "state": "outgoing"}
)
hook = env["ir.actions.server"].create(
    {
        "name": "Red hook",
        "model_id": env["ir.model"]._get_id("res.partner"),
        "state": "webhook",
        "webhook_url": f"http://127.0.0.1:{facts['http_port']}/hook/{facts['credential']}",
    }
)
env["base.automation"].create(
    {
        "name": "Red automation",
        "model_id": env["ir.model"]._get_id("res.partner"),
        "trigger": "on_create",
        "action_server_ids": [(6, 0, hook.copy().ids)],
    }
)
env["ir.cron"].create(
    {
        "name": "Red cron",
        "model_id": env["ir.model"]._get_id("res.partner"),
        "state": "code",
        "code": "env['ir.config_parameter'].set_param('red.cron', 'ran')",
        "interval_number": 1,
        "interval_type": "minutes",
        "nextcall": "2026-01-01 00:00:00",
        "active": True,
    }
)
provider = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
provider.write(
    {
        "stripe_secret_key": facts["credential"],
        "stripe_publishable_key": facts["credential"],
        "state": "enabled",
        "is_published": True,
    }
)
parameters = env["ir.config_parameter"]
parameters.set_param("acme.api_token", facts["credential"])
parameters.set_param("acme.endpoint", f"https://ada:{facts['credential']}@acme.invalid/")
parameters.set_param("acme.reply", facts["mail"])
env.cr.execute(
    "CREATE TABLE acme_gateway (id serial PRIMARY KEY, api_key text NOT NULL, holder text)"
)
env.cr.execute(
    "INSERT INTO acme_gateway (api_key, holder) VALUES (%s, %s)", [facts["credential"], person]
)
env.cr.commit()
print("PLANTED", json.dumps({"api_key": key, "partner": jane.id, "hook": hook.id}))
