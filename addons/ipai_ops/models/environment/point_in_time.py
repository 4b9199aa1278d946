"""Production as it was at a moment: what can be asked for, and the run that brings it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..constants import GONE


class Environment(models.Model):
    _inherit = "ops.environment"

    has_archive = fields.Boolean(compute="_compute_has_archive")
    archive_oldest_at = fields.Datetime(
        related="database_server_id.archive_oldest_at", related_sudo=False
    )
    archive_newest_at = fields.Datetime(
        related="database_server_id.archive_newest_at", related_sudo=False
    )
    archive_lag_seconds = fields.Integer(
        related="database_server_id.archive_lag_seconds", related_sudo=False
    )
    archive_failing = fields.Boolean(
        related="database_server_id.archive_failing", related_sudo=False
    )
    archive_cause = fields.Char(related="database_server_id.archive_cause", related_sudo=False)

    @api.depends("stage", "database_name", "database_server_id.has_archive")
    def _compute_has_archive(self):
        for environment in self:
            is_production = environment.stage == "production" and environment.database_name
            server = environment.database_server_id
            environment.has_archive = bool(is_production) and server.has_archive

    def action_restore_as_of(self):
        """Open the choice of a time, with what it brings and costs; the reach is looked at anew."""
        self.ensure_one()
        self.check_access("read")
        self._check_has_archive()
        self.database_server_id._look("button")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%s as of a time", self.display_name),
            "res_model": "ops.moment.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_source_id": self.id},
        }

    @api.model
    def restore_as_of(self, project, env, moment, target_env, confirm=None):
        """Queue the restore of production as of a time into an environment; return the run's id.

        ``moment``: ``2026-03-01 10:32:00``, in UTC. ``target_env``: slug, name or id. ``confirm``:
        the environment's name, where production itself goes back.
        """
        runs = self.env["ops.run"]
        source = runs._named_environment(runs._named_project(project), env)
        target = runs._named_environment(source.project_id, target_env)
        target._check_may("restore")
        try:
            at = fields.Datetime.to_datetime(moment)
        except ValueError as error:
            raise UserError(self.env._("“%s” is no time.", moment)) from error
        source._check_goes_back(target, confirm)
        return source._restore_moment(at, target, "api").run_id.id

    def _check_has_archive(self):
        if not self.has_archive:
            raise UserError(
                self.env._(
                    "Times can be asked for of production with data, on a server of this set-up."
                )
            )

    def _check_goes_back(self, target, typed):
        """Production itself goes back only for who names it."""
        if target.stage == "production" and (typed or "").strip() != target.name:
            raise UserError(
                self.env._(
                    "Type “%s” to confirm: production's present data will be put aside.",
                    target.name,
                )
            )

    def _restore_moment(self, moment, target, trigger):
        """Queue the restore; return its record. The right on the target has been asked."""
        self.ensure_one()
        self._check_has_archive()
        self._check_reach(moment)
        self._check_target(target)
        time = fields.Datetime.to_string(moment).replace(" ", "T") + "Z"
        source = {"time": time, "database": self.database_name, "environment_id": self.id}
        order = {"moment": source}
        if target.stage != "production":
            order |= {"is_foreign": True, "is_to_be_masked": True}
            order["masking"] = self.project_id._masking()
        run = target._queue_restore(trigger, order, target.image_id or self.image_id)
        values = {"environment_id": target.id, "run_id": run.id, "purpose": "recovery"}
        restores = self.env["ops.restore"].sudo()  # the run is the person's, its record ours
        return restores.create({**values, "data_at": moment})

    def _check_reach(self, moment):
        oldest, newest = self.archive_oldest_at, self.archive_newest_at
        if not oldest or not newest:
            raise UserError(
                self.env._("The archive has no base backup yet: the schedule takes one soon.")
            )
        if not moment or not oldest <= moment <= newest:
            raise UserError(
                self.env._(
                    "The archive reaches from %(oldest)s until %(newest)s UTC; choose a time in "
                    "between.",
                    oldest=fields.Datetime.to_string(oldest),
                    newest=fields.Datetime.to_string(newest),
                )
            )

    def _check_target(self, target):
        if target.project_id != self.project_id or target.state in GONE:
            raise UserError(self.env._("Choose an environment of this project."))
        if target.stage == "production" and target != self:
            raise UserError(self.env._("Production takes only its own data."))

    def _new_for_moment(self, name):
        """Make a staging environment that no push comes to; return it."""
        self.ensure_one()
        taken = ("name", "=", name), ("project_id", "=", self.project_id.id)
        if self.search_count([*taken, ("state", "not in", GONE)], limit=1):
            raise UserError(self.env._("“%s” is there already: choose another name.", name))
        values = {"project_id": self.project_id.id, "name": name, "stage": "staging"}
        values |= {"branch": self.branch, "branch_pattern": f"as-of/{name}"}
        return self.create({**values, "data_policy": "nothing"})

    def _tell_archive(self, cause, run, is_new):
        """Say it where people and automations hear it, when it begins and when it is over."""
        if not cause:
            self.env["ops.alert"]._resolve(self, "archive")
            return
        said = self.env._(
            "Times of %(place)s cannot be asked for: %(why)s", place=self.display_name, why=cause
        )
        hint = run.hint or self.env._("Look at the archive's disk; docs/recovery.md says how.")
        self._raise_data_alert("archive", said, "critical", hint)
        if is_new:
            key = f"archive.failed-{self.id}-{run.id}"
            self.env["ops.fact"]._note("archive.failed", self, key=key, cause=cause)
