"""Runs that read, plan and change modules."""

from odoo import api, fields, models

from .. import presentation

KINDS = [
    ("modules", "Read modules"),
    ("module_plan", "Plan a change of modules"),
    ("module_install", "Install modules"),
    ("module_update", "Update modules"),
    ("module_uninstall", "Remove modules"),
]
CHANGING = ("module_install", "module_update", "module_uninstall")
ORDER_AGAIN = ("module_change", "modules", "redeploy", "serving")


class Run(models.Model):
    _inherit = "ops.run"

    kind = fields.Selection(selection_add=KINDS, ondelete=dict.fromkeys(dict(KINDS), "cascade"))
    lane = fields.Selection(
        selection_add=[("modules", "Modules"), ("module_plan", "Plans")],
        ondelete={"modules": "cascade", "module_plan": "cascade"},
    )

    update_plan = fields.Html(
        compute="_compute_update_plan",
        sanitize=False,
        help="What each changed addon takes by its content, beside the rule of its version.",
    )

    @api.depends("step_ids.state")
    def _compute_update_plan(self):
        for run in self:
            rows = [row for portion in run._payloads("update_plan") for row in portion]
            run.update_plan = rows and self._shown_updates(rows)

    def _shown_updates(self, rows):
        words = {
            "nothing": self.env._("nothing"),
            "refresh": self.env._("a new bundle"),
            "restart": self.env._("a restart"),
            "update": self.env._("an update"),
        }
        heads = (self.env._("Module"), self.env._("By content"), self.env._("By version"))
        cells = [(row["name"], words[row["content"]], words[row["version"]]) for row in rows]
        tones = ["" if content == version else "text-info" for _name, content, version in cells]
        return presentation.table(heads, zip(tones, cells, strict=True))

    def _order_again(self):
        """A retried change is about the same modules."""
        if self.kind not in dict(KINDS):
            return super()._order_again()
        return {key: self.spec[key] for key in ORDER_AGAIN if key in self.spec}

    def _queue_again(self, trigger, **options):
        again = super()._queue_again(trigger, **options)
        operations = self.env["ipai.module.operation"].sudo()  # whoever may retry the run
        operations.search([("run_id", "=", self.id)]).write(
            {"run_id": again.id, "state": "running"}
        )
        operations.search([("plan_run_id", "=", self.id)]).write(
            {"plan_run_id": again.id, "state": "planning"}
        )
        return again

    def _payloads(self, key):
        """Return what the run's lines carried under ``key``, of the attempt that succeeded."""
        self.ensure_one()
        found = []
        steps = self.step_ids.filtered(lambda step: step.state == "done")
        for event in steps.mapped("run_id.event_ids").sorted("seq"):
            is_last = event.step_id in steps and event.attempt == event.step_id.attempt
            if is_last and isinstance(event.payload, dict) and key in event.payload:
                found.append(event.payload[key])
        return found

    @api.model
    def _queue_for_modules(self, environment, kind, trigger, **order):
        """Queue a run that works with the image that serves the environment."""
        image = environment.image_id
        return self._queue(
            environment,
            kind,
            trigger,
            environment._ref(),
            environment.commit or None,
            redeploy_image=image,
            commit_subject=environment.commit_subject,
            order=order,
        )
