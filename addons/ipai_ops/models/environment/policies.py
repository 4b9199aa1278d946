"""What the policies say of work in an environment, and what waits for approval there."""

from datetime import UTC

from odoo import fields, models


class Environment(models.Model):
    _inherit = "ops.environment"

    blocked_run_ids = fields.One2many(
        "ops.run", "environment_id", string="Waits for approval", domain=[("state", "=", "blocked")]
    )

    def _copies_of_data(self):
        """Return what the rules may know of backups and snapshots."""
        return {
            "knows_backups": True,
            "proven_backup_at": self._newest("ops.backup", "proven"),
            "snapshot_at": self._newest("ops.snapshot", "present"),
        }

    def _newest(self, model, state):
        domain = [("environment_id", "=", self.id), ("state", "=", state)]
        found = self.env[model].sudo().search(domain, order="taken_at desc", limit=1)
        return found.taken_at.replace(tzinfo=UTC) if found else None

    def _judged(self, kind, **more):
        """Return the policies' verdicts on work that is no run, as (policy, verdict, outcome).

        ``more``: facts of ``engine.policies.Facts``, for instance minutes of a shell session.
        """
        user = self.env.user
        run = self.env["ops.run"].sudo()
        draft = run.new({"project_id": self.project_id.id, "environment_id": self.id})
        facts = {
            "kind": kind,
            "is_person": True,
            "requesters": frozenset(user.ids),
            "address": run._address() or "",
            "minutes": None,
            **more,
        }
        facts = draft._facts(**facts)
        return [
            (policy, *policy._judge(facts)) for policy in self.env["ops.policy"]._for(self, kind)
        ]

    def _give_up_blocked_runs(self, why):
        """Ask no more for what waits for approval here, but for a destruction."""
        waiting = self.sudo().blocked_run_ids
        for run in waiting.filtered(lambda run: run.kind != "destroy"):
            run._give_up(why)
