"""Backups of three months, a snapshot, restore points, and restores that proved them."""

from datetime import timedelta

from .archives import archives, reach
from .common import NOW, SUBJECTS, ago, sha
from .runs import run

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


def backup(main, days, state="proven", **values):
    """Make a backup of ``days`` ago, as its run and its proof would have left it."""
    image = main.image_id
    measured = {"proven_at": ago(days=days, minutes=-4), "rto_seconds": 47 + days % 9}
    return main.env["ops.backup"].create(
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
    archives(main)
    reach(main)
    snapshot(main, made[1])
    points(main)
    for days in (1, 2, 3):
        trial = run(main, "done", 1, ago(days=days, hours=2), kind="prove", trigger="schedule")
        purpose = "drill" if days == 3 else "proof"
        values = {"environment_id": main.id, "run_id": trial.id, "purpose": purpose}
        values |= {"backup_id": made[days].id, "data_at": made[days].taken_at}
        report = {"restore": {"seconds": 31.2, "tables": 612, "filestore files": 18_401}}
        measured = {"rto_seconds": 47.0 + days, "age_seconds": 240.0, "report": report}
        main.env["ops.restore"].create({**values, **measured})


def snapshot(main, source):
    names = ("table", "column", "kind", "rows")
    main.env["ops.snapshot"].create(
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


def cloned(staging, run):
    """Let the staging environment's data come from production's snapshot, by that run."""
    taken_at = ago(days=1, hours=3)
    values = {"environment_id": staging.id, "run_id": run.id, "purpose": "clone"}
    staging.env["ops.restore"].create({**values, "data_at": taken_at, "method": "reflink"})


def points(main):
    for number, kind, hours in ((1, "point", 2), (2, "point", 13), (3, "aside", 30)):
        main.env["ops.restore.point"].create(
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
