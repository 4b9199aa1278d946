"""What people and the schedule do with an environment's backups."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..data.backup import RESTORABLE
from ..data.snapshot import UNDER_WAY


class Environment(models.Model):
    _inherit = "ops.environment"

    def action_back_up(self):
        """Queue a backup and open its run."""
        self.ensure_one()
        self._check_may("backup")
        return self._back_up("button").run_id._open()

    def action_view_backups(self):
        """Open the environment's backups."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.backup_action")
        action["domain"] = [("environment_id", "=", self.id)]
        return action

    def action_view_storage(self):
        """Open the graph of what backups add to the repository over time."""
        action = self.action_view_backups()
        views = [[False, mode] for mode in ("graph", "pivot", "list")]
        return {**action, "views": views, "name": self.env._("Storage of %s", self.display_name)}

    def _back_up(self, trigger):
        """Queue a backup; one that waits already is the answer. Return the backup."""
        self.ensure_one()
        if not self.image_id or not self.database_name:
            raise UserError(self.env._("Nothing has been deployed here yet: deploy first."))
        waiting = self.env["ops.backup"].search(
            [("environment_id", "=", self.id), ("run_id.state", "=", "queued")], limit=1
        )
        if waiting:
            return waiting
        repository = self.project_id._backup_repository()
        run = self.env["ops.run"]._queue(
            self,
            "backup",
            trigger,
            self._ref(),
            self.commit or None,
            commit_subject=self.commit_subject,
            redeploy_image=self.image_id,
            order={"repository": repository._facts()},
        )
        values = {"repository_id": repository.id, "run_id": run.id, "image_id": self.image_id.id}
        values |= {"project_id": self.project_id.id, "environment_id": self.id}
        values |= {"commit": self.commit, "commit_subject": self.commit_subject}
        backups = self.env["ops.backup"].sudo()  # people ask for backups, only runs write them
        return backups.create({**values, "taken_at": fields.Datetime.now()}).with_env(self.env)

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
