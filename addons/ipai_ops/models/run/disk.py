"""Runs and the disk: what measuring found, and what may not begin where there is no room."""

from odoo import fields, models

from ...adapters.local.platform_facts import platform
from ...engine import disk, naming
from ..constants import GONE


class Run(models.Model):
    _inherit = "ops.run"

    def _finds_no_room(self):
        """Say whether the run would write where there is no room left; it fails then, and says why."""
        environment = self.environment_id
        is_held, level = bool(environment.disk_held_at), environment.disk_level
        if disk.may_begin(self.kind, self.lane, is_held, level):
            return False
        why = {"cause": environment._disk_cause(), "hint": environment._disk_hint()}
        self.step_ids.sorted("sequence")[:1].write({"state": "failed", **why})
        self._finish("failed", fields.Datetime.now())
        return True

    def _settle_measured(self):
        """Carry what was found over to the environments; older looks have nothing to say any more."""
        found = (self._steps_done("measure").result or {}).get("environments", {})
        measured = [one["id"] for one in self.spec.get("measured", ())]
        environments = self.env["ops.environment"].with_context(active_test=False)
        for environment in environments.browse(measured).exists():
            if environment.state in GONE:
                self._give_up_volume(environment)
            elif str(environment.id) in found:
                environment._take_disk(found[str(environment.id)], self.finished_at)
        over = [("kind", "=", "measure"), ("state", "in", ("done", "failed", "cancelled"))]
        older = self.search([*over, ("id", "<", self.id)])
        older.filtered(lambda run: run.spec.get("server_id") == self.spec["server_id"]).unlink()

    def _give_up_volume(self, environment):
        """One destroyed meanwhile may have got an empty volume again, by being looked at."""
        if environment.state == "destroyed":
            name = naming.target_volume(platform().instance, environment.id)
            known = self.env["ops.artifact"]._plan(self, "volume", name, f"volume:{name}")
            known.environment_id = environment
            known._mark_garbage(self.env._("Its environment is destroyed."))
