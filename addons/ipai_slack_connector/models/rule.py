"""Which channel hears of what, and who is mentioned there."""

from odoo import api, fields, models
from odoo.addons.ipai_ops.models.constants import STAGES

from ..engine import routing, text


class Rule(models.Model):
    _name = "ipai.slack.rule"
    _description = "Slack rule"
    _order = "sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "ipai.slack.channel", required=True, ondelete="cascade", index=True
    )
    workspace_id = fields.Many2one(related="channel_id.workspace_id")
    kinds = fields.Char(
        string="Facts",
        default="run.*, approval.*, backup.*, alert.*",
        help="Patterns, separated by commas. Blank: everything.",
    )
    stage = fields.Selection(STAGES, help="Blank: every stage.")
    project_ids = fields.Many2many("ops.project", string="Projects", help="Blank: every project.")
    environment_ids = fields.Many2many(
        "ops.environment", string="Environments", help="Blank: every environment."
    )
    only_problems = fields.Boolean(
        string="Problems only",
        help="Failures, warnings, alerts and questions; nothing that went well.",
    )
    mention = fields.Selection(
        [
            ("none", "Nobody"),
            ("here", "@here"),
            ("channel", "@channel"),
            ("id", "A person or a group"),
        ],
        default="none",
        required=True,
        help="Only for problems.",
    )
    mention_id = fields.Char(
        string="Member or group id", help="U… of a person, S… of a user group; see their profile."
    )

    @api.depends("channel_id.name", "stage", "only_problems")
    def _compute_display_name(self):
        stages = dict(STAGES)
        for rule in self:
            what = stages.get(rule.stage) or self.env._("Every stage")
            rule.display_name = f"{what} → {rule.channel_id.name or ''}"

    def _as_routing(self):
        """Return the rules as the engine knows them."""
        return [
            routing.Rule(
                channel=rule.channel_id.id,
                kinds=routing.split_kinds(rule.kinds),
                stages=frozenset([rule.stage] if rule.stage else ()),
                projects=frozenset(rule.project_ids.ids),
                environments=frozenset(rule.environment_ids.ids),
                only_problems=rule.only_problems,
                mention=text.mention(rule.mention, rule.mention_id or ""),
            )
            for rule in self
        ]
