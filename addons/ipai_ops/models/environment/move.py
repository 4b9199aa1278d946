"""What it takes to move an environment to another stage or database server.

A move is work like a deploy: it brings what the environment serves, its data and its secrets to a
place where other rights and policies hold. So it is judged by both stages, and nothing waits or runs
meanwhile that was allowed for one of them alone.
"""

from contextlib import contextmanager, nullcontext

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError

ACTIVE = ("blocked", "queued", "running")


class Environment(models.Model):
    _inherit = "ops.environment"

    @api.constrains("stage", "database_server_id")
    def _check_server_serves_stage(self):
        labels = dict(self._fields["stage"]._description_selection(self.env))
        for environment in self.sudo().filtered("database_server_id"):  # seen or not, it must serve
            server = environment.database_server_id
            if not server[f"serves_{environment.stage}"]:
                raise ValidationError(
                    self.env._(
                        "The database server “%(server)s” does not serve %(stage)s, the stage of "
                        "“%(environment)s”. Choose a server that does.",
                        server=server.name,
                        stage=labels[environment.stage],
                        environment=environment.display_name,
                    )
                )

    @contextmanager
    def _moved(self, vals):
        """Have what is written inside taken back where the old or the new place does not allow a move."""
        is_asked = not self.env.su and {"stage", "database_server_id"}.intersection(vals)
        with self.env.cr.savepoint() if is_asked else nullcontext():
            stages = {environment: environment.stage for environment in self}
            servers = {environment: environment.database_server_id for environment in self}
            going = self.filtered(lambda one: one.stage != vals.get("stage", one.stage))
            going._check_may_leave()
            yield
            self.filtered(lambda one: one.stage != stages[one])._check_may_arrive(stages)
            for environment in self.filtered(lambda one: one.database_server_id != servers[one]):
                environment._check_has_no_data(servers[environment])
            if "stage" in vals:
                self._refresh_expiry()

    def _stage_values(self, stage):
        """Return what else changes when environments move to ``stage``; refuse production."""
        moving = self.filtered(lambda environment: environment.stage != stage)
        if not moving:
            return {}
        if stage == "production" or "production" in moving.mapped("stage"):
            raise UserError(
                self.env._(
                    "An environment cannot be moved to or from Production: "
                    "promote its build, or merge its branch into the one production serves."
                )
            )
        if stage == "staging":
            return {"demo": False, "run_tests": False}
        return {"demo": True, "run_tests": True}

    def _check_may_leave(self):
        """Ask for what a move takes before anything is written."""
        if self.env.su:
            return
        for environment in self:
            environment._check_rights_to_move()
            active = [("environment_id", "=", environment.id), ("state", "in", ACTIVE)]
            run = self.env["ops.run"].sudo().search(active, limit=1)  # whoever may see it or not
            if run:
                raise UserError(
                    self.env._(
                        "“%(run)s” waits or runs for the stage as it is. Let it end or cancel it; "
                        "then move the environment.",
                        run=run.display_name,
                    )
                )

    def _check_may_arrive(self, stages):
        """Ask at the new place, for what the old one asked too: rights, and what policies say."""
        if self.env.su:
            return
        for environment in self:
            environment._check_rights_to_move()
            environment._check_policies_of_move({stages[environment]})

    def _check_rights_to_move(self):
        self._check_may("settings")
        if self.sudo().secret_ids:  # they go with it, seen or not
            self._check_may("secrets")

    def _check_policies_of_move(self, stages):
        """Refuse to carry what is served past the policies of a stage; an empty one moves freely."""
        if not (self.image_id or self.database_name):
            return
        runs = self.env["ops.run"].sudo()  # policies are asked about more than the person sees
        spec = {"project": runs._project_facts(self.sudo().project_id)}
        draft = runs.new(
            {
                "project_id": self.project_id.id,
                "environment_id": self.id,
                "kind": "deploy",
                "commit": self.commit,
                "spec": spec,
                "requested_by_id": self.env.uid,
                **runs._asked(),
            }
        )
        facts = draft._facts()
        for policy in self.env["ops.policy"]._for(self, "deploy", stages):
            verdict, outcome = policy._judge(facts)
            if outcome == "block":
                raise AccessError(
                    self.env._(
                        "The policy “%(policy)s” would block this move: %(why)s Make an environment "
                        "in the other stage, and deploy the branch there.",
                        policy=policy.name,
                        why=verdict.why,
                    )
                )

    def _check_has_no_data(self, before):
        """Data do not follow a setting: an environment that has some stays on its server."""
        if self.database_name and before and not self.env.su:
            raise UserError(
                self.env._(
                    "The data of “%(environment)s” are on “%(server)s”: the server is chosen before "
                    "the first deploy. Make another environment and restore a backup there.",
                    environment=self.display_name,
                    server=before.name,
                )
            )

    @api.constrains("database_server_id", "project_id")
    def _check_server_is_for_project(self):
        for environment in self:
            kept_for = environment.database_server_id.sudo().project_id
            if kept_for and kept_for != environment.project_id:
                raise ValidationError(
                    self.env._(
                        "The database server “%(server)s” is kept for another project than that of "
                        "“%(environment)s”. Choose another server.",
                        server=environment.database_server_id.name,
                        environment=environment.display_name,
                    )
                )
