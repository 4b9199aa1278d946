"""Sample data for the screens of modules: a catalogue, two inventories, changes in every state."""

from datetime import timedelta

from odoo import fields
from odoo.addons.ipai_module_manager.engine import requirement_lines

NOW = fields.Datetime.now()
ADDONS = (
    ("web_responsive", "Responsive web client, community-supported", "Tecnativa, OCA", "1.0.4"),
    ("partner_firstname", "Split first name and last name for people", "Camptocamp, OCA", "1.1.0"),
    ("queue_job", "Job Queue", "Camptocamp, ACSONE SA/NV, OCA", "2.1.2"),
    ("auditlog", "Audit Log", "ABF OSIELL, OCA", "1.0.5"),
    ("base_tier_validation", "Implement a validation process based on tiers", "ForgeFlow", "1.2.0"),
    ("account_reconcile_oca", "Reconcile addons for Odoo CE accounting", "CreuBlanca", "1.0.9"),
    (
        "stock_picking_report_valued",
        "Adding valued picking on delivery slips",
        "Tecnativa",
        "1.0.0",
    ),
    ("server_environment", "Move some configurations out of the database", "Camptocamp", "1.0.1"),
    ("mass_editing", "Mass Editing", "Serpent Consulting, Tecnativa", "1.0.2"),
    ("sale_order_type", "Sale Order Type", "Grupo Vermon, AvanzOSC", "1.0.3"),
)
README = """
<h1>Job Queue</h1>
<p>This addon adds an integrated job queue to Odoo. It allows you to postpone method calls executed
asynchronously.</p>
<ul><li>Views for jobs, jobs are stored in PostgreSQL</li><li>Jobrunner: execute the jobs, highly
efficient thanks to PostgreSQL's NOTIFY</li><li>Channels: give a capacity for the root channel and
its sub-channels and segregate jobs in them</li><li>Retries: ability to retry jobs by raising a type
of exception</li></ul>
<h2>Configuration</h2>
<pre>[queue_job]
channels = root:2</pre>
"""
INVENTORY = (
    ("base", "Base", "installed", "19.0.1.3", "19.0.1.3", "odoo", (), 48_211),
    ("web", "Web", "installed", "19.0.1.0", "19.0.1.0", "odoo", ("base",), 9_874),
    ("mail", "Discuss", "installed", "19.0.1.19", "19.0.1.19", "odoo", ("base", "web"), 21_702),
    ("sale", "Sales", "installed", "19.0.1.2", "19.0.1.2", "odoo", ("mail", "account"), 6_204),
    ("account", "Invoicing", "installed", "19.0.1.4", "19.0.1.4", "odoo", ("mail",), 30_118),
    ("stock", "Inventory", "installed", "19.0.1.1", "19.0.1.1", "odoo", ("mail",), 17_090),
    ("crm", "CRM", "uninstalled", "", "19.0.1.9", "odoo", ("mail",), 5_640),
    (
        "acme_sale",
        "Acme sales",
        "installed",
        "19.0.2.0.1",
        "19.0.2.1.0",
        "repository",
        ("sale",),
        912,
    ),
    (
        "acme_report",
        "Acme reports",
        "installed",
        "19.0.1.0.0",
        "19.0.1.0.0",
        "repository",
        ("acme_sale",),
        433,
    ),
    ("acme_gateway", "Acme gateway", "installed", "19.0.1.0.0", "", "missing", ("base",), 0),
    (
        "queue_job",
        "Job Queue",
        "installed",
        "19.0.2.1.2",
        "19.0.2.1.2",
        "package",
        ("base", "web"),
        2_877,
    ),
    ("web_responsive", "Web Responsive", "unknown", "", "19.0.1.0.4", "package", ("mail",), 702),
)
ONLY_STAGING = ("partner_firstname", "Partner first name", "installed", *["19.0.1.1.0"] * 2)
BEFORE = "openpyxl==3.1.5\nodoo-addon-queue-job==19.0.2.1.2\n"
AFTER = BEFORE + "odoo-addon-web-responsive==19.0.1.0.4\n"
LOST = (
    ("queue_job", 18_204),
    ("queue_job_channel", 6),
    ("queue_job_function", 41),
    ("queue_job_lock", 12),
)
UPDATES = (
    ("acme_sale", "update", "update"),
    ("acme_report", "refresh", "nothing"),
    ("acme_stock", "restart", "nothing"),
)


def ago(**units):
    return NOW - timedelta(**units)


def catalogue():
    book = env["ipai.module.package"]
    book._take_names([f"odoo-addon-{name.replace('_', '-')}" for name, *_rest in ADDONS])
    for name, summary, author, version in ADDONS:
        values = {"summary": summary, "author": author, "latest_version": f"19.0.{version}"}
        values |= {"series": "19.0, 18.0", "license": "LGPL-3", "requires_python": ">=3.10"}
        values |= {"read_at": ago(hours=3), "requires": "odoo==19.0.*"}
        values["homepage"] = f"https://github.com/OCA/{name}"
        book.search([("technical_name", "=", name)]).write(values)
    queue = book.search([("technical_name", "=", "queue_job")])
    queue.write({"readme": README, "requires": "odoo==19.0.*\nrequests\nopenupgradelib"})
    settings = env.ref("ipai_module_manager.index")
    settings.refreshed_at = ago(hours=3)
    for kind, said in (
        ("names", f"The index lists {len(ADDONS)} modules."),
        ("page", "odoo-addon-queue-job 19.0.2.1.2"),
        ("test", "The index answers; it has 4 wheels of web_responsive."),
    ):
        package = queue if kind == "page" else book
        env["ipai.module.order"]._place(kind, package)._note_end(True, said)


