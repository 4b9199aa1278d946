"""Sample data for the screens, run by ``odoo shell``: projects, environments in every state, runs.

``env`` is the shell's. What is written here is what the driver, the webhooks and people would
have written, so that a picture shows the product as it looks in use.
"""

import hashlib
from datetime import timedelta

from odoo import fields

NOW = fields.Datetime.now()
LONG_LOG_LINES = 100_000
STEPS = (
    ("build", "Build", 41.0),
    ("database", "Database", 0.6),
    ("update", "Update modules", 18.0),
    ("release", "Release", 6.2),
    ("smoke", "Smoke test", 1.9),
)
SUBJECTS = (
    "Fix VAT on credit notes",
    "Add the delivery report",
    "Speed up the stock valuation",
    "Show the margin on quotations",
    "Translate the portal to French",
    "Update OCA dependencies",
)


def ago(**units):
    return NOW - timedelta(**units)


def sha(number):
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def project(name, code, url, **values):
    return env["ops.project"].create({"name": name, "code": code, "repository_url": url, **values})


def environment(owner, name, stage, state, number=None, **values):
    found = owner.environment_ids.filtered(lambda each: each.name == name)
    new = {"project_id": owner.id, "name": name, "stage": stage}
    record = found or env["ops.environment"].create(new)
    facts = {"state": state, **values}
    if number is not None:
        facts |= {"commit": sha(number), "commit_subject": SUBJECTS[number % len(SUBJECTS)]}
        facts.setdefault("deployed_at", ago(hours=2 + number))
    record.write(facts)
    return record


def run(owner, state, number, begun, **values):
    """Make a run with its steps; ``at`` is the step that runs or failed."""
    at, share = values.pop("at", None), values.pop("share", 0.0)
    length = sum(seconds for _name, _label, seconds in STEPS)
    is_over = state in ("done", "failed", "cancelled")
    record = env["ops.run"].create(
        {
            "project_id": owner.project_id.id,
            "environment_id": owner.id,
            "kind": "deploy",
            "state": state,
            "trigger": "push",
            "ref": f"refs/heads/{owner.branch}",
            "commit": sha(number),
            "commit_subject": SUBJECTS[number % len(SUBJECTS)],
            "commit_author": "Ada Lovelace",
            "requested_by_id": env.ref("base.user_admin").id,
            "queued_at": begun,
            "started_at": begun if state != "queued" else False,
            "finished_at": begun + timedelta(seconds=length + number % 9) if is_over else False,
            "spec": {},
            "spec_fingerprint": sha(number)[:16],
            **values,
        }
    )
    if state != "superseded":
        steps(record, at, share, begun)
    return record


def steps(record, at, share, begun):
    """Give the run its steps: done before ``at``, pending behind it."""
    is_reached = record.state != "queued"
    moment = begun
    for sequence, (name, label, seconds) in enumerate(STEPS):
        is_last = name == at
        state = {"running": "running", "failed": "failed"}.get(record.state, "cancelled")
        state = (state if is_last else "done") if is_reached else "pending"
        end = moment + timedelta(seconds=seconds)
        env["ops.run.step"].create(
            {
                "run_id": record.id,
                "sequence": sequence,
                "name": name,
                "kind": name,
                "label": label,
                "state": state,
                "attempt": 2 if is_last and state == "running" else int(state != "pending"),
                "started_at": moment if state != "pending" else False,
                "finished_at": end if state in ("done", "failed", "cancelled") else False,
                "predicted_seconds": seconds * 1.1,
                "progress": share if state == "running" else float(state == "done"),
                "max_attempts": 3,
                "timeout_seconds": 900,
            }
        )
        moment = end
        is_reached = is_reached and not is_last


def say(record, name, lines, begun):
    """Write a step's log; a line is a text or (level, text)."""
    step = record.step_ids.filtered(lambda each: each.name == name)
    pairs = [("info", line) if isinstance(line, str) else line for line in lines]
    record._ingest(
        step,
        [
            {
                "seq": number,
                "attempt": 1,
                "at": (begun + timedelta(milliseconds=37 * number)).isoformat() + "Z",
                "level": level,
                "message": message,
            }
            for number, (level, message) in enumerate(pairs, 1)
        ],
    )


