"""What a run makes is written down before it is made, and given up when nobody needs it."""

from odoo import models

from ..engine import effects, naming
from ..engine.plan import StepContext
from ..engine.steps import common
from ..platform_facts import platform

KEPT_IMAGES = 5  # of each environment, so that an older build can be redeployed


class Run(models.Model):
    _inherit = "ops.run"

    def _context_of(self, step_name):
        """Return the engine's context of one of the run's steps."""
        state = self._run_state()
        step = next(step for step in state.steps if step.name == step_name)
        return StepContext(state, step, max(step.attempt, 1), platform())

    def _database_name(self):
        """Return the database this run works on."""
        first = self.step_ids.sorted("sequence")[:1]
        return common.database(self._context_of(first.name))

    def _plan_artifacts(self, effect):
        """Write down what the effect is about to make."""
        container = effect.job if isinstance(effect, effects.StartJob) else effect.service
        artifacts = self.env["ops.artifact"]
        for file in container.secrets:
            if file.content_of:
                artifacts._plan(self, "secret", file.secret, f"secret:{file.secret}")
        if effect.step == "database":
            name = self._database_name()
            artifacts._plan(self, "database", name, self._database_uri(name))
        if effect.step == "update":
            name = naming.target_volume(platform().instance, self.environment_id.id)
            artifacts._plan(self, "volume", name, f"volume:{name}")
        if isinstance(effect, effects.Converge):
            artifacts._plan(self, "service", container.name, f"service:{container.name}")

    def _database_uri(self, name):
        server = self.spec["server"]
        return f"postgresql://{server['host']}:{server['port']}/{name}"

    def _settle_artifacts(self):
        """After the run: what serves is present, what nothing uses any more is garbage."""
        artifacts = self.env["ops.artifact"]
        if self.kind == "collect":
            artifacts._settle_collected(self)
        elif self.kind == "destroy" and self.state == "done":
            artifacts.search([("environment_id", "=", self.environment_id.id)])._after_destroy()
        elif self.kind in ("deploy", "restart"):
            artifacts.search([("environment_id", "=", self.environment_id.id)])._after_deploy(self)


class Artifact(models.Model):
    _inherit = "ops.artifact"

    def _after_deploy(self, run):
        """A run that is done keeps its own things; one that failed keeps what serves.

        A stable database is never given up here: the next deploy may be using it already.
        """
        environment = run.environment_id
        self.filtered(lambda a: a.run_id == run and a.state == "planned")._mark_present()
        serving = environment._serving_run()
        kept = (environment.database_name, environment._stable_database())
        reason = self.env._("No release uses it any more.")
        for artifact in self.filtered(lambda a: a.kind in ("secret", "database")):
            if artifact.run_id != serving and artifact.name not in kept:
                artifact._mark_garbage(reason)

    def _after_destroy(self):
        """The destroy run removed databases, files and service; images may serve others."""
        self.filtered(lambda a: a.kind in ("database", "volume", "service"))._mark_removed()
        secrets = self.filtered(lambda a: a.kind == "secret")
        secrets._mark_garbage(self.env._("Its environment is destroyed."))

    def _settle_collected(self, run):
        if run.state == "done":
            spec = run.spec
            uris = spec.get("artifact_ids", [])
            self.browse(uris).exists().filtered(lambda a: a.state == "garbage")._mark_removed()

    def _mark_unneeded_images(self):
        """Give up images that no live environment serves or may go back to."""
        live = self.env["ops.environment"].search([("state", "not in", ("destroyed",))])
        needed = live.image_id
        for environment in live:
            domain = [
                ("environment_id", "=", environment.id),
                ("kind", "=", "deploy"),
                ("state", "=", "done"),
            ]
            runs = self.env["ops.run"].search(domain, limit=KEPT_IMAGES)
            needed |= self.search([("kind", "=", "image"), ("uri", "in", runs._image_uris())])
        images = self.search([("kind", "=", "image"), ("state", "=", "present")])
        recent = self.env["ops.run"].search([("state", "in", ("queued", "running"))])
        spare = images.filtered(lambda a: a not in needed and a.run_id not in recent)
        spare._mark_garbage(self.env._("No environment serves it or would go back to it."))
