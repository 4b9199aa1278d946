"""Production data without its secrets and persons, parked so that clones of it cost nothing."""

from markupsafe import Markup

from odoo import api, fields, models

UNDER_WAY = ("blocked", "queued", "running")  # runs that may still need what they name
KEPT_SNAPSHOTS = 2  # the newest, and the one before for a clone that has just begun


class Snapshot(models.Model):
    _name = "ops.snapshot"
    _description = "Snapshot"
    _product_written = True
    _order = "taken_at desc, id desc"

    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    environment_id = fields.Many2one(
        "ops.environment", string="Data of", required=True, index=True, ondelete="cascade"
    )
    backup_id = fields.Many2one("ops.backup", index=True, ondelete="set null")
    run_id = fields.Many2one("ops.run", string="Made by", ondelete="set null")
    database_name = fields.Char(required=True)
    database_server_id = fields.Many2one("ops.database.server", ondelete="restrict")
    artifact_id = fields.Many2one("ops.artifact", ondelete="set null")
    state = fields.Selection(
        [
            ("present", "Ready"),
            ("failed", "Not safe"),
            ("removed", "Removed"),
        ],
        required=True,
        default="present",
    )
    cause = fields.Char(help="Why it is not safe, in one sentence.")
    taken_at = fields.Datetime(string="Data as of", required=True)
    size_bytes = fields.Float(string="Size", digits=(20, 0))
    method = fields.Char(string="Parked by", help="How the files were moved.")
    neutralization = fields.Json()
    masking = fields.Json()
    rows_masked = fields.Float(digits=(20, 0), compute="_compute_figures", store=True)
    rows_per_second = fields.Float(digits=(20, 0), compute="_compute_figures", store=True)
    leaks = fields.Integer(compute="_compute_figures", store=True)
    fixed_count = fields.Integer(string="Made harmless", compute="_compute_figures", store=True)
    undecided_count = fields.Integer(string="To decide", compute="_compute_figures", store=True)
    checks_html = fields.Html(string="Checks", compute="_compute_reports")
    masking_html = fields.Html(string="Masked columns", compute="_compute_reports")
    undecided_html = fields.Html(string="Columns to decide", compute="_compute_reports")
    clone_ids = fields.One2many("ops.restore", "snapshot_id", string="Clones")
    clone_count = fields.Integer(compute="_compute_clone_count")

    @api.depends("taken_at", "project_id.name")
    def _compute_display_name(self):
        for snapshot in self:
            taken_at = snapshot.taken_at or fields.Datetime.now()  # of one that is not saved yet
            at = fields.Datetime.context_timestamp(snapshot, taken_at)
            snapshot.display_name = f"{snapshot.project_id.name} · {at:%Y-%m-%d %H:%M}"

    @api.depends("neutralization", "masking")
    def _compute_figures(self):
        for snapshot in self:
            masking = snapshot.masking or {}
            snapshot.rows_masked = masking.get("rows") or 0
            snapshot.rows_per_second = masking.get("rows_per_second") or 0
            snapshot.leaks = masking.get("leaks") or 0
            snapshot.undecided_count = len(masking.get("undecided") or ())
            checks = (snapshot.neutralization or {}).get("checks") or ()
            snapshot.fixed_count = sum(int(check.get("fixed") or 0) for check in checks)

    @api.depends("clone_ids")
    def _compute_clone_count(self):
        for snapshot in self:
            snapshot.clone_count = len(snapshot.clone_ids)

    @api.depends("neutralization", "masking")
    def _compute_reports(self):
        for snapshot in self:
            safe, masking = snapshot.neutralization or {}, snapshot.masking or {}
            snapshot.checks_html = self._checks_table(safe)
            rows = [_masked_row(table) for table in masking.get("tables") or ()]
            head = (self.env._("Column"), self.env._("Replaced as"), self.env._("Rows"))
            snapshot.masking_html = html_table(head, rows)
            undecided = [(_plain(column),) for column in masking.get("undecided") or ()]
            snapshot.undecided_html = html_table((self.env._("Column"),), undecided)

    def _checks_table(self, report):
        checks = [
            (check.get("name"), check.get("found"), check.get("fixed"))
            for check in report.get("checks") or ()
        ]
        unknown = [
            (f"{entry.get('module')}: {', '.join(entry.get('columns') or ())}", "", "")
            for entry in report.get("modules_without_neutralize") or ()
        ]
        head = (self.env._("Looked for"), self.env._("Found"), self.env._("Made harmless"))
        return html_table(head, [*checks, *unknown])

    @api.model
    def _newest(self, project, server):
        """Return the newest snapshot on the server; clones are made where the snapshot is."""
        domain = [("project_id", "=", project.id), ("state", "=", "present")]
        return self.sudo().search([*domain, ("database_server_id", "=", server.id)], limit=1)

    def _facts(self):
        """Return what a run's frozen spec says of the snapshot."""
        taken_at = fields.Datetime.to_string(self.taken_at)
        about = {"environment_id": self.environment_id.id, "taken_at": taken_at}
        return {"id": self.id, "database": self.database_name, **about}

    def _give_up_older(self):
        """Keep the newest snapshots of the project and those a run is cloning."""
        self.ensure_one()
        domain = [("project_id", "=", self.project_id.id), ("state", "=", "present")]
        in_use = self.env["ops.run"].search([("state", "in", UNDER_WAY)])
        used = {((run.spec or {}).get("snapshot") or {}).get("id") for run in in_use}
        spare = self.search(domain)[KEPT_SNAPSHOTS:].filtered(lambda one: one.id not in used)
        spare.artifact_id._mark_garbage(self.env._("A newer snapshot is there."))
        spare.state = "removed"


def _masked_row(table):
    return (f"{table.get('table')}.{table.get('column')}", table.get("kind"), table.get("rows"))


def _plain(column):
    if isinstance(column, dict):
        return f"{column.get('table')}.{column.get('column')}"
    return column


def html_table(head, rows):
    """Return an HTML table; everything in it is escaped."""
    if not rows:
        return False
    titles = Markup().join(Markup("<th>%s</th>") % title for title in head)
    lines = Markup().join(
        Markup("<tr>%s</tr>") % Markup().join(Markup("<td>%s</td>") % cell for cell in row)
        for row in rows
    )
    return (
        Markup('<table class="table table-sm o_ops_report"><thead><tr>%s</tr></thead>') % titles
        + Markup("<tbody>%s</tbody></table>") % lines
    )
