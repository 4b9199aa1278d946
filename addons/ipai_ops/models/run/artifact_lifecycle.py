"""What a run makes is written down before it is made, and given up when nobody needs it."""

from odoo import models

from ...adapters.local.platform_facts import platform
from ...engine import effects, steps
from ...engine.plan import StepContext
from ...engine.steps import common
from ..constants import RELEASING

ACTIVE = ("blocked", "queued", "running")
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
        for made in steps.makes(self._context_of(effect.step)):
            self._plan_made(made)
        if isinstance(effect, effects.Converge):
            artifacts._plan(self, "service", container.name, f"service:{container.name}")

    def _plan_made(self, made):
        artifacts = self.env["ops.artifact"]
        if not made.files:
            return artifacts._plan(self, made.kind, made.name, f"{made.kind}:{made.name}")
        known = [("name", "=", self.spec["server"]["name"])]
        server = self.env["ops.database.server"].with_context(active_test=False).search(known)
        facts = {"database_server_id": server.id, "files": made.files}
        uri = self._database_uri(made.name) if made.kind == "database" else f"file:{made.files}"
        return artifacts._plan(self, made.kind, made.name, uri, **facts)

    def _database_uri(self, name):
        server = self.spec["server"]
        return f"postgresql://{server['host']}:{server['port']}/{name}"

    def _settle_things(self):
        """After the run: what serves is present, what nothing uses any more is garbage."""
        artifacts = self.env["ops.artifact"]
        if self.kind == "collect":
            artifacts._settle_collected(self)
        elif self.kind == "destroy" and self.state == "done":
            artifacts.search([("environment_id", "=", self.environment_id.id)])._after_destroy()
        elif self.kind in RELEASING:
            artifacts.search([("environment_id", "=", self.environment_id.id)])._after_deploy(self)
        else:
            artifacts.search([("run_id", "=", self.id)])._after_copying(self)

    def _image_uri(self):
        """Return the image the run deployed: built in it, or redeployed by it."""
        build = self.step_ids.filtered(lambda step: step.name == "build")
        facts = build.result or (self.spec or {}).get("redeploy") or {}
        return facts.get("image")

    def _image_uris(self):
        return [uri for uri in (run._image_uri() for run in self) if uri]


class Artifact(models.Model):
    _inherit = "ops.artifact"

    def _after_deploy(self, run):
        """A run that is done keeps its own things; one that failed keeps what serves.

        A stable database is never given up here: the next deploy may be using it already.
        """
        environment = run.environment_id
        self.filtered(lambda a: a.run_id == run and a.state == "planned")._mark_present()
        serving = environment._serving_run()
        kept = {environment.database_name, environment._stable_database()}
        kept |= environment._kept_copies()
        reason = self.env._("No release uses it any more.")
        for artifact in self.filtered(lambda a: a.kind in ("secret", "database")):
            is_needed = artifact.run_id == serving or artifact.run_id.state in ACTIVE
            if not is_needed and artifact.name not in kept:
                artifact._mark_garbage(reason)

    def _after_copying(self, run):
        """A run that copied data leaves the files' place and what it parked, nothing else."""
        kept = run.environment_id._kept_copies()
        for artifact in self.filtered(lambda a: a.state in ("planned", "present")):
            if artifact.kind in ("volume", "bus") or artifact.name in kept:
                artifact._mark_present()
            elif artifact.kind == "database" and run._has_discarded():
                artifact._mark_removed()
            else:
                artifact._mark_garbage(self.env._("The run that needed it is over."))

    def _after_destroy(self):
        """The destroy run removed databases, files and service; images may serve others."""
        gone = self.filtered(lambda a: a.kind in ("database", "bus", "volume", "service"))
        elsewhere = gone.filtered(lambda a: a._server() != a.environment_id.database_server_id)
        elsewhere = elsewhere.filtered(lambda a: a.kind == "database")
        (gone - elsewhere)._mark_removed()
        elsewhere.filtered(lambda a: "/filestore/" in (a.files or "")).files = False
        secrets = self.filtered(lambda a: a.kind == "secret")
        (elsewhere | secrets)._mark_garbage(self.env._("Its environment is destroyed."))

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
            needed |= environment._images_of_copies()
            needed |= self.search([("kind", "=", "image"), ("uri", "in", runs._image_uris())])
        images = self.search([("kind", "=", "image"), ("state", "=", "present")])
        recent = self.env["ops.run"].search([("state", "in", ("queued", "running"))])
        spare = images.filtered(lambda a: a not in needed and a.run_id not in recent)
        spare._mark_garbage(self.env._("No environment serves it or would go back to it."))
