"""Sample data for the screens of n8n, of facts and of alerts."""

from datetime import timedelta

from odoo import fields

NOW = fields.Datetime.now()


def ago(**units):
    return NOW - timedelta(**units)


def alerts():
    book = env["ops.alert"]
    main = env["ops.environment"].search([("name", "=", "main")], limit=1)
    owner = main.project_id
    book._raise(main, "disk", "The disk of production is 92 % full.", "critical", source="Monitor")
    slow = book._raise(main, "slow", "Pages take 4 s on average.", "warning", "Since the deploy.")
    slow.action_acknowledge()
    book._raise(owner, "certificate", "The certificate ends in ten days.", "info")
    book._raise(main, "queue", "300 mails wait.", "warning")
    book._resolve(main, "queue")


def n8n():
    record = env["ipai.n8n.server"].create(
        {"name": "flows", "url": "https://n8n.example.com", "new_api_key": "sample"}
    )
    said = "n8n is ready, the key works, 3 workflows are active."
    record.write({"health": "well", "health_said": said, "checked_at": ago(minutes=3)})
    for number, (name, is_active) in enumerate(
        (
            ("Operations: alerts to Slack and mail", True),
            ("Operations: deploy on a comment", True),
            ("Operations: nightly report", False),
        )
    ):
        row = {"id": f"a{number}", "name": name, "active": is_active}
        row["updatedAt"] = "2026-01-31T10:00:00.000Z"
        env["ipai.n8n.workflow"]._take_one(record, row)
    return record


def about_a_deploy():
    """Return what a run that is over has told."""
    owner = env["ops.environment"].search([("project_id.code", "=", "acme"), ("name", "=", "main")])
    facts = env["ops.fact"]
    for kind in ("run.queued", "run.started", "run.finished"):
        facts |= facts._note(kind, owner.image_id.run_id, colour="green")
    return facts


def deliveries(server):
    place = {"server_id": server.id, "path": "ipai-monitoring-alerts", "kinds": ""}
    env["ipai.n8n.subscription"].create({"name": "Alerts to Slack and mail", **place})
    book = env["ipai.n8n.delivery"]
    book._plan(env["ops.fact"].search([], limit=12) | about_a_deploy())
    refused = "No active workflow has this path: activate it, or correct the path."
    for number, delivery in enumerate(book.search([])):
        values = {"state": "delivered", "status": 202, "attempts": 1, "latency_ms": 84 + 7 * number}
        values |= {"execution": str(40 + number), "execution_state": "success"}
        values["workflow_key"] = "a0"
        values |= {"sent_at": ago(minutes=number), "answer": f'{{"executionId": "{40 + number}"}}'}
        if number == 4:
            values = {"state": "dead", "status": 404, "attempts": 8, "error": refused}
        if number == 0:
            values = {"state": "waiting", "attempts": 2, "error": "n8n did not answer."}
        delivery.write(values)


def calls():
    made = (("queue_run", {"run_id": 41}), ("raise_alert", {"alert_id": 7}), ("report", {}))
    for number, (action, answer) in enumerate(made):
        values = {"action": action, "key": f"call-{number}", "answer": answer}
        env["ipai.n8n.call"].create({**values, "user_id": env.ref("base.user_admin").id})


alerts()
deliveries(n8n())
calls()
env.cr.commit()
