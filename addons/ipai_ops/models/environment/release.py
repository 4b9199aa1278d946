"""What the end of a run means for its environment."""

from odoo import models

from ..constants import GONE, RELEASING


class Environment(models.Model):
    _inherit = "ops.environment"

    def _order_at_start(self, spec, kind):
        """Complete a run's order with what is only known when it begins."""
        if kind == "destroy":
            return {**spec, "databases": self._own_databases()}
        if kind in RELEASING:
            return {**spec, **self._data_at_start(spec)}
        if kind == "measure":
            server = self.env["ops.database.server"].browse(spec["server_id"]).exists()
            return server._still_to_measure(spec)
        if kind == "collect":
            return self.env["ops.artifact"]._still_garbage(spec)
        return spec

    def _own_databases(self):
        """Return the names of all databases the environment still has."""
        domain = [
            ("environment_id", "in", self.ids),
            ("kind", "=", "database"),
            ("state", "!=", "removed"),
        ]
        server = self.database_server_id
        known = self.env["ops.artifact"].search(domain)
        names = known.filtered(lambda thing: thing._server() == server).mapped("name")
        return sorted({*names, self.database_name} - {False})

    def _run_began(self, run):
        """Show that something happens here."""
        states = {**dict.fromkeys(RELEASING, "deploying"), "destroy": "destroying"}
        if run.kind in states and self.state != "destroying":
            self.state = states[run.kind]
        self._note_clone(run)

    def _run_ended(self, run):
        """Take over what the run has reached; a failed one leaves what served before."""
        if not self:
            return
        if run.kind in RELEASING and run.state == "done":
            self._released(run)
        elif run.kind == "destroy" and run.state == "done":
            self.write({"state": "destroyed"})
        elif (self.state == "deploying" and run.kind in RELEASING) or run.kind == "destroy":
            self.state = self._state_left_behind()
        elif run.kind == "stop":
            self._note_stopped(run)
        if self.state == "destroyed":
            self.env["ops.fact"]._note("environment.destroyed", self)
            self.mail_ids.unlink()  # what it sent goes with it
            self.refusal_ids.unlink()

    def _state_left_behind(self):
        """Return the state after a run that failed; a host name given away is not taken back."""
        if self.disk_held_at:  # what was stopped stays so
            return "asleep"
        successors = [("host", "=", self.host), ("state", "not in", GONE), ("id", "!=", self.id)]
        if self.state in GONE and self.search_count(successors, limit=1):
            return "destroying"
        return "up" if self.image_id else "failed"

    def _released(self, run):
        image = self.env["ops.artifact"].search(
            [("kind", "=", "image"), ("uri", "=", run._image_uri()), ("state", "!=", "removed")],
            limit=1,
        )
        self.write(
            {
                "state": "up" if self.state == "deploying" else self.state,
                "image_id": image.id,
                "commit": run.commit,
                "commit_subject": run.commit_subject,
                "deployed_at": run.finished_at,
                "database_name": run._database_name(),
            }
        )
        self._refresh_expiry()
        self._note_resumed(run)

    def _serving_run(self):
        """Return the run whose release serves now."""
        domain = [
            ("environment_id", "=", self.id),
            ("kind", "in", RELEASING),
            ("state", "=", "done"),
        ]
        return self.env["ops.run"].search(domain, limit=1)
