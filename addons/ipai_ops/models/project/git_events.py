"""What a push, a pull request or a deleted branch does to a project's environments."""

from odoo import models

from ...engine import branches, webhooks
from ..constants import GONE, STAGES

STAGE_ORDER = [stage for stage, _label in STAGES]


class Project(models.Model):
    _inherit = "ops.project"

    def _receive(self, event, trigger="push"):
        """Act on what a forge says; return (run, reason), the run empty where none was queued."""
        self.ensure_one()
        match event:
            case webhooks.PushEvent():
                return self._pushed(event, trigger)
            case webhooks.BranchDeleted():
                return self._branch_deleted(event, trigger)
            case webhooks.PullRequestEvent():
                return self._pull_request_moved(event)
            case webhooks.Ping():
                return self._no_run(self.env._("The webhook works."))
        return self._no_run(event.reason)

    def _no_run(self, reason):
        return self.env["ops.run"], reason

    def _pushed(self, event, trigger):
        environment = self._environment_for(event.branch) or self._new_development(event.branch)
        if not environment:
            return self._no_run(self.env._("No environment takes the branch %s.", event.branch))
        if self._is_known(environment, event.commit, trigger):
            return self._no_run(self.env._("This commit is on its way already."))
        if environment.stage == "staging" and environment.data_policy == "nothing":
            return self._no_run(self.env._("%s is deployed by hand.", environment.display_name))
        if environment.branch != event.branch:
            environment.branch = event.branch
        run = environment._deploy(
            trigger,
            event.commit,
            f"refs/heads/{event.branch}",
            commit_subject=event.subject,
            commit_author=event.author,
        )
        return run, False

    def _live_environments(self):
        live = [("project_id", "=", self.id), ("state", "not in", GONE)]
        found = self.env["ops.environment"].search(live, order="id")
        return found.sorted(lambda environment: STAGE_ORDER.index(environment.stage))

    def _environment_for(self, branch):
        """Return the environment whose pattern fits the branch best; empty where none does.

        A development pattern that fits better than any environment's own leaves room for a new
        environment: then nothing is returned either.
        """
        environments = self._live_environments()
        patterns = [environment._pattern() for environment in environments]
        place = branches.choose([*patterns, *self._development_patterns()], branch)
        return environments[place : place + 1] if place is not None else environments.browse()

    def _development_patterns(self):
        return branches.split_patterns(self.development_patterns)

    def _new_development(self, branch):
        """Make the environment of a new development branch, if the project wants one."""
        if branches.choose(self._development_patterns(), branch) is None:
            return self.env["ops.environment"]
        return self._make_development(branch, branch)

    def _make_development(self, name, branch, **values):
        values |= {"project_id": self.id, "stage": "development"}
        values |= {"name": name, "branch": branch, "branch_pattern": branch}
        return self.env["ops.environment"].create(values)

    @staticmethod
    def _is_known(environment, commit, trigger):
        """Say whether the commit is being deployed; a poll also knows what was tried before."""
        under_way = environment.active_run_id | environment.waiting_run_id
        under_way |= environment.blocked_run_ids
        if trigger == "poll":
            under_way |= environment.last_run_id
        deploys = under_way.filtered(lambda run: run.kind == "deploy")
        return commit in deploys.mapped("commit")

    def _branch_deleted(self, event, trigger):
        """A development branch takes its environment with it; others get a note."""
        serving = self._live_environments().filtered(lambda one: one.branch == event.branch)
        doomed = serving.filtered(lambda one: one.stage == "development" and not one.is_pinned)
        said = self.env._("Its branch %s was deleted.", event.branch)
        for environment in serving - doomed:
            environment.message_post(body=said)
        runs = [environment._destroy(trigger, said) for environment in doomed]
        if runs:
            return runs[0], False
        return self._no_run(self.env._("No development environment had the branch."))

    def _pull_request_moved(self, event):
        if not self.pull_request_previews:
            return self._no_run(self.env._("The project makes no previews of pull requests."))
        if event.is_from_fork:
            return self._no_run(self.env._("Pull requests of forks are not built here."))
        if not event.is_open:
            return self._pull_request_closed(event)
        environment = self._preview_of(event)
        if environment.stage != "development":
            return self._no_run(
                self.env._("%s serves this branch already.", environment.display_name)
            )
        environment.write({"pull_request": event.number, "pull_request_url": event.url})
        if self._is_known(environment, event.commit, "poll"):
            return self._no_run(self.env._("This commit is on its way already."))
        run = environment._deploy(
            "pull_request",
            event.commit,
            event.ref,
            commit_subject=event.title,
            commit_author=event.author,
        )
        return run, False

    def _preview_of(self, event):
        """Return the environment that shows the pull request, made where it is missing."""
        live = self._live_environments()
        found = live.filtered(lambda one: one.pull_request == event.number)
        found = found or live.filtered(lambda one: one.branch == event.branch)
        return found[:1] or self._make_development(f"pr-{event.number}", event.branch)

    def _pull_request_closed(self, event):
        live = self._live_environments()
        previews = live.filtered(
            lambda one: one.pull_request == event.number and one.stage == "development"
        )
        for environment in previews.filtered("is_pinned"):
            environment.message_post(
                body=self.env._("Its pull request was closed; it is pinned and stays.")
            )
        said = self.env._("Its pull request #%s was closed.", event.number)
        runs = [one._destroy("pull_request", said) for one in previews if not one.is_pinned]
        if runs:
            return runs[0], False
        return self._no_run(self.env._("No environment showed this pull request."))
