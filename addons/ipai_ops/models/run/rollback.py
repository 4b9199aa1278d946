"""Going back to the deployment of a run."""

from odoo import api, models
from odoo.exceptions import UserError

from ...authentication.asks_again import asks_again


class Run(models.Model):
    _inherit = "ops.run"

    @api.model
    def restore_deployment(self, run_id, with_data=False):
        """Queue the way back to the deployment of a run; return the new run's id.

        ``with_data``: also bring back the data as it was just before the deploy that followed;
        what was written since is then kept aside, and lost to the users.
        """
        run = self._one_by_id(run_id)
        environment = run.environment_id
        environment._check_may("rollback")
        image = run.sudo()._image()  # whoever may roll back
        if not image:
            raise UserError(self.env._("This run's build is not kept any more."))
        point = run._point_after() if with_data else self.env["ops.restore.point"]
        if with_data and not point:
            raise UserError(self.env._("No restore point of that deployment is kept any more."))
        return environment._roll_back(image, point, "api").id

    @asks_again
    def action_roll_back(self):
        """Open the question whether to go back behind this deploy, with what will be lost."""
        self.ensure_one()
        self.environment_id._check_may("rollback")
        point = self.sudo().point_ids.filtered(  # whoever may roll back
            lambda one: one.kind == "point" and one.state == "present"
        )
        return self.environment_id._ask_rollback(point=point[:1], run=self)

    def _point_after(self):
        """Return the copy made just before the deploy that followed this run."""
        domain = [
            ("environment_id", "=", self.environment_id.id),
            ("kind", "=", "point"),
            ("state", "=", "present"),
            ("taken_at", ">=", self.finished_at),
        ]
        points = self.env["ops.restore.point"].sudo()  # whoever may roll back
        return points.search(domain, order="taken_at", limit=1)
