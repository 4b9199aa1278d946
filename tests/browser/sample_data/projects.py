"""Projects with environments in every state, and the webhooks of one."""

from datetime import timedelta

from .backups import backups, cloned
from .common import NOW, SUBJECTS, ago, sha
from .logs import build_lines, failure_lines, fill, say, update_lines
from .runs import artifact, history, image, run

LONG_LOG_LINES = 100_000
UPDATED = ["acme_delivery", "acme_report", "acme_sale", "acme_stock"]


def project(env, name, code, url, **values):
    return env["ops.project"].create({"name": name, "code": code, "repository_url": url, **values})


def environment(owner, name, stage, state, number=None, **values):
    found = owner.environment_ids.filtered(lambda each: each.name == name)
    new = {"project_id": owner.id, "name": name, "stage": stage}
    record = found or owner.env["ops.environment"].create(new)
    facts = {"state": state, **values}
    if number is not None:
        facts |= {"commit": sha(number), "commit_subject": SUBJECTS[number % len(SUBJECTS)]}
        facts.setdefault("deployed_at", ago(hours=2 + number))
    record.write(facts)
    return record


def acme(env):
    acme = project(
        env, "Acme ERP", "acme", "https://github.com/acme/erp.git", hook_seen_at=ago(minutes=12)
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
    last = run(stable, "done", 2, ago(hours=4), colour="yellow", warning_count=2)
    last.step_ids.filtered(lambda step: step.name == "update").result = {"modules": UPDATED}
    stable.image_id = image(stable, last, 30)
    cloned(stable, last)
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
    on_the_disk(pos, files=14.2, database=2.7)
    tried = run(pos, "done", 5, ago(hours=7), colour="green", trigger="pull_request")
    tried.step_ids.filtered(lambda step: step.name == "update").result = {"tests": {"run": 62}}
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
    on_the_disk(spike, files=18.2, database=3.1)
    spike.disk_held_at = ago(hours=2)
    gone = run(spike, "superseded", 11, ago(days=4))
    gone.superseded_by_id = spike.last_run_id
    environment(acme, "old/experiment", "development", "destroyed")


def on_the_disk(owner, files, database):
    """As a look at the disk found it, in GB."""
    sizes = {"disk_files_bytes": files * 1e9, "disk_database_bytes": database * 1e9}
    owner.write({**sizes, "disk_measured_at": ago(minutes=4)})


def blue_bikes(env):
    bikes = project(
        env, "Blue Bikes", "bikes", "git@gitlab.com:blue/bikes.git", forge="gitlab", poll_minutes=5
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
        owner.env["ops.webhook.delivery"].create(
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
