"""Which backups stay, by the project's policy; the monthly rehearsal of the way back."""

from datetime import UTC

from odoo import api, models

from ...engine import retention
from .backup import IN_REPOSITORY, RESTORABLE

OVER = ("stored", "proving", "proven", "damaged", "failed")


class Backup(models.Model):
    _inherit = "ops.backup"

    def _note_proven(self, run):
        """Restored, equal and started: note how long it took and how old the data was."""
        self.ensure_one()
        restore = run.restore_ids[:1]
        self.write(
            {
                "state": "proven",
                "proven_at": run.finished_at,
                "rto_seconds": restore.rto_seconds,
                "age_seconds": restore.age_seconds,
                "cause": False,
                "hint": False,
            }
        )
        self.environment_id._tell_backup_proven(self, run)

    def _copies(self):
        """Return the backups as the retention sees them."""
        return [
            retention.Copy(
                id=backup.id,
                taken_at=backup.taken_at.replace(tzinfo=UTC),
                is_proven=backup.state == "proven",
                is_held=backup.is_held,
                is_good=backup.state in RESTORABLE,
            )
            for backup in self
        ]

    @api.model
    def _verdicts(self, environment):
        """Return {backup: reasons to keep it}; no reason: the retention would remove it."""
        attempts = self.search([("environment_id", "=", environment.id), ("state", "in", OVER)])
        in_repository = attempts.filtered(lambda backup: backup.state in IN_REPOSITORY)
        has_failed = attempts[:1].state in ("failed", "damaged")
        policy = environment.project_id._retention_policy()
        judged = retention.judge(in_repository._copies(), policy, has_failed)
        return {self.browse(verdict.id): verdict.reasons for verdict in judged}

    @api.model
    def _cron_retain(self):
        """Remove what the policies give up; environments that are gone keep their last proven one."""
        groups = self._read_group([("state", "in", IN_REPOSITORY)], ["environment_id"])
        for (environment,) in groups:
            environment._clear_backups("schedule")
