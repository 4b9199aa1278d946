"""A backup as an archive to take away: written by a run, fetched through the edge, gone after a day."""

import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...authentication.asks_again import asks_again
from ..audit.refusals import refusals_kept

UNDER_WAY = ("blocked", "queued", "running")
KEPT = timedelta(days=1)


class Backup(models.Model):
    _inherit = "ops.backup"

    may_download = fields.Boolean(related="environment_id.may_download", related_sudo=False)
    export_run_id = fields.Many2one("ops.run", string="Archive made by", ondelete="set null")
    export_state = fields.Selection(
        related="export_run_id.state", related_sudo=False, string="Archive's state"
    )
    export_name = fields.Char(string="Archive", copy=False)
    export_bytes = fields.Float(string="Size of the archive", digits=(20, 0))
    export_until = fields.Datetime(string="Can be downloaded until", copy=False)

    @asks_again
    def action_download(self):
        """Fetch the archive, or have it written first and open that run."""
        self.ensure_one()
        self.environment_id._check_may("download")
        if self.export_until:
            self._check_fetch()
            url = f"/ipai/backup/{self.id}/zip"
            return {"type": "ir.actions.act_url", "url": url, "target": "download"}
        return self._export("button")._open()

    def _export(self, trigger):
        """Queue the writing of the archive, or return the run under way."""
        self.ensure_one()
        self._check_restorable()
        own = self.sudo()  # people may ask for an archive, and write nothing of a backup
        if own.export_run_id.state in UNDER_WAY:
            return self.export_run_id
        at = fields.Datetime.to_string(self.taken_at)[:16].translate(str.maketrans(" :", "--"))
        name = f"{self.project_id.code}-{self.environment_id.slug}-{at}"
        name = f"{name}-{secrets.token_hex(8)}.zip"
        order = {"export": name}
        run = self._queue_with("export", self.environment_id, trigger, self.image_id, order)
        own.write({"export_run_id": run.id, "export_name": name, "export_until": False})
        return run

    def _note_exported(self, run):
        if self and run.state == "done":
            result = run._steps_done("export").result or {}
            size, until = result.get("size_bytes") or 0, run.finished_at + KEPT
            self.write({"export_bytes": size, "export_until": until})

    def _archive(self):
        """Return the name under which the edge serves the archive; checked right, a sentence else."""
        self.ensure_one()
        self.environment_id._check_may("download")
        if not self.export_until:
            raise UserError(self.env._("There is no archive of this backup; make one first."))
        self._check_fetch()
        self.env["ops.audit"]._note("backup.downloaded", self, archive=self.export_name)
        return self.export_name

    def _check_fetch(self):
        """Raise AccessError where a policy keeps this person, or this address, from the archive."""
        run = self.sudo().export_run_id
        if run.is_overridden:
            return
        asking = {"requesters": frozenset((run._requesters() | self.env.user).ids)}
        asking |= {"voices": run._voices(), "minutes": run._session_minutes()}
        for _policy, verdict, outcome in self.environment_id._judged("download", **asking):
            if outcome == "block":
                with refusals_kept(self, "download"):
                    raise AccessError(
                        self.env._(
                            "A policy keeps this archive from you: %s It is for whoever asked for it; "
                            "once it has expired you can ask for one of your own.",
                            verdict.why,
                        )
                    )

    @api.model
    def _cron_expire_exports(self):
        """Give up archives whose day is over: they are real data."""
        late = self.search([("export_until", "<", fields.Datetime.now())])
        names = [("kind", "=", "export"), ("name", "in", late.mapped("export_name"))]
        archives = self.env["ops.artifact"].search([*names, ("state", "!=", "removed")])
        archives._mark_garbage(self.env._("It could be downloaded for a day."))
        late.write({"export_until": False})
