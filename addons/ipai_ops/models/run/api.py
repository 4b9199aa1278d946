"""What scripts and outside workers call: XML-RPC and JSON-2, plain JSON types in and out."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

LEASE_SECONDS = 60
GIT_SHA_LENGTHS = (40, 64)


def plain(value):
    """Return a JSON value without nulls, which XML-RPC cannot say: they become False."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return False if value is None else value


class Run(models.Model):
    _inherit = "ops.run"

    @api.model
    def queue_run(self, project, env, git_sha=None, ref=None):
        """Queue a deploy; return the run's id.

        ``project``: code or id. ``env``: slug, name or id. ``git_sha``: 40 hex digits, blank for
        the newest commit. ``ref``: a full Git ref, blank for the environment's own.
        """
        environment = self._named_environment(self._named_project(project), env)
        environment._check_may("deploy")
        commit = self._checked_sha(git_sha)
        return environment._deploy("api", commit, self._full_ref(ref)).id

    @api.model
    def claim_next_run(self, worker_id):
        """Lease the oldest waiting run meant for outside workers; return it, or False.

        The answer holds run_id, fence, lease_seconds, lease_until and spec. The lease lasts 60 s
        and every append_event renews it; send the fence with each call.
        """
        self._check_is_worker()
        if not worker_id or not isinstance(worker_id, str):
            raise UserError(self.env._("Give the worker a name: a text that stays the same."))
        runs = self.sudo()  # a worker moves runs, which no person may write
        runs._expire_leases(fields.Datetime.now())
        run = runs._claimable(self.env["ops.environment"].search([("may_deploy", "=", True)]))
        return run._lease(worker_id, self.env.user) if run else False

    @api.model
    def append_event(self, run_id, level, message, payload=None):
        """Add a line to a running run's log; return the event's id.

        ``payload`` may hold the worker's fence and the progress from 0 to 1.
        """
        run = self._one_by_id(run_id)
        run._check_may("deploy")
        run = run.sudo()  # a worker writes to runs, which no person may
        payload = dict(payload or {})
        run._check_writable(payload.pop("fence", None), self.env.user)
        if level not in ("debug", "info", "warning", "error"):
            raise UserError(
                self.env._("“%s” is no level; use debug, info, warning or error.", level)
            )
        if run.lease_until:
            run.lease_until = fields.Datetime.now() + timedelta(seconds=LEASE_SECONDS)
        step = run.step_ids.browse()
        return run._say(step, level, str(message), payload)

    @api.model
    def finish_run(self, run_id, status, fence=None):
        """End a claimed run as done or failed; return True. The fence may come in the context."""
        run = self._one_by_id(run_id)
        run._check_may("deploy")
        run = run.sudo()  # a worker writes to runs, which no person may
        if status not in ("done", "failed"):
            raise UserError(self.env._("“%s” is no end of a run; use done or failed.", status))
        if not run.worker:
            raise UserError(
                self.env._("This run is done by the server itself; claim a run to finish it.")
            )
        run._check_writable(fence or self.env.context.get("fence"), self.env.user)
        said = run.event_ids.filtered(lambda event: event.level == "error")[-1:].message
        run._finish(status, fields.Datetime.now())
        if status == "failed":
            run.cause = said or self.env._("The worker says that it failed.")
        run.lease_until = False
        return True

    def _claimable(self, environments):
        """Return the oldest run an outside worker may take there, locked for this transaction."""
        domain = [
            ("state", "=", "queued"),
            ("environment_id", "in", environments.ids),
            ("environment_id.runner", "=", "worker"),
            ("lane", "=", "main"),
        ]
        for run in self.search(domain, order="id"):
            if run.environment_id.active_run_id or not run.try_lock_for_update():
                continue
            if run._passes_policies():
                return run
        return self.browse()

    def _lease(self, worker_id, user):
        self._begin()
        until = fields.Datetime.now() + timedelta(seconds=LEASE_SECONDS)
        fence = self.fence + 1
        self.write(
            {"worker": worker_id, "worker_user_id": user.id, "fence": fence, "lease_until": until}
        )
        return {
            "run_id": self.id,
            "fence": fence,
            "lease_seconds": LEASE_SECONDS,
            "lease_until": until.isoformat() + "Z",
            "spec": plain({**self.spec, "run": self.id}),
        }

    @api.model
    def _expire_leases(self, now):
        """Give the runs of silent workers back to the queue; their late writes are refused."""
        late = self.search([("state", "=", "running"), ("lease_until", "<", now)])
        for run in late:
            said = run.env._("Worker %s fell silent.", run.worker)
            run._say(run.step_ids.browse(), "warning", said)
            run.write({"lease_until": False, "worker": False})
            if run.cancel_requested:
                run._finish("cancelled", now)
            else:
                run._give_back()

    def _check_writable(self, fence, user):
        """Refuse writes to runs that are over, waiting, or leased to somebody else since."""
        if self.state != "running":
            raise UserError(
                self.env._("Run %(id)s is %(state)s: nothing can be added.", **self._id_and_state())
            )
        if not self.worker:
            return
        if self.lease_until and self.lease_until < fields.Datetime.now():
            raise UserError(self.env._("The lease of run %s is over; claim again.", self.id))
        is_first_holder = self.fence == 1 and self.worker_user_id == user
        if fence is None and is_first_holder:
            return
        if fence is None or int(fence) != self.fence:
            raise UserError(
                self.env._(
                    "Run %(id)s was given to another worker; this claim (fence %(fence)s) is over.",
                    id=self.id,
                    fence=fence,
                )
            )

    def _id_and_state(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        return {"id": self.id, "state": states[self.state].lower()}

    def _check_is_worker(self):
        if not self.env["ops.environment"].search_count([("may_deploy", "=", True)], limit=1):
            raise AccessError(self.env._("Workers need the right “Deploy” in a project."))

    @api.model
    def _one_by_id(self, run_id):
        """Return the run of this id, if it exists and the user may see it."""
        known = isinstance(run_id, int) and self.search([("id", "=", run_id)])
        if not known:
            raise UserError(self.env._("There is no run %s.", run_id))
        return known

    @api.model
    def _named_project(self, project):
        field = "id" if isinstance(project, int) else "code"
        found = self.env["ops.project"].search([(field, "=", project)], limit=1)
        if not found:
            raise UserError(self.env._("There is no project “%s”.", project))
        return found

    @api.model
    def _named_environment(self, project, env):
        live = [("project_id", "=", project.id), ("state", "!=", "destroyed")]
        fields_to_try = ("id",) if isinstance(env, int) else ("slug", "name")
        for field in fields_to_try:
            found = self.env["ops.environment"].search([*live, (field, "=", env)], limit=1)
            if found:
                return found
        raise UserError(
            self.env._(
                "Project “%(project)s” has no environment “%(env)s”.", project=project.code, env=env
            )
        )

    @api.model
    def _checked_sha(self, git_sha):
        if not git_sha:
            return None
        text = str(git_sha).lower()
        if len(text) not in GIT_SHA_LENGTHS or set(text) - set("0123456789abcdef"):
            raise UserError(
                self.env._("“%s” is no full Git commit: send all 40 hex digits.", git_sha)
            )
        return text

    @api.model
    def _full_ref(self, ref):
        if not ref:
            return None
        return ref if str(ref).startswith("refs/") else f"refs/heads/{ref}"