def build_lines():
    yield "\x1b[1mFetching\x1b[0m github.com/acme/erp at 3f2c1a7"
    for name in ("acme_sale", "acme_stock", "acme_report", "partner_firstname", "web_responsive"):
        yield f"Found addon \x1b[36m{name}\x1b[0m"
    for number in range(1, 9):
        yield f"\x1b[34m#{number}\x1b[0m [{number}/8] RUN pip install --require-hashes \x1b[2mcached\x1b[0m"
    yield ("warning", "acme_report: no tests folder, nothing to run for it")
    yield "\x1b[32mPushed\x1b[0m 127.0.0.1:15000/ipai/acme@sha256:9b01ce4f… 412 MB"


def update_lines(count=60):
    for number in range(count):
        yield f"odoo.modules.loading: Loading module module_{number:03d} ({number + 1}/{count})"
        if number % 20 == 13:
            yield ("warning", f"odoo.fields: Field x_{number} has unknown parameter 'track'")


TRACEBACK = """Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/tools/convert.py", line 532, in _tag_root
    f(rec)
  File "/usr/lib/python3/dist-packages/odoo/tools/convert.py", line 397, in _tag_record
    record = model._load_records([data], self.mode == 'update')
odoo.tools.convert.ParseError: while parsing /ipai/addons/acme_report/views/report.xml:14
Field "amount_untaxed_vat" does not exist in model "account.move"

View error context:
{'file': '/ipai/addons/acme_report/views/report.xml', 'line': 14, 'xmlid': 'report_view_form'}"""


def failure_lines():
    yield from update_lines(24)
    yield ("error", f"odoo.tools.convert: {TRACEBACK}")
    yield ("error", "odoo.modules.registry: Failed to load registry")


def fill(record, begun):
    say(record, "build", build_lines(), begun)
    say(record, "update", update_lines(), begun + timedelta(seconds=42))


def image(owner, record, number, state="present"):
    digest = sha(number) + sha(number + 1)[:24]
    return env["ops.artifact"].create(
        {
            "kind": "image",
            "name": f"{SUBJECTS[number % len(SUBJECTS)]} ({sha(number)[:7]})",
            "uri": f"127.0.0.1:15000/ipai/{owner.project_id.code}@sha256:{digest}",
            "run_id": record.id,
            "project_id": owner.project_id.id,
            "environment_id": owner.id,
            "state": state,
            "size_bytes": 431_000_000 + number * 1_300_000,
        }
    )


def artifact(owner, record, kind, name, state, **values):
    env["ops.artifact"].create(
        {
            "kind": kind,
            "name": name,
            "uri": f"{kind}:{name}",
            "run_id": record.id,
            "project_id": owner.project_id.id,
            "environment_id": owner.id,
            "state": state,
            **values,
        }
    )


def history(owner, count, latest):
    """Deploys of the past, the newest at ``latest``; return the newest."""
    for number in reversed(range(count)):
        begun = latest - timedelta(hours=11 * number)
        colour = "yellow" if number % 5 == 3 else "green"
        newest = run(owner, "done", number + 1, begun, colour=colour)
        if number < 4:
            owner.image_id = image(owner, newest, number + 1)
    return newest


def acme():
    acme = project(
        "Acme ERP", "acme", "https://github.com/acme/erp.git", hook_seen_at=ago(minutes=12)
    )
    main = environment(acme, "main", "production", "up", 1)
    newest = history(main, 24, ago(hours=2))
    newest.write({"warning_count": 3})
    fill(newest, ago(hours=2))
    for kind, name in (("database", "acme_main_1"), ("volume", "ipai-env-1-data")):
        artifact(main, newest, kind, name, "present", size_bytes=2_400_000_000)
    reason = "No release uses it any more."
    old = {"garbage_at": ago(hours=5), "reason": reason}
    artifact(main, newest, "secret", "ipai-run-12-conf", "garbage", size_bytes=900, **old)
    artifact(main, newest, "database", "acme_feature-x_7_r12", "garbage", size_bytes=81e6, **old)
    main.database_name = "acme_main_1"
    backups(main)
    acme_staging(acme)
    acme_development(acme)
    return acme