def inventory(owner, rows):
    names = ("name", "title", "state", "version_database", "version_code", "origin", "depends")
    listed = [
        {
            **dict(zip(names, row, strict=False)),
            "lines": row[-1],
            "author": "Odoo S.A." if row[5] == "odoo" else "Acme",
            "is_outdated": bool(row[3] and row[4] and row[3] != row[4]),
            "updated_at": ago(days=3) if row[2] == "installed" else False,
        }
        for row in rows
    ]
    env["ipai.environment.module"]._replace(owner, listed)
    owner.write({"modules_read_at": ago(minutes=50), "module_python": "3.13.2"})


def inventories(main, staging):
    inventory(main, INVENTORY)
    newer = [(*row[:3], row[4], *row[4:]) for row in INVENTORY if row[2] == "installed"]
    kept = [row for row in newer if row[0] != "acme_gateway"]
    inventory(staging, [*kept, (*ONLY_STAGING, "package", ("base",), 311)])


def operation(owner, action, names, state, **values):
    asked = {"environment_id": owner.id, "action": action, "names": list(names), "state": state}
    asked |= {
        "plan_run_id": owner.image_id.run_id.id or owner.last_run_id.id,
        "requested_by_id": env.ref("base.user_admin").id,
    }
    return env["ipai.module.operation"].create({**asked, **values})


def operations(main, staging):
    lost = [f"{name}: {rows:,} rows" for name, rows in LOST]
    operation(
        main,
        "uninstall",
        ["queue_job"],
        "ready",
        modules=["queue_job"],
        module_count=1,
        table_count=len(LOST),
        row_count=sum(rows for _name, rows in LOST),
        column_count=1,
        lost="\n".join([*lost, "res_users.queue_notify"]),
    )
    closure = ["base_tier_validation", "sale_tier_validation", "server_tools_kit"]
    operation(staging, "install", closure[:1], "ready", modules=closure, module_count=3)
    done = {"modules": ["acme_sale", "acme_report"], "module_count": 2}
    operation(main, "update", ["acme_sale"], "done", run_id=main.image_id.run_id.id, **done)
    failed = "The image has no module acme_portal: add it to the repository and deploy."
    operation(main, "install", ["acme_portal"], "failed", said=failed)


def change(owner, name, state, **values):
    package = env["ipai.module.package"].search([("technical_name", "=", name)])
    place = {"package_id": package.id, "environment_id": owner.id, "state": state}
    place |= {"base_branch": owner.branch, "branch": f"module/{name.replace('_', '-')}-7"}
    return env["ipai.module.change"].create(
        {**place, "requested_by_id": env.ref("base.user_admin").id, **values}
    )


def changes(main, staging):
    line = AFTER.splitlines()[-1]
    record = change(main, "web_responsive", "ready", before=BEFORE, after=AFTER, requirement=line)
    record.difference = requirement_lines.difference(BEFORE, AFTER)
    record.brings = (
        "odoo-addon-queue-job 19.0.2.1.2\n"
        "odoo-addon-web-responsive 19.0.1.0.4\n"
        "openupgradelib 3.6.1, needed by odoo-addon-queue-job 19.0.2.1.2\n"
        "openpyxl 3.1.5"
    )
    why = (
        "No release of openpyxl fits Odoo 19.0 and Python 3.13: odoo-addon-mass-editing 19.0.1.0.2 "
        "wants openpyxl<3.1; the project wants openpyxl==3.1.5."
    )
    change(staging, "mass_editing", "refused", said=why)
    pushed = {"commit": "3f2c1a7d" * 5, "requirement": "odoo-addon-auditlog==19.0.1.0.5"}
    pushed |= {"pull_state": "open", "pull_number": 42}
    pushed["pull_url"] = "https://github.com/acme/erp/pull/42"
    pushed |= {"said": "Committed to module/auditlog-7.", "run_id": staging.last_run_id.id}
    change(staging, "auditlog", "pushed", **pushed)


def updates(main):
    """The newest deploy tells what each changed addon takes."""
    step = main.image_id.run_id.step_ids.filtered(lambda each: each.kind == "update")
    rows = [{"name": name, "content": said, "version": rule} for name, said, rule in UPDATES]
    line = {"seq": 900, "attempt": step.attempt, "level": "debug", "message": "What changed"}
    step.run_id._ingest(step, [{**line, "payload": {"update_plan": rows}}])


def fill():
    owner = env["ops.project"].search([("code", "=", "acme")])
    main = owner.environment_ids.filtered(lambda each: each.name == "main")
    staging = owner.environment_ids.filtered(lambda each: each.name == "release/2.4")
    catalogue()
    inventories(main, staging)
    operations(main, staging)
    changes(main, staging)
    updates(main)
    env.cr.commit()


fill()
