"""One execution of a pipeline on one environment: what was asked, how far it is, how it ended."""

from odoo import api, fields, models

from ...engine import headlines
from ...engine.schedule import lane_of
from ..constants import COLOURS, LANES, RUN_STATES


class Run(models.Model):
    _name = "ops.run"
    _description = "Run"
    _inherit = [
        "ops.permission.mixin",
        "ops.confidential.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _mail_post_access = "read"
    _product_written = True
    _order = "id desc"
    _rec_names_search = ["commit_subject", "commit", "ref"]

    project_id = fields.Many2one("ops.project", index=True, ondelete="cascade", readonly=True)
    environment_id = fields.Many2one("ops.environment", ondelete="cascade", readonly=True)
    kind = fields.Selection(
        [
            ("deploy", "Deploy"),
            ("restart", "Restart"),
            ("destroy", "Destroy"),
            ("collect", "Clean up"),
            ("backup", "Back up"),
            ("prove", "Prove a backup"),
            ("drill", "Recovery drill"),
            ("restore", "Restore"),
            ("rollback", "Roll back"),
            ("forget", "Remove old backups"),
            ("export", "Export"),
            ("base", "Base backup"),
            ("watch", "Look at the archive"),
            ("measure", "Measure the disk"),
            ("stop", "Stop"),
            ("shell", "Command"),
            ("database_shell", "SQL"),
        ],
        required=True,
        readonly=True,
    )
    lane = fields.Selection(
        LANES,
        compute="_compute_lane",
        store=True,
        help="Runs wait in the lane of their kind; proofs exclude nothing but other proofs.",
    )
    state = fields.Selection(RUN_STATES, required=True, default="queued", readonly=True)
    colour = fields.Selection(
        COLOURS,
        required=True,
        default="none",
        readonly=True,
        help="Green: clean. Yellow: done, with warnings. Red: failed.",
    )
    trigger = fields.Selection(
        [
            ("push", "Push"),
            ("pull_request", "Pull request"),
            ("poll", "New commit found"),
            ("button", "Button"),
            ("api", "API"),
            ("schedule", "Schedule"),
            ("retry", "Retry"),
        ],
        required=True,
        readonly=True,
    )
    ref = fields.Char(readonly=True)
    commit = fields.Char(readonly=True)
    commit_subject = fields.Char(readonly=True)
    commit_author = fields.Char(readonly=True)
    spec = fields.Json(readonly=True)
    spec_fingerprint = fields.Char(readonly=True)
    cause = fields.Char(readonly=True, help="What happened, in one sentence.")
    hint = fields.Char(readonly=True, help="What to do about it, in one sentence.")
    waiting_for = fields.Char(readonly=True)
    stalled_since = fields.Datetime(readonly=True)
    faulty_since = fields.Datetime(readonly=True, help="Since when our own code fails on this run.")
    requested_by_id = fields.Many2one("res.users", readonly=True)
    queued_at = fields.Datetime(default=fields.Datetime.now, readonly=True)
    started_at = fields.Datetime(readonly=True)
    finished_at = fields.Datetime(readonly=True)
    duration_seconds = fields.Float(
        compute="_compute_duration_seconds", store=True, aggregator="avg"
    )
    cancel_requested = fields.Boolean(readonly=True)
    superseded_by_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null")
    retry_of_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null")
    redeploy_image_id = fields.Many2one("ops.artifact", readonly=True)
    worker = fields.Char(readonly=True, help="The outside worker that does the run.")
    worker_user_id = fields.Many2one("res.users", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    fence = fields.Integer(readonly=True, help="Grows with each claim; older claims cannot write.")
    step_ids = fields.One2many("ops.run.step", "run_id", readonly=True)
    event_ids = fields.One2many("ops.run.event", "run_id", readonly=True)
    artifact_ids = fields.One2many("ops.artifact", "run_id", readonly=True)
    progress = fields.Float(compute="_compute_progress")
    headline = fields.Char(compute="_compute_headline")
    warning_count = fields.Integer(string="Warnings", readonly=True)
    error_count = fields.Integer(string="Errors", readonly=True)
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    url = fields.Char(related="environment_id.url", related_sudo=False)

    _one_running = models.UniqueIndex(
        "(environment_id, lane) WHERE state = 'running'",
        "The environment has a run in progress already.",
    )
    _one_queued = models.UniqueIndex(
        "(environment_id, lane) WHERE state = 'queued'",
        "The environment has a waiting run already.",
    )
    _environment_index = models.Index("(environment_id, id)")
    _active_index = models.Index("(state, id) WHERE state IN ('queued', 'running')")
    _environment_given = models.Constraint(
        "CHECK(environment_id IS NOT NULL OR kind IN ('collect', 'base', 'watch', 'measure'))",
        "A run needs an environment.",
    )

    @api.depends("kind")
    def _compute_lane(self):
        for run in self:
            run.lane = lane_of(run.kind)

    @api.depends("started_at", "finished_at")
    def _compute_duration_seconds(self):
        for run in self:
            both = run.started_at and run.finished_at
            run.duration_seconds = both and (run.finished_at - run.started_at).total_seconds()

    @api.depends("state", "step_ids.state", "step_ids.progress", "step_ids.predicted_seconds")
    def _compute_progress(self):
        for run in self:
            steps = [
                headlines.Share(step.state, step.progress, step.predicted_seconds)
                for step in run.step_ids
                if step.when != "failed" or step.state != "pending"
            ]
            run.progress = headlines.percent(run.state, steps)

    @api.depends(
        "kind", "state", "commit", "cause", "waiting_for", "step_ids.state", "step_ids.result"
    )
    def _compute_headline(self):
        for run in self:
            step = run.step_ids.filtered(lambda step: step.state == "running")[:1]
            run.headline = headlines.headline(
                run.kind,
                run.state,
                commit=run.commit or "",
                step=step.label or "",
                waiting_for=run.waiting_for or "",
                cause=run.cause or "",
                tests=run._tests_passed(),
            )

    def _tests_passed(self):
        """Return how many of the repository's tests passed while its modules were updated."""
        update = self.step_ids.filtered(lambda step: step.kind == "update")[:1]
        tests = (update.result or {}).get("tests") or {}
        return tests.get("run", 0) - tests.get("failed", 0)

    @api.depends("kind", "commit", "environment_id.display_name")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            parts = (kinds.get(run.kind), run.environment_id.display_name, (run.commit or "")[:7])
            run.display_name = " · ".join(part for part in parts if part)

    def _open(self):
        """Return the action that shows the run."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "ops.run",
            "res_id": self.id,
            "view_mode": "form",
            "views": [[False, "form"]],
            "target": "current",
        }

    def _channel(self):
        """Return the bus channel on which the run's page listens."""
        self.ensure_one()
        return f"ipai_ops.run.{self.id}"

    def _announce(self, last_event_id=None):
        """Tell open pages that the runs moved; they read what is new themselves."""
        bus = self.env["bus.bus"]
        for run in self:
            news = {"run_id": run.id, "last_event_id": last_event_id or 0, "state": run.state}
            bus._sendone(run._channel(), "ipai_ops.run", news)
            places = {"project_id": run.project_id.id, "environment_id": run.environment_id.id}
            channel = run.project_id._board_channel()
            bus._sendone(channel, "ipai_ops.board", {**places, "run_id": run.id})
