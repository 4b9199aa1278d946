"""An archive of Odoo that lies ready to be taken in: uploaded, or put into the folder by hand."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...adapters.local import imports_folder
from ...authentication.asks_again import asks_again_when, on_production
from .snapshot import UNDER_WAY

KEPT = timedelta(days=3)


class Archive(models.Model):
    _name = "ops.archive"
    _description = "Archive to import"
    _product_written = True
    _order = "create_date desc, id desc"

    name = fields.Char(required=True, readonly=True)
    project_id = fields.Many2one(
        "ops.project", required=True, readonly=True, index=True, ondelete="cascade"
    )
    environment_id = fields.Many2one(
        "ops.environment",
        string="Uploaded for",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    source = fields.Selection(
        [("upload", "Uploaded"), ("folder", "Put into the folder")], required=True, readonly=True
    )
    state = fields.Selection(
        [("uploading", "Uploading"), ("ready", "Ready"), ("removed", "Removed")],
        required=True,
        default="uploading",
        readonly=True,
        index=True,
    )
    file_name = fields.Char(string="File", required=True, readonly=True)
    size_bytes = fields.Float(string="Size", digits=(20, 0), readonly=True)
    received_bytes = fields.Float(string="Received", digits=(20, 0), readonly=True)
    expires_at = fields.Datetime(
        string="Removed", readonly=True, help="Uploads are real data: they do not stay."
    )
    restore_ids = fields.One2many("ops.restore", "archive_id", string="Imports")

    _file_unique = models.UniqueIndex(
        "(file_name) WHERE state <> 'removed'", "This file is known already."
    )

    @api.model
    def _scan(self, project):
        """Know what lies in the folder for the project now, and forget what is gone."""
        own = self.sudo()  # whoever may see the project; only this code writes archives
        known = own.search([("project_id", "=", project.id), ("state", "!=", "removed")])
        ready = known.filtered(lambda archive: archive.state == "ready")
        if not imports_folder.folder():
            return ready
        there = imports_folder.listed(project.code)
        ready.filtered(lambda archive: archive.file_name not in there).state = "removed"
        for archive in ready.filtered(lambda one: one.source == "folder" and one.state == "ready"):
            archive.size_bytes = there[archive.file_name]
        new = sorted(set(there) - set(known.mapped("file_name")))
        own.create([self._found(project, name, there[name]) for name in new])
        return own.search([("project_id", "=", project.id), ("state", "=", "ready")])

    @staticmethod
    def _found(project, name, size):
        shown = name.removeprefix(f"{project.code}.")
        facts = {"name": shown, "file_name": name, "size_bytes": size, "received_bytes": size}
        return {**facts, "project_id": project.id, "source": "folder", "state": "ready"}

    @asks_again_when(on_production)
    def action_import(self):
        """Open the choice of where to take it in, with what will be lost and kept."""
        self.ensure_one()
        self._check_may_use()
        return self._place()._ask_import(self)

    @asks_again_when(on_production)
    def action_remove(self):
        """Remove the file now."""
        for archive in self:
            archive._check_may_use()
            archive.sudo()._remove()  # people may have it removed, and write nothing of it
        return True

    def _check_may_use(self, environment=None):
        """An upload is for those who may restore where it was uploaded for, and where it goes."""
        (self._place() if environment is None else self.environment_id | environment)._check_may(
            "restore"
        )

    def _place(self):
        """Return the environment it was uploaded for; of what was put there by hand, production."""
        environments = self.project_id.environment_ids
        production = environments.filtered(lambda each: each.stage == "production")
        return self.environment_id or production[:1]

    def _is_busy(self):
        """Say whether a run is to take it in."""
        runs = self.env["ops.run"].sudo().search([("state", "in", UNDER_WAY)])
        used = {((run.spec or {}).get("archive") or {}).get("id") for run in runs}
        return self.id in used

    def _remove(self):
        for archive in self:
            if archive._is_busy():
                raise UserError(self.env._("A run is taking “%s” in: wait for it.", archive.name))
            if not imports_folder.remove(archive.file_name):
                raise UserError(
                    self.env._("The file %s cannot be removed here.", archive.file_name)
                )
            archive.state = "removed"

    @api.model
    def _cron_expire(self):
        """Remove uploads whose time is over, whole or not, that no run is about to take in."""
        late = [("expires_at", "<", fields.Datetime.now()), ("state", "!=", "removed")]
        for archive in self.search(late):
            if not archive._is_busy() and imports_folder.remove(archive.file_name):
                archive.state = "removed"
