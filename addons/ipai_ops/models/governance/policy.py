"""What must hold before work begins in a project or stage, and how firmly."""

from datetime import UTC
from ipaddress import ip_network

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...engine import policies
from ..constants import STAGES

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAY_CHOICES = [(str(number), name) for number, name in enumerate(WEEKDAYS)]


class Policy(models.Model):
    _name = "ops.policy"
    _description = "Policy"
    _inherit = [
        "ops.reauthenticated.mixin",
        "ops.offered.mixin",
        "ops.audited.mixin",
        "mail.thread",
    ]
    _offered = {"write": "policies", "create": "policies", "unlink": "policies"}
    _mail_post_access = "read"
    _order = "project_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    rule = fields.Selection(selection="_rule_choices", required=True, tracking=True)
    enforcement = fields.Selection(
        [("off", "Off"), ("warn", "Warn"), ("block", "Block")],
        required=True,
        default="block",
        tracking=True,
        help="Warn: the run goes on and says so. Block: it waits until the rule holds.",
    )
    project_id = fields.Many2one(
        "ops.project", index=True, ondelete="cascade", help="Blank: every project."
    )
    stage = fields.Selection(STAGES, help="Blank: every stage.", tracking=True)
    kinds = fields.Char(
        string="Concerns",
        tracking=True,
        help="Kinds of work, for instance: deploy, restore. Blank: what the rule usually concerns.",
    )
    usual_kinds = fields.Char(compute="_compute_usual_kinds")
    quorum = fields.Integer("Approvals", default=1, tracking=True)
    approver_role_id = fields.Many2one("ops.role", "By people in the role", tracking=True)
    approver_group_id = fields.Many2one("res.groups", "By people of the group", tracking=True)
    expiry_hours = fields.Integer("Given up after (hours)", default=72)
    weekday_from = fields.Selection(WEEKDAY_CHOICES, "Every week from")
    hour_from = fields.Float("From")
    weekday_until = fields.Selection(WEEKDAY_CHOICES, "Until")
    hour_until = fields.Float("Until the hour")
    starts_at = fields.Datetime("Once from")
    ends_at = fields.Datetime("Once until")
    zone = fields.Selection(
        selection=lambda self: [(name, name) for name in pytz.all_timezones],
        string="Time zone",
        default=lambda self: self.env.user.tz or "UTC",
    )
    green_stage = fields.Selection(STAGES, "Green in", help="Blank: anywhere.")
    max_age_hours = fields.Integer("Not older than (hours)", default=24)
    image_patterns = fields.Text("Allowed base images", help="One per line; * stands for anything.")
    ranges = fields.Text("Allowed addresses", help="One range per line, such as 192.0.2.0/24.")
    max_minutes = fields.Integer("Minutes at most", default=60)
    summary = fields.Char(string="In words", compute="_compute_summary")

    _quorum_positive = models.Constraint("CHECK(quorum > 0)", "Ask for one approval at least.")
    _expiry_positive = models.Constraint("CHECK(expiry_hours > 0)", "Wait for an hour at least.")

    @api.model
    def _rule_choices(self):
        return policies.labels()

    @api.depends("rule")
    def _compute_usual_kinds(self):
        for policy in self:
            kinds = policies.usual_kinds(policy.rule) if policy.rule else ()
            policy.usual_kinds = ", ".join(kinds)

    @api.depends("rule", "quorum", "approver_role_id", "approver_group_id", "max_age_hours")
    @api.depends("weekday_from", "hour_from", "weekday_until", "hour_until", "zone", "max_minutes")
    def _compute_summary(self):
        labels = dict(policies.labels())
        for policy in self:
            policy.summary = policy._words() or labels.get(policy.rule)

    def _words(self):
        """Return the policy's parameters as people say them."""
        if self.rule == "approvals":
            who = self.approver_role_id.name or self.approver_group_id.name
            who = who or self.env._("whoever may approve")
            return self.env._("%(count)s, from %(who)s", count=self.quorum, who=who)
        if self.rule == "freeze" and self.weekday_from and self.weekday_until:
            days = dict(WEEKDAY_CHOICES)
            return (
                f"{days[self.weekday_from]} {_clock(self.hour_from)} – "
                f"{days[self.weekday_until]} {_clock(self.hour_until)}, {self.zone}"
            )
        if self.rule in ("proven_backup", "snapshot"):
            return self.env._("not older than %s h", self.max_age_hours)
        if self.rule == "session_length":
            return self.env._("%s minutes at most", self.max_minutes)
        return ""

    @api.constrains("kinds")
    def _check_kinds(self):
        known = set(dict(self.env["ops.run"]._fields["kind"]._description_selection(self.env)))
        known.update(*(policies.usual_kinds(name) for name, _label in policies.labels()))
        for policy in self:
            strange = set(policy._kinds()) - known
            if strange:
                raise ValidationError(
                    self.env._(
                        "“%(kind)s” is no kind of work; take of: %(known)s.",
                        kind=sorted(strange)[0],
                        known=", ".join(sorted(known)),
                    )
                )

    @api.constrains("ranges")
    def _check_ranges(self):
        for policy in self:
            for text in _lines(policy.ranges):
                try:
                    ip_network(text, strict=False)
                except ValueError as exc:
                    raise ValidationError(
                        self.env._("“%s” is no range: write 192.0.2.0/24 or 2001:db8::/32.", text)
                    ) from exc

    @api.constrains("rule", "weekday_from", "weekday_until", "ends_at")
    def _check_window(self):
        for policy in self.filtered(lambda each: each.rule == "freeze"):
            if not policy.ends_at and not (policy.weekday_from and policy.weekday_until):
                raise ValidationError(self.env._("Say when it is frozen: every week, or once."))

    def write(self, vals):
        moved = "project_id" in vals and self.project_id.ids != [vals["project_id"]]
        if moved and not self.env.su:
            raise UserError(
                self.env._("A policy stays where it is: copy it, then change the copy.")
            )
        return super().write(vals)

    @api.model
    def _for(self, environment, kind, stages=()):
        """Return the policies in force for this kind of work in ``environment``.

        ``stages``: other stages whose policies are to hold besides, where work crosses them.
        """
        domain = Domain("enforcement", "!=", "off")
        domain &= Domain("project_id", "in", [False, environment.project_id.id])
        domain &= Domain("stage", "in", [False, environment.stage, *stages])
        found = self.sudo().search(domain)  # rules hold for those who may not see them, too
        return found.filtered(lambda policy: policies.names_of(kind) & set(policy._kinds()))

    def _kinds(self):
        named = [kind.strip() for kind in (self.kinds or "").split(",") if kind.strip()]
        return named or (policies.usual_kinds(self.rule) if self.rule else ())

    def _judge(self, facts):
        """Return the rule's verdict on these facts, and what it comes to."""
        self.ensure_one()
        verdict = policies.judge(self.rule, self._parameters(), facts)
        return verdict, policies.outcome(self.enforcement, verdict)

    def _parameters(self):
        """Return what the engine's rule is told, as plain values."""
        weekly = bool(self.weekday_from and self.weekday_until)
        return {
            "quorum": self.quorum,
            "role": self.approver_role_id.id,
            "group": self.approver_group_id.id,
            "weekday_from": int(self.weekday_from) if weekly else None,
            "hour_from": self.hour_from,
            "weekday_until": int(self.weekday_until) if weekly else None,
            "hour_until": self.hour_until,
            "starts_at": self.starts_at and self.starts_at.isoformat(),
            "ends_at": self.ends_at and self.ends_at.isoformat(),
            "zone": self.zone,
            "stage": self.green_stage,
            "max_age_hours": self.max_age_hours,
            "patterns": _lines(self.image_patterns),
            "ranges": _lines(self.ranges),
            "max_minutes": self.max_minutes,
        }


def aware(moment):
    """Return a moment of the database as aware UTC, or None."""
    return moment.replace(tzinfo=UTC) if moment else None


def _lines(text):
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _clock(hours):
    return f"{int(hours):02d}:{round(hours % 1 * 60):02d}"
