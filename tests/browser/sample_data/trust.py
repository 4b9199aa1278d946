"""Secrets, API keys in every state, browsers somebody is signed in with, an alert's worth of expiry."""

from datetime import timedelta

from .common import NOW, ago

SECRETS = (
    ("stripe-key", "production", "file", 200),
    ("stripe-key", "nonproduction", "file", 9),
    ("sentry_dsn", "all", "option", 0),
    ("edi-certificate", "production", "file", 31),
)
BROWSERS = (
    ("linux", "firefox", "203.0.113.18", 9, 0),
    ("iphone", "safari", "198.51.100.7", 30, 2),
    ("macos", "chrome", "203.0.113.40", 400, 71),
)


def trust(owner):
    secrets(owner)
    keys(owner)
    browsers(owner.env)
    production = owner.environment_ids.filtered(lambda one: one.stage == "production")
    production.allowed_addresses = "203.0.113.0/24  # office\n2001:db8:40::/48"


def secrets(owner):
    for name, stages, delivery, days in SECRETS:
        secret = owner.env["ops.secret"].create(
            {
                "project_id": owner.id,
                "name": name,
                "stages": stages,
                "delivery": delivery,
                "new_value": "never-shown-to-anybody",
                "expires_on": NOW.date() + timedelta(days=days) if days else False,
            }
        )
        secret.last_used_at = ago(hours=2 + days)


def keys(owner):
    env = owner.env
    admin = env.ref("base.user_admin")
    office = "203.0.113.0/24"
    rows = (
        ("CI of Acme", "logs,deploy", 84, owner, office, ago(minutes=4)),
        ("Nightly backup check", "backup", 12, owner, False, ago(hours=6)),
        ("Monitoring", "logs", 170, None, "198.51.100.9/32", ago(minutes=1)),
        ("Old laptop", "logs,deploy,rollback", 60, owner, False, ago(days=40)),
    )
    for name, permissions, days, project, addresses, used in rows:
        values = {"name": name, "permissions": permissions, "expires_at": NOW + timedelta(days)}
        values |= {"is_everywhere": not project, "project_ids": project and project.ids}
        values |= {"is_whole_project": True, "allowed_addresses": addresses}
        key, _text = env["ops.api.key"]._make(values, admin)
        address = (addresses or "203.0.113.40").split("/")[0]
        key.write({"last_used_at": used, "last_used_from": address})
    key.action_revoke()


def browsers(env):
    for number, (platform, browser, address, since, seen) in enumerate(BROWSERS):
        env["res.device.log"].create(
            {
                "session_identifier": f"sample-session-{number}",
                "platform": platform,
                "browser": browser,
                "ip_address": address,
                "device_type": "mobile" if platform == "iphone" else "computer",
                "user_id": env.ref("base.user_admin").id,
                "first_activity": ago(hours=since),
                "last_activity": ago(hours=seen),
            }
        )