def acme_staging(acme):
    stable = environment(acme, "release/2.4", "staging", "up", 2)
    run(stable, "done", 2, ago(hours=4), colour="yellow", warning_count=2)
    coming = environment(acme, "release/2.5", "staging", "deploying", 3)
    run(coming, "done", 3, ago(hours=9), colour="green")
    begun = ago(seconds=52)
    live = run(coming, "running", 4, begun, at="update", share=0.42)
    say(live, "build", build_lines(), begun)
    say(live, "update", update_lines(20), begun + timedelta(seconds=42))
    run(coming, "queued", 5, ago(seconds=20), waiting_for="another deploy of this environment")


def acme_development(acme):
    pos = environment(
        acme,
        "feature/pos",
        "development",
        "up",
        5,
        pull_request=41,
        pull_request_url="https://github.com/acme/erp/pull/41",
        is_pinned=True,
    )
    run(pos, "done", 5, ago(hours=7), colour="green", trigger="pull_request")
    begun = ago(minutes=25)
    broken = environment(acme, "fix/vat-rounding", "development", "failed")
    broken.write({"expires_at": NOW + timedelta(days=2, hours=3)})
    sentences = {
        "cause": "The module acme_report names a field that does not exist: amount_untaxed_vat.",
        "hint": "Correct views/report.xml, line 14, and push again.",
    }
    failed = run(broken, "failed", 8, begun, at="update", colour="red", error_count=2, **sentences)
    say(failed, "build", build_lines(), begun)
    say(failed, "update", failure_lines(), begun + timedelta(seconds=42))
    website = environment(acme, "feature/website", "development", "deploying")
    run(website, "running", 9, ago(seconds=15), at="build", share=0.3)
    spike = environment(acme, "spike/ai", "development", "asleep", 10)
    run(spike, "done", 10, ago(days=3), colour="green")
    gone = run(spike, "superseded", 11, ago(days=4))
    gone.superseded_by_id = spike.last_run_id
    environment(acme, "old/experiment", "development", "destroyed")


def blue_bikes():
    bikes = project(
        "Blue Bikes", "bikes", "git@gitlab.com:blue/bikes.git", forge="gitlab", poll_minutes=5
    )
    main = environment(bikes, "main", "production", "up", 4)
    long = run(main, "done", 4, ago(hours=20), colour="green")
    begun = ago(hours=20)
    colours = ("\x1b[32mok\x1b[0m", "\x1b[33mslow\x1b[0m", "ok")
    lines = (
        f"test {number:06d} {colours[number % 3]} checks the stock of shelf {number % 977}"
        for number in range(LONG_LOG_LINES)
    )
    say(long, "update", lines, begun)
    return bikes


def deliveries(owner):
    rows = (
        ("push", "accepted", "refs/heads/main", ""),
        ("ping", "ignored", "", "A ping: the webhook works."),
        ("push", "refused", "", "The signature does not fit the project's webhook secret."),
        ("pull_request", "accepted", "refs/pull/41/head", ""),
    )
    for number, (event, state, ref, reason) in enumerate(rows):
        env["ops.webhook.delivery"].create(
            {
                "project_id": owner.id,
                "forge": "github",
                "delivery_id": f"{sha(number)[:8]}-{number}",
                "event": event,
                "state": state,
                "ref": ref,
                "commit": sha(number) if ref else False,
                "reason": reason,
                "received_at": ago(minutes=12 + 40 * number),
                "size_bytes": 7214 + number,
            }
        )


def silence_odoobot():
    """Keep the bot's greeting from opening over the screens."""
    users = env["res.users"].with_context(active_test=False).search([])
    if "odoobot_state" in users._fields:
        users.odoobot_state = "disabled"


