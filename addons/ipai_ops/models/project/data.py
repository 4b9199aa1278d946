"""A project's policy for its data: how long backups and copies stay, how persons are masked."""

import json
import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.retention import Policy
from ..data.backup import BACKUP_STATES
from ..secrets.encrypted import encrypted


class Project(models.Model):
    _inherit = "ops.project"

    keep_daily = fields.Integer(string="Days", default=7)
    keep_weekly = fields.Integer(string="Weeks", default=4)
    keep_monthly = fields.Integer(string="Months", default=3)
    keep_points_days = fields.Integer(string="Copies to go back to stay (days)", default=3)
    keep_points = fields.Integer(string="At most, per environment", default=3)
    masking_key = encrypted(
        fields.Char, "masking_key", goes_nowhere="Only the product's own jobs get it."
    )
    masking_policy = fields.Text(
        help='How columns are masked otherwise than by default: {"res_partner.name": "keep"}'
    )
    repository_ids = fields.One2many("ops.backup.repository", "project_id", string="Repositories")
    snapshot_ids = fields.One2many("ops.snapshot", "project_id")
    backup_ids = fields.One2many("ops.backup", "project_id")
    snapshot_count = fields.Integer(compute="_compute_data_counts")
    backup_count = fields.Integer(compute="_compute_data_counts")
    proven_backup_id = fields.Many2one("ops.backup", compute="_compute_proven_backup_id")
    first_backup_state = fields.Selection(
        BACKUP_STATES, string="First backup's state", compute="_compute_proven_backup_id"
    )
    first_backup_id = fields.Many2one("ops.backup", compute="_compute_proven_backup_id")

    _keep_sane = models.Constraint(
        "CHECK(keep_daily > 0 AND keep_weekly >= 0 AND keep_monthly >= 0)",
        "Keep the backup of one day at least.",
    )
    _keep_points_sane = models.Constraint(
        "CHECK(keep_points_days > 0 AND keep_points > 0)",
        "Keep one copy to go back to for one day at least.",
    )

    @api.constrains("masking_policy")
    def _check_masking_policy(self):
        for project in self:
            if not isinstance(project._masking_policy(), dict):
                raise ValidationError(
                    self.env._('The masking policy is JSON such as {"res_partner.name": "keep"}.')
                )

    def _compute_data_counts(self):
        backups = self._counted("ops.backup", [("state", "!=", "removed")])
        snapshots = self._counted("ops.snapshot", [("state", "=", "present")])
        for project in self:
            project.backup_count = backups.get(project.id, 0)
            project.snapshot_count = snapshots.get(project.id, 0)

    @api.depends("backup_ids.state")
    def _compute_proven_backup_id(self):
        for project in self:
            backups = project._origin.backup_ids
            proven = backups.filtered(lambda backup: backup.state == "proven")
            project.proven_backup_id = proven[:1]
            project.first_backup_id = backups[-1:]
            project.first_backup_state = backups[-1:].state

    def _masking_policy(self):
        """Return the overrides as a mapping; None when the text is no JSON."""
        try:
            return json.loads(self.masking_policy or "{}")
        except ValueError:
            return None

    def _masking(self):
        """Return what a run's order says of masking; the key travels as a secret file."""
        langs = self.env["res.lang"].sudo().get_installed()  # public knowledge
        return {
            "policy": self._masking_policy() or {},
            "languages": [code for code, _name in langs],
        }

    def _masking_key(self):
        """Return the key by which the same person becomes the same other person everywhere."""
        own = self.sudo()  # closed to everyone; the driver writes it into a secret
        own.masking_key = own.masking_key or secrets.token_hex(32)
        return own.masking_key

    def _retention_policy(self):
        return Policy(self.keep_daily, self.keep_weekly, self.keep_monthly)

    def action_view_backups(self):
        """Open the project's backups."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.backup_action")
        action["domain"] = [("project_id", "=", self.id)]
        return action

    def action_view_snapshots(self):
        """Open the project's snapshots."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.snapshot_action")
        action["domain"] = [("project_id", "=", self.id)]
        return action

    def action_first_backup(self):
        """Queue production's first backup and open its run; the proof follows by itself."""
        self.ensure_one()
        self._check_may("backup", "production")
        return self._production().action_back_up()

    def _backup_repository(self):
        """Return the repository for new backups; a project without one gets this server's disk."""
        self.ensure_one()
        repositories = self.env["ops.backup.repository"].sudo()  # whoever may back up
        known = repositories.search([("project_id", "=", self.id)], limit=1)
        return known or repositories.create({"project_id": self.id})

    @api.ondelete(at_uninstall=False)
    def _unlink_with_its_archives(self):
        """Archives of a project that goes are real data without an owner."""
        known = [("project_id", "in", self.ids), ("state", "!=", "removed")]
        self.env["ops.archive"].sudo().search(known)._remove()  # whoever may delete the project
