"""Sample data for the screens of Slack: a workspace, channels in every state, messages, people."""

from datetime import timedelta

from odoo import fields

NOW = fields.Datetime.now()


def ago(**units):
    return NOW - timedelta(**units)


def workspace():
    record = env["ipai.slack.workspace"].create(
        {
            "name": "Acme",
            "team_id": "T0123ABCD",
            "client_id": "1122.3344",
            "new_client_secret": "sample",
            "new_signing_secret": "sample",
        }
    )
    record.write(
        {
            "state": "connected",
            "bot_user_id": "U0BOT",
            "bot_token": "sample",
            "scopes": "chat:write,commands,users:read,users:read.email,channels:history,groups:history",
            "said": "Slack knows the token: @operations in Acme.",
        }
    )
    return record


def channel(owner, name, slack_id, **values):
    place = {"workspace_id": owner.id, "name": name, "slack_id": slack_id, "zone": "Europe/Berlin"}
    return env["ipai.slack.channel"].create({**place, **values})


def channels(owner):
    ops = channel(owner, "#ops", "C0OPS", quiet_from=22.0, quiet_until=7.0)
    ops.write({"state": "up", "said": "The message is there, after 212 ms."})
    dev = channel(owner, "#dev", "C0DEV", digest="hourly")
    dev.state = "up"
    old = channel(owner, "#old-releases", "C0OLD")
    old.write(
        {
            "state": "failed",
            "said": "The channel is archived. Unarchive it, or route to another one.",
        }
    )
    rules = env["ipai.slack.rule"]
    rules.create(
        {
            "channel_id": ops.id,
            "kinds": "run.*, approval.*, backup.failed, alert.*",
            "stage": "production",
            "mention": "here",
        }
    )
    rules.create({"channel_id": dev.id, "kinds": "run.finished", "stage": "development"})
    rules.create({"channel_id": old.id, "kinds": "backup.*", "only_problems": True})
    return ops, dev, old


def message(place, run, state, title, **values):
    facts = {"channel_id": place.id, "topic": f"run:{run.id}", "run_id": run.id, "state": state}
    facts |= {
        "environment_id": run.environment_id.id,
        "due_at": ago(minutes=run.id),
        "rank": run.id,
    }
    record = env["ipai.slack.message"].create({**facts, "title": title, **values})
    for number, (kind, said) in enumerate(
        (
            ("run.queued", "Queued by Ada Lovelace `3f2c1a9`"),
            ("run.started", "Started"),
            ("run.finished", ":large_green_circle: Done after 1 min 8 s"),
        )
    ):
        env["ipai.slack.line"].create(
            {
                "message_id": record.id,
                "channel_id": place.id,
                "fact_id": 1000 * record.id + number,
                "kind": kind,
                "at": ago(minutes=20 - 5 * number),
                "text": said,
                "sent_at": ago(minutes=20 - 5 * number) if state == "sent" else False,
            }
        )
    return record


def messages(ops, dev, old):
    runs = env["ops.run"].search([], limit=6)
    sent = {"slack_ts": "1760000000.000100", "slack_channel": "C0OPS", "edit_count": 2}
    for run in runs[:3]:
        title = f"{run.headline} — {run.environment_id.display_name}"
        message(ops, run, "sent", title, **sent, first_sent_at=ago(minutes=18))
    message(dev, runs[3], "waiting", runs[3].headline)
    refused = "Slack refuses this call: invalid_arguments."
    message(old, runs[4], "failed", runs[4].headline, said=refused)


def people(owner):
    persons = env["ipai.slack.person"]
    admin = env.ref("base.user_admin")
    facts = {"workspace_id": owner.id, "checked_at": ago(hours=2)}
    ada = persons.create(
        {
            **facts,
            "slack_user": "U0ADA",
            "name": "Ada Lovelace",
            "email": "ada@acme.example",
            "user_id": admin.id,
            "state": "linked",
        }
    )
    why = "No one user here has the address guest@partner.example as login."
    persons.create({**facts, "slack_user": "U0GUEST", "name": "Gus Guest", "said": why})
    said = "Revoked by Mitchell Admin."
    persons.create(
        {**facts, "slack_user": "U0EX", "name": "Eve Former", "state": "revoked", "said": said}
    )
    return ada


def requests(owner, ada):
    rows = (
        (
            "command",
            "deploy",
            "deploy acme/main",
            "Waiting to deploy: Deploy · Acme ERP / main",
            "done",
        ),
        ("button", "retry", False, "Waiting to deploy 3f2c1a9: Deploy · Acme ERP / main", "done"),
        (
            "command",
            "logs",
            "logs acme/nowhere",
            "Project “acme” has no environment “nowhere”.",
            "refused",
        ),
    )
    for number, (kind, action, words, said, state) in enumerate(rows):
        env["ipai.slack.request"].create(
            {
                "key": f"sample {number}",
                "workspace_id": owner.id,
                "person_id": ada.id,
                "user_id": ada.user_id.id,
                "kind": kind,
                "action": action,
                "words": words,
                "said": said,
                "state": state,
                "channel": "C0OPS",
                "received_at": ago(minutes=9 + 30 * number),
                "answered_at": ago(minutes=9 + 30 * number),
            }
        )


def fill_database():
    acme = workspace()
    messages(*channels(acme))
    requests(acme, people(acme))
    env.cr.commit()


fill_database()
