"""Which backups stay, by the project's policy; the monthly rehearsal of the way back."""

from datetime import UTC

from odoo import api, models
from odoo.exceptions import UserError

from ...engine import retention
from .backup import IN_REPOSITORY, RESTORABLE
from .snapshot import UNDER_WAY

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


class Environment(models.Model):
    _inherit = "ops.environment"

    def action_preview_retention(self):
        """Show what the retention would remove now, and why the others stay; nothing is removed."""
        self.ensure_one()
        self._check_may("view")
        self._judge_backups()
        action = self.action_view_backups()
        action["context"] = {"search_default_in_repository": 1, "search_default_group_by_kept": 1}
        action["name"] = self.env._("What the retention keeps")
        return action

    def action_clear_backups(self):
        """Remove now what the policy gives up and open the run."""
        self.ensure_one()
        self._check_may("backup")
        run = self._clear_backups("button")
        if run:
            return run._open()
        return self._shown_once(
            self.env._("Nothing to remove"),
            self.env._("The policy keeps all backups that are there."),
        )

    def _judge_backups(self):
        """Write on each backup why it stays; return those that may go."""
        backups = self.env["ops.backup"].sudo()  # whoever looks: they are judged as a whole
        spare = backups.browse()
        for backup, reasons in backups._verdicts(self).items():
            said = ", ".join(reasons) or self.env._("goes next")
            if backup.kept_as != said:
                backup.kept_as = said
            if not reasons and backup.state != "proving":
                spare |= backup
        return spare - self._backups_in_use()

    def _backups_in_use(self):
        """Return the backups that a run is restoring or about to."""
        active = self.env["ops.run"].sudo().search([("state", "in", UNDER_WAY)])
        used = [((run.spec or {}).get("backup") or {}).get("id") for run in active]
        return self.env["ops.backup"].sudo().browse([backup for backup in used if backup])

    def _clear_backups(self, trigger):
        """Queue the removal of what the policy gives up, one repository at a time."""
        spare = self._judge_backups()
        repository = spare.repository_id[:1]
        spare = spare.filtered(lambda backup: backup.repository_id == repository)
        if not spare:
            return self.env["ops.run"]
        order = {"repository": repository._facts(), "backup_ids": spare.ids}
        order["snapshots"] = spare.mapped("snapshot")
        return self.env["ops.run"]._queue(self, "forget", trigger, None, None, order=order)

    def action_drill(self):
        """Queue a rehearsal of the whole way back from the newest backup; open its run."""
        self.ensure_one()
        self._check_may("backup")
        run = self._drill("button")
        if not run:
            raise UserError(self.env._("There is no backup to rehearse with: make one first."))
        return run._open()

    def _drill(self, trigger):
        """Queue the rehearsal; return the run, empty where there is no backup."""
        wanted = [("environment_id", "=", self.id), ("state", "in", RESTORABLE)]
        backup = self.env["ops.backup"].search([*wanted, ("snapshot", "!=", False)], limit=1)
        if not backup:
            return self.env["ops.run"]
        trial = {**backup._trial(), "makes_snapshot": False}
        run = backup._queue_with("drill", self, trigger, backup.image_id, trial)
        values = {"backup_id": backup.id, "environment_id": self.id, "purpose": "drill"}
        restores = self.env["ops.restore"].sudo()  # the run is the person's, its record ours
        restores.create({**values, "run_id": run.id, "data_at": backup.taken_at})
        return run

    @api.model
    def _cron_drill(self):
        """Rehearse the way back of every production once a month."""
        for environment in self.search([("stage", "=", "production"), ("state", "=", "up")]):
            environment._drill("schedule")
