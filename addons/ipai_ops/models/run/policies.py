"""A run is judged by the policies in force before it may queue, and once more before it begins."""

from datetime import timedelta

from odoo import api, fields, models

from ...authentication import api_call, signed_in
from ...engine import policies
from ...engine.lifecycle import check_run
from ..governance.policy import aware

RECHECK_LIMIT = 200
UNKNOWN_AGE = 60 * 24 * 365  # minutes: signed in before sessions told when


class Run(models.Model):
    _inherit = "ops.run"

    verdict_ids = fields.One2many("ops.run.verdict", "run_id", readonly=True)
    session_minutes = fields.Integer(
        readonly=True, help="How long the person who asked was signed in; 0: no browser session."
    )
    requested_from = fields.Char(readonly=True, help="The address it was asked from.")
    approval_until = fields.Datetime(readonly=True, help="Given up after this moment.")
    is_overridden = fields.Boolean(readonly=True, help="An admin let it pass in an emergency.")

    _one_blocked = models.UniqueIndex(
        "(environment_id, kind) WHERE state = 'blocked'",
        "Such a run waits for approval in the environment already.",
    )

    def _create_judged(self, values):
        """Make the run: in the queue, or waiting for approval where a policy blocks it; people are asked."""
        values = {**values, **self._asked()}
        found = self.new(values)._verdicts()
        earlier = self._blocked_like(values)
        earlier._supersede()
        if self._blocking(found):
            run = self.create({**values, "state": "blocked", **self._waiting(found)})
        else:
            run = self._create_in_place_of_waiting(values)
        earlier.superseded_by_id = run
        earlier._stop_asking()
        run._note_verdicts(found)
        if run.state == "blocked":
            run._ask_approvers()
        return run

    def _blocked_like(self, values):
        place = [("environment_id", "=", values["environment_id"]), ("kind", "=", values["kind"])]
        return self.search([*place, ("state", "=", "blocked")])

    def _asked(self):
        """Return from where, and how long after signing in, a run is asked for."""
        return {"requested_from": self._address(), "session_minutes": self._session_minutes()}

    @staticmethod
    def _address():
        return api_call.address() or False

    def _session_minutes(self):
        """Return for how many minutes the person at the browser has been signed in."""
        age = signed_in.age_seconds(self.env) if signed_in.is_session(self.env) else 0
        return UNKNOWN_AGE if age is None else int(age // 60)

    def _verdicts(self):
        """Return what each policy in force says: (policy, verdict, outcome)."""
        found = self.env["ops.policy"]._for(self.environment_id, self.kind, self._stages())
        if not found:
            return []
        facts = self._facts()
        return [(policy, *policy._judge(facts)) for policy in found]

    def _stages(self):
        """Return the stages whose policies hold: the one it was asked for, and today's."""
        asked = ((self.spec or {}).get("environment") or {}).get("stage")
        return {asked, self.environment_id.stage} - {None, False}

    def _blocking(self, found):
        return [] if self.is_overridden else [row for row in found if row[2] == "block"]

    def _waiting(self, found):
        """Return the fields that say what a blocked run waits for, and how long."""
        blocking = self._blocking(found)
        hours = [
            policy.expiry_hours
            for policy, verdict, _outcome in blocking
            if verdict.waits == "approval"
        ]
        until = fields.Datetime.now() + timedelta(hours=min(hours)) if hours else False
        return {"waiting_for": blocking[0][1].why, "approval_until": until}

    def _note_verdicts(self, found):
        """Keep what was said, for the run's page."""
        self.verdict_ids.unlink()
        self.env["ops.run.verdict"].create(
            [
                {
                    "run_id": self.id,
                    "policy_id": policy.id,
                    "name": policy.name,
                    "rule": policy.rule,
                    "outcome": self._shown(outcome),
                    "why": verdict.why,
                    "waits": verdict.waits,
                }
                for policy, verdict, outcome in found
            ]
        )

    def _shown(self, outcome):
        return "overridden" if self.is_overridden and outcome == "block" else outcome

    def _facts(self, **more):
        """Return all the rules may know of this run."""
        environment = self.environment_id
        project = (self.spec or {}).get("project") or {}
        facts = {
            "kind": self.kind,
            "stage": environment.stage or "",
            "now": aware(fields.Datetime.now()),
            "commit": self.commit or "",
            "base_image": project.get("base_image") or "",
            "builds": self._earlier_builds(),
            "requesters": frozenset(self._requesters().ids),
            "voices": self._voices(),
            "is_person": bool(self.requested_by_id),
            "address": self.requested_from or "",
            "minutes": self._minutes(),
        }
        return policies.Facts(**{**facts, **environment._copies_of_data(), **more})

    def _minutes(self):
        """Return how long ago somebody signed in; of a console, how long it was asked for."""
        order = (self.spec or {}).get("console")
        return order["minutes"] if order else self.session_minutes

    def _earlier_builds(self):
        """Return the colours of what ran with this commit before, by stage."""
        if not self.commit:
            return {}
        domain = [
            ("project_id", "=", self.project_id.id),
            ("commit", "=", self.commit),
            ("kind", "=", "deploy"),
            ("state", "=", "done"),
        ]
        builds = {}
        for run in self.search(domain, limit=100):
            builds.setdefault(run.stage, []).append(run.colour)
        return {stage: tuple(colours) for stage, colours in builds.items()}

    def _passes_policies(self):
        """Say whether a queued run may begin now; one that may not waits for approval again."""
        self.ensure_one()
        if self.started_at:  # begun before, and given back by a worker that fell silent
            return True
        if self._finds_no_room():
            return False
        found = self._verdicts()
        if not self._blocking(found):
            return True
        check_run(self.state, "blocked")
        older = self._blocked_like({"environment_id": self.environment_id.id, "kind": self.kind})
        older._supersede()
        older.superseded_by_id = self
        older._stop_asking()
        self.write({"state": "blocked", **self._waiting(found)})
        self._note_verdicts(found)
        self._ask_approvers()
        self._announce()
        return False

    def _recheck(self):
        """Judge blocked runs again; let those into the queue that pass now."""
        for run in self.filtered(lambda run: run.state == "blocked"):
            found = run._verdicts()
            run._note_verdicts(found)
            blocking = run._blocking(found)
            run.waiting_for = blocking[0][1].why if blocking else False
            if not blocking:
                run._release()
            run._announce()

    def _release(self):
        """Let a blocked run into the queue. An older one there gives way; a newer one goes first."""
        self.ensure_one()
        waiting = self.search([*self._place_in_queue(), ("state", "=", "queued")])
        newer = waiting.filtered(lambda run: run.id > self.id)
        if newer.filtered(lambda run: run.kind == self.kind):
            self._supersede()
            self.superseded_by_id = newer[:1]
        elif newer:
            self.waiting_for = self.env._("another run of this environment")
            return
        else:
            waiting._supersede()
            waiting.superseded_by_id = self
            check_run(self.state, "queued")
            self.write({"state": "queued", "waiting_for": False})
            self._wake_driver()
        self._stop_asking()

    def _place_in_queue(self):
        return [("environment_id", "=", self.environment_id.id), ("lane", "=", self.lane)]

    @api.model
    def _cron_recheck(self):
        """Look at runs that wait: a freeze may be over, a backup proven, or nobody has answered."""
        now = fields.Datetime.now()
        for run in self.search([("state", "=", "blocked")], limit=RECHECK_LIMIT):
            if run.approval_until and run.approval_until < now and run._blocking(run._verdicts()):
                run._give_up(run.env._("Nobody approved it in time."))
            else:
                run._recheck()

    def _give_up(self, cause):
        """End a run that was not let through."""
        self.ensure_one()
        self._stop_asking()
        self._finish("cancelled", fields.Datetime.now())
        self.cause = cause
        self._announce()