def viewer():
    group = env.ref("ipai_ops.group_viewer")
    names = {"name": "Vera Viewer", "login": "viewer", "password": "viewer"}
    env["res.users"].create({**names, "group_ids": [(6, 0, group.ids)]})


def backup(main, days, state="proven", **values):
    """Make a backup of ``days`` ago, as its run and its proof would have left it."""
    image = main.image_id
    measured = {"proven_at": ago(days=days, minutes=-4), "rto_seconds": 47 + days % 9}
    return env["ops.backup"].create(
        {
            "project_id": main.project_id.id,
            "environment_id": main.id,
            "repository_id": main.project_id._backup_repository().id,
            "state": state,
            "snapshot": sha(f"backup {days}"),
            "taken_at": ago(days=days, hours=3),
            "image_id": image.id,
            "commit": main.commit,
            "commit_subject": main.commit_subject,
            "size_bytes": 2_410_000_000 - days * 6_000_000,
            "added_bytes": 9_000_000 + (days * 7_919_333) % 31_000_000,
            "database_bytes": 1_620_000_000 - days * 4_000_000,
            "filestore_files": 18_412 - days * 11,
            "filestore_bytes": 790_000_000 - days * 2_000_000,
            "seconds": 38.4,
            "server_version": "18.6",
            "module_count": 84,
            "table_count": 612,
            "row_count": 4_812_377 - days * 9000,
            **(measured if state == "proven" else {}),
            **values,
        }
    )


def backups(main):
    """Make the nights of three months: one failed, one found damaged, one held."""
    kept = [0, 1, 2, 3, 4, 5, 6, 9, 16, 23, 30, 40, 55, 70]
    made = {days: backup(main, days) for days in reversed(kept)}
    why = "res_partner has 4,812 rows, its manifest says 4,811."
    made[4].write({"state": "damaged", "cause": why, "hint": "Look at the repository's disk."})
    made[30].write({"is_held": True, "hold_reason": "Annual accounts"})
    made[0].write({"state": "stored", "rto_seconds": 0, "proven_at": False})
    main._judge_backups()
    main.next_backup_at = NOW + timedelta(hours=21)
    snapshot(main, made[1])
    points(main)
    for days in (1, 2, 3):
        trial = run(main, "done", 1, ago(days=days, hours=2), kind="prove", trigger="schedule")
        purpose = "drill" if days == 3 else "proof"
        values = {"environment_id": main.id, "run_id": trial.id, "purpose": purpose}
        values |= {"backup_id": made[days].id, "data_at": made[days].taken_at}
        report = {"restore": {"seconds": 31.2, "tables": 612, "filestore files": 18_401}}
        measured = {"rto_seconds": 47.0 + days, "age_seconds": 240.0, "report": report}
        env["ops.restore"].create({**values, **measured})


CHECKS = (
    ("Crons", 31, 31),
    ("Mail servers", 2, 2),
    ("Payment providers", 4, 4),
    ("API keys", 3, 3),
)
MASKED = (
    ("res_partner", "name", "name", 4811),
    ("res_partner", "email", "mail", 4402),
    ("res_partner", "phone", "phone", 3987),
    ("res_partner_bank", "acc_number", "iban", 612),
    ("mail_message", "body", "text", 98_117),
)


def snapshot(main, source):
    names = ("table", "column", "kind", "rows")
    env["ops.snapshot"].create(
        {
            "project_id": main.project_id.id,
            "environment_id": main.id,
            "backup_id": source.id,
            "run_id": main.last_run_id.id,
            "database_name": "acme_main_1_s41",
            "database_server_id": main.database_server_id.id,
            "taken_at": source.taken_at,
            "size_bytes": 1_600_000_000,
            "method": "reflink",
            "neutralization": {
                "checks": [
                    dict(zip(("name", "found", "fixed"), check, strict=True)) for check in CHECKS
                ],
                "modules_without_neutralize": [
                    {"module": "acme_gateway", "columns": ["acme_gateway.api_token"]}
                ],
            },
            "masking": {
                "tables": [dict(zip(names, column, strict=True)) for column in MASKED],
                "rows": 111_929,
                "rows_per_second": 84_210,
                "undecided": ["x_visit.x_note"],
                "leaks": 0,
            },
        }
    )


