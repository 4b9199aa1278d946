"""What somebody should look at: raised once, acknowledged, silenced, resolved, each told as a fact."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

SEVERITIES = [("info", "Information"), ("warning", "Warning"), ("critical", "Critical")]
ALERT_STATES = [("open", "Open"), ("acknowledged", "Acknowledged"), ("resolved", "Resolved")]
RANK = {name: rank for rank, (name, _label) in enumerate(SEVERITIES)}
SILENCE_HOURS = 8


class Alert(models.Model):
    _name = "ops.alert"
    _description = "Alert"
    _product_written = True
    _inherit = ["mail.thread"]
    _order = "is_open desc, severity_rank desc, last_raised_at desc, id desc"

    name = fields.Char(required=True, readonly=True, help="What happened, in one sentence.")
    key = fields.Char(required=True, readonly=True, help="One alert per key and place is open.")
    severity = fields.Selection(SEVERITIES, required=True, default="warning", readonly=True)
    severity_rank = fields.Integer(compute="_compute_ranks", store=True)
    state = fields.Selection(
        ALERT_STATES, required=True, default="open", readonly=True, tracking=True
    )
    is_open = fields.Boolean(compute="_compute_ranks", store=True)
    message = fields.Text(readonly=True, help="Details, and what to do.")
    source = fields.Char(readonly=True, help="Who noticed: a monitor, a workflow, a person.")
    project_id = fields.Many2one("ops.project", readonly=True, index=True, ondelete="cascade")
    environment_id = fields.Many2one(
        "ops.environment", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    run_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null", ondelete="set null")
    stage = fields.Selection(related="environment_id.stage", related_sudo=False)
    raised_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    last_raised_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    raised_count = fields.Integer(string="Times raised", readonly=True, default=1)
    acknowledged_at = fields.Datetime(readonly=True)
    acknowledged_by_id = fields.Many2one("res.users", readonly=True)
    silenced_until = fields.Datetime(readonly=True, help="Raised again until then, it stays quiet.")
    is_silenced = fields.Boolean(compute="_compute_is_silenced")
    resolved_at = fields.Datetime(readonly=True)
    resolved_by_id = fields.Many2one("res.users", readonly=True)

    _one_open = models.UniqueIndex(
        "(key, COALESCE(environment_id, 0), COALESCE(project_id, 0)) WHERE state <> 'resolved'",
        "That alert is open already.",
    )

    @api.depends("severity", "state")
    def _compute_ranks(self):
        for alert in self:
            alert.severity_rank = RANK[alert.severity or "info"]
            alert.is_open = alert.state != "resolved"

    @api.depends("silenced_until", "state")
    def _compute_is_silenced(self):
        now = fields.Datetime.now()
        for alert in self:
            alert.is_silenced = bool(alert.silenced_until and alert.silenced_until > now)

    @api.model
    def _raise(self, record, key, name, severity="warning", message=None, source=None):
        """Raise an alert about a run, an environment or a project; return it.

        Raised again while open it counts up, and tells once more only when it became graver, or
        when a silence or an acknowledgement is over. For code: callers have checked what they may.
        """
        run, environment, project = self.env["ops.fact"]._place(record)
        known = self.sudo()._open_one(key, environment, project)
        if known:
            return known._raise_again(name, severity, message)
        alert = self.sudo().create(
            {
                "key": key,
                "name": name,
                "severity": severity,
                "source": source,
                "message": message,
                "run_id": run.id,
                "environment_id": environment.id,
                "project_id": project.id,
            }
        )
        alert._note("alert.raised")
        return alert

    def _raise_again(self, name, severity, message):
        was_silent, is_graver = self.is_silenced, RANK[severity] > self.severity_rank
        self.write(
            {
                "name": name,
                "message": message or self.message,
                "severity": severity,
                "raised_count": self.raised_count + 1,
                "last_raised_at": fields.Datetime.now(),
            }
        )
        is_silence_over = bool(self.silenced_until) and not was_silent
        if is_silence_over or (is_graver and not was_silent):
            self.silenced_until = False
            self._note("alert.raised")
        return self

    @api.model
    def _resolve(self, record, key):
        """Resolve the open alert of this key and place; return it, empty when there is none."""
        _run, environment, project = self.env["ops.fact"]._place(record)
        alert = self.sudo()._open_one(key, environment, project)
        alert._mark_resolved()
        return alert

    @api.model
    def _open_one(self, key, environment, project):
        place = [("environment_id", "=", environment.id), ("project_id", "=", project.id)]
        return self.search([("key", "=", key), ("state", "!=", "resolved"), *place], limit=1)

    def _mark_resolved(self):
        for alert in self.filtered("is_open"):
            user = self.env.user
            alert.write(
                {
                    "state": "resolved",
                    "resolved_at": fields.Datetime.now(),
                    "resolved_by_id": user.id if self.env["ops.run"]._is_person(user) else False,
                }
            )
            alert._note("alert.resolved")

    def _note(self, kind):
        """Tell the log of facts how the alert stands."""
        self.ensure_one()
        self.env["ops.fact"]._note(
            kind,
            self.run_id or self.environment_id or self.project_id,
            alert=self.id,
            key=None,
            alert_key=self.key,
            severity=self.severity,
            state=self.state,
            name=self.name,
            message=self.message or None,
            source=self.source or None,
            raised_count=self.raised_count,
            silenced_until=self.silenced_until or None,
        )

    @api.model
    def raise_alert(self, project, env, key, name, severity="warning", message=None):
        """Raise an alert, or count up the one that is open; return its id.

        ``project``: code or id; ``env``: slug, name or id, blank for the project as a whole.
        """
        place = self._checked_place(project, env)
        if severity not in RANK:
            raise UserError(
                self.env._("“%s” is no severity; use info, warning or critical.", severity)
            )
        if not key or not name:
            raise UserError(self.env._("Give the alert a key and a sentence that says what is."))
        source = self.env.user.name
        return self._raise(place, str(key), str(name), severity, message, source).id

    @api.model
    def resolve_alert(self, project, env, key):
        """Resolve the open alert of this key; return its id, False when none is open."""
        return self._resolve(self._checked_place(project, env), str(key)).id or False

    def _checked_place(self, project, env):
        runs = self.env["ops.run"]
        project = runs._named_project(project)
        environment = runs._named_environment(project, env) if env else None
        (environment or project.environment_ids)._check_may("deploy")
        return environment or project

    def action_acknowledge(self):
        """Say: I look after it."""
        self._check_may_act()
        for alert in self.sudo().filtered(lambda alert: alert.state == "open"):
            now = fields.Datetime.now()
            alert.write({"state": "acknowledged", "acknowledged_at": now})
            alert.acknowledged_by_id = self.env.user
            alert.with_user(self.env.user).sudo()._note("alert.acknowledged")
        return True

    def action_silence(self, hours=SILENCE_HOURS):
        """Keep quiet for some hours when it is raised again."""
        self._check_may_act()
        if not 0 < hours <= 24 * 31:
            raise UserError(self.env._("Silence an alert for an hour at least, a month at most."))
        for alert in self.sudo().filtered("is_open"):
            alert.silenced_until = fields.Datetime.now() + timedelta(hours=hours)
            alert._note("alert.silenced")
        return True

    def action_resolve(self):
        """Say: it is over."""
        self._check_may_act()
        self.sudo()._mark_resolved()
        return True

    def _check_may_act(self):
        """Looking after an alert asks for the right to change its place; then sudo writes it."""
        self.check_access("read")
        for alert in self.sudo():
            places = alert.environment_id or alert.project_id.environment_ids
            places.with_env(self.env)._check_may("deploy")
