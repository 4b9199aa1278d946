"""What is said of an environment's data: in its chatter, as facts for automations, as alerts."""

from odoo import models

SOURCE = "backups"


class Environment(models.Model):
    _inherit = "ops.environment"

    def _tell_backup_failed(self, backup, run):
        """A backup, its proof or a drill failed: say it where people and automations hear it."""
        why = run.cause or self.env._("The run was %s.", run.state)
        what = backup.display_name or run.display_name
        said = self.env._("%(what)s failed: %(why)s", what=what, why=why)
        self.message_post(body=said)
        is_damaged = run.lane == "proof"
        severity = "critical" if is_damaged or self.stage == "production" else "warning"
        self._raise_data_alert("backup", said, severity, run.hint)
        self._note_data("backup.failed", run, backup_id=backup.id, cause=why)

    def _tell_backup_proven(self, backup, run):
        """The backup was restored, equalled its manifest and started."""
        self.env["ops.alert"]._resolve(self, "backup")
        self.env["ops.alert"]._resolve(self, "backup.late")
        facts = {"backup_id": backup.id, "rto_seconds": backup.rto_seconds}
        self._note_data("backup.proven", run, **facts, age_seconds=backup.age_seconds)

    def _tell_snapshot_failed(self, run):
        """The copy could not be made safe; the snapshot before stays in use."""
        said = self.env._("No new snapshot: %s The one before stays in use.", run.cause or "")
        self.message_post(body=said)
        self._raise_data_alert("snapshot", said, "warning", run.hint)

    def _tell_snapshot_ready(self):
        self.env["ops.alert"]._resolve(self, "snapshot")

    def _tell_drill(self, run):
        """The whole way back was walked: say how long it takes."""
        restore = run.restore_ids[:1]
        self.message_post(
            body=self.env._(
                "The recovery was rehearsed with %(backup)s: %(seconds).0f s from the repository "
                "to a login page, every table and file equal to the manifest.",
                backup=restore.backup_id.display_name,
                seconds=restore.rto_seconds,
            )
        )

    def _tell_stuck_between(self, run):
        """The data could not be put back by itself: a person must look at once."""
        said = self.env._("%s broke, and its data could not be put back.", run.display_name)
        hint = self.env._("Roll back to the restore point under Backups, or restore a backup.")
        self._raise_data_alert("data", said, "critical", hint)

    def _tell_late_backups(self):
        """Planned backups that did not come are as bad as failed ones."""
        for environment in self.filtered("is_backup_late"):
            said = self.env._("No good backup of %s for too long.", environment.display_name)
            environment._raise_data_alert("backup.late", said, "critical", None)

    def _raise_data_alert(self, key, sentence, severity, hint):
        alerts = self.env["ops.alert"]
        alerts._raise(self, key, sentence, severity, message=hint or None, source=SOURCE)

    def _note_data(self, kind, run, **payload):
        """Note a fact about this environment's data; each run notes a kind once."""
        self.env["ops.fact"]._note(kind, run, key=f"{kind}-{run.id}", **payload)