def points(main):
    for number, kind, hours in ((1, "point", 2), (2, "point", 13), (3, "aside", 30)):
        env["ops.restore.point"].create(
            {
                "environment_id": main.id,
                "run_id": main.last_run_id.id,
                "kind": kind,
                "database_name": f"acme_main_1_{kind[0]}{number}",
                "image_id": main.build_ids[1:2].id,
                "commit": sha(number + 1),
                "commit_subject": SUBJECTS[(number + 1) % len(SUBJECTS)],
                "taken_at": ago(hours=hours),
                "expires_at": NOW + timedelta(hours=72 - hours),
                "size_bytes": 1_600_000_000,
                "method": "reflink",
                "seconds": 0.3,
            }
        )


def person(name, login, project, role, **values):
    """Make somebody with a role in a project; the password is the login."""
    group = env.ref("ipai_ops.group_viewer")
    names = {"name": name, "login": login, "password": login, **values}
    user = env["res.users"].create({**names, "group_ids": [(6, 0, group.ids)]})
    return project._let_in(user, role)


def governance(owner):
    """Members, a policy that asks for two people, and runs that wait for them."""
    members = owner.member_ids
    for name, login, role in (
        ("Ada Admin", "ada", "admin"),
        ("Otto Operator", "otto", "operator"),
        ("Dana Developer", "dana", "developer"),
        ("Tim Tester", "tim", "tester"),
    ):
        members |= person(name, login, owner, role)
    viewers = env["res.users"].search([("login", "=", "viewer")])
    owner._let_in(viewers, "viewer")
    members[-1].until = fields.Date.today() + timedelta(days=60)
    policies = env["ops.policy"]
    place = {"project_id": owner.id, "stage": "production"}
    policies.create(
        {**place, "name": "Two people agree to production", "rule": "approvals", "quorum": 2}
    )
    backup = {"rule": "proven_backup", "enforcement": "warn", "max_age_hours": 24}
    policies.create({**place, "name": "A proven backup of the last day", **backup})
    weekend = {"weekday_from": "4", "hour_from": 16, "weekday_until": "0", "hour_until": 7}
    shown = {"enforcement": "off", "rule": "freeze", "zone": "Europe/Paris"}
    policies.create({**place, "name": "No changes at the weekend", **shown, **weekend})
    otto = members.user_id.filtered(lambda user: user.login == "otto")
    main = owner.environment_ids.filtered(lambda each: each.stage == "production")
    subject = {"commit_subject": SUBJECTS[2], "commit_author": "Grace Hopper"}
    waiting = main.with_user(otto)._deploy("button", sha(77), **subject)
    ada = members.user_id.filtered(lambda user: user.login == "ada")
    env["ops.run"].with_user(ada).approve_run(waiting.id, "Tested in staging, looks good.")


def one_more_pair_of_eyes(owner):
    """A project where one approval is enough, and a run that waits for it."""
    otto = env["res.users"].search([("login", "=", "otto")])
    owner._let_in(otto, "operator")
    values = {"project_id": owner.id, "rule": "approvals", "stage": "production"}
    env["ops.policy"].create({**values, "name": "Somebody else agrees"})
    main = owner.environment_ids.filtered(lambda each: each.stage == "production")
    main.with_user(otto)._deploy("button", sha(78), commit_subject=SUBJECTS[1])


def fill_database():
    viewer()
    silence_odoobot()
    owner = acme()
    bikes = blue_bikes()
    project("Cargo Line", "cargo", "https://git.cargo.example/erp.git", forge="gitea")
    deliveries(owner)
    governance(owner)
    one_more_pair_of_eyes(bikes)
    env.cr.commit()


fill_database()
