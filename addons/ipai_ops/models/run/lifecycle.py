"""What people may do with a run: cancel it, retry it, deploy its image again."""

from odoo import fields, models
from odoo.exceptions import UserError

from ...authentication.asks_again import asks_again
from ...engine.lifecycle import RUN_OVER, check_run

# Kinds of run whose beginning asks for another right than to deploy.
RIGHT_OF = {
    "backup": "backup",
    "prove": "backup",
    "drill": "backup",
    "forget": "backup",
    "base": "backup",
    "watch": "backup",
    "export": "download",
    "restore": "restore",
    "rollback": "rollback",
    "destroy": "destroy",
    "shell": "shell",
    "database_shell": "database_shell",
}


class Run(models.Model):
    _inherit = "ops.run"

    def action_cancel(self):
        """Stop the run: a waiting one at once, a running one after its step is cleaned up."""
        self._check_may_act()
        for run in self:
            if run.state in RUN_OVER:
                raise UserError(self.env._("This run is over; there is nothing to cancel."))
            run.sudo()._request_cancel()
        return True

    def action_retry(self):
        """Queue the same work again, on the same commit, and open the new run."""
        self.ensure_one()
        self._check_may_act()
        if self.state not in RUN_OVER:
            raise UserError(self.env._("This run is not over yet; cancel it first."))
        if not self.environment_id:
            raise UserError(self.env._("A clean-up repeats itself; it cannot be retried."))
        return self._queue_again("retry", retry_of=self)._open()

    @asks_again
    def action_redeploy(self):
        """Deploy the image of this run again, without a build, and open the new run."""
        self.ensure_one()
        self._check_may("rollback")
        image = self.sudo()._image()
        if not image:
            raise UserError(
                self.env._("This run's image is not kept any more; retry the run to build it.")
            )
        return self.environment_id._redeploy(image)._open()

    def _check_may_act(self):
        """Cancelling or retrying a run asks for the right that its kind asks for."""
        for run in self:
            run._check_may(RIGHT_OF.get(run.sudo().kind, "deploy"))

    def _queue_again(self, trigger, **options):
        environment = self.environment_id
        if environment.state == "destroyed":
            raise UserError(self.env._("The environment is gone; push its branch to make it anew."))
        again = self.env["ops.run"]._queue(
            environment,
            self.kind,
            trigger,
            self.ref,
            self.commit,
            commit_subject=self.commit_subject,
            commit_author=self.commit_author,
            redeploy_image=self.redeploy_image_id,
            order=self._order_again(),
            **options,
        )
        self._hand_over(again)
        return again

    def _image(self):
        """Return the image this run deployed, while it is kept."""
        images = self.redeploy_image_id | self.artifact_ids
        build = self.step_ids.filtered(lambda step: step.name == "build")[:1]
        uri = (build.result or {}).get("image")
        if uri:
            images |= self.env["ops.artifact"].search([("kind", "=", "image"), ("uri", "=", uri)])
        present = images.filtered(lambda image: image.kind == "image" and image.state == "present")
        return present[:1]

    def _request_cancel(self):
        """Cancel waiting and worker-less runs; ask the driver to stop the others."""
        for run in self:
            self.env["ops.audit"]._note("run.cancel_requested", run, kind=run.kind)
        for run in self.filtered(lambda run: run.state not in RUN_OVER):
            if run.state in ("queued", "blocked"):
                run._stop_asking()
                run._finish("cancelled", fields.Datetime.now())
            else:
                run.cancel_requested = True
                run._announce()
                self._wake_driver()

    def _give_back(self):
        """Put a running run back into the queue, or let the one that waits there replace it."""
        self.ensure_one()
        newer = self.environment_id.waiting_run_id
        if newer:
            check_run("queued", "superseded")
            self.write({"superseded_by_id": newer.id, "finished_at": fields.Datetime.now()})
        self.state = "superseded" if newer else "queued"
        self._note_fact("run.superseded" if newer else "run.queued", by=newer.id or None)
        self._announce()
        self._wake_driver()
