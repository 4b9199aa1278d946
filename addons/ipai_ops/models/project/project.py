"""One customer Odoo: a Git repository, its environments and what a push does."""

import re
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...authentication.asks_again import asks_again
from ...engine import naming
from ..secrets.encrypted import encrypted

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CODE_LIMIT = 30
TAKEN = ("edge", "firewall", "gate", "management", "odoo", "postgres", "registry", "tools")


class Project(models.Model):
    _name = "ops.project"
    _description = "Project"
    _inherit = [
        "ops.permission.mixin",
        "ops.offered.mixin",
        "ops.confidential.mixin",
        "ops.encrypted.mixin",
        "ops.audited.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _offered = {"write": "settings"}
    _mail_post_access = "read"
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="Short name used for hosts, databases and images; it stays as it is.",
    )
    active = fields.Boolean(default=True)
    color = fields.Integer()
    repository_url = fields.Char(required=True, tracking=True)
    forge = fields.Selection(
        [
            ("github", "GitHub"),
            ("gitlab", "GitLab"),
            ("gitea", "Gitea or Forgejo"),
            ("other", "Other"),
        ],
        default="github",
        required=True,
    )
    base_image = fields.Char(
        help="Image the builds start from, with its digest. Blank: the platform's own Odoo 19."
    )
    webhook_secret = encrypted(
        fields.Char, "webhook_secret", goes_nowhere="It checks what the forge sends."
    )
    git_credentials = encrypted(fields.Text, "git_credentials", goes_to=("repository_url",))
    new_webhook_secret = fields.Char(
        compute="_compute_write_only",
        inverse="_inverse_new_webhook_secret",
        groups="ipai_ops.group_viewer",
    )
    new_git_credentials = fields.Text(
        compute="_compute_write_only",
        inverse="_inverse_new_git_credentials",
        groups="ipai_ops.group_viewer",
        help="An OpenSSH private key, or one line user:token. It can be written, never read.",
    )
    has_git_credentials = fields.Boolean(compute="_compute_has_git_credentials")
    pull_request_previews = fields.Boolean(default=True)
    development_patterns = fields.Char(
        default="*",
        help="Branches that get an environment of their own, for instance: feature/*, fix/*",
    )
    development_ttl_days = fields.Integer(string="Development environments live (days)", default=7)
    poll_minutes = fields.Integer(
        string="Look for commits every (minutes)", default=0, help="0: wait for the webhook."
    )
    next_poll_at = fields.Datetime(copy=False, readonly=True)
    hook_url = fields.Char(string="Webhook URL", compute="_compute_hook_url")
    hook_seen_at = fields.Datetime(string="Last webhook", copy=False, readonly=True)
    environment_ids = fields.One2many("ops.environment", "project_id")
    run_ids = fields.One2many("ops.run", "project_id")
    delivery_ids = fields.One2many("ops.webhook.delivery", "project_id")
    environment_count = fields.Integer(compute="_compute_counts")
    run_count = fields.Integer(compute="_compute_counts")
    active_run_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(string="Environments that failed", compute="_compute_counts")

    _code_unique = models.Constraint("UNIQUE(code)", "Another project has this code already.")
    _ttl_positive = models.Constraint(
        "CHECK(development_ttl_days > 0)", "Development environments live for one day at least."
    )
    _poll_minutes_positive = models.Constraint(
        "CHECK(poll_minutes >= 0)", "The minutes between two looks cannot be negative."
    )

    @api.constrains("code")
    def _check_code(self):
        for project in self:
            if not CODE.fullmatch(project.code or "") or len(project.code) > CODE_LIMIT:
                raise ValidationError(
                    self.env._(
                        "The code “%(code)s” cannot be used: take lower-case letters, digits and "
                        "single hyphens, a letter first, %(limit)s at most.",
                        code=project.code,
                        limit=CODE_LIMIT,
                    )
                )

            if project.code in TAKEN:
                raise ValidationError(
                    self.env._(
                        "The code “%s” is the name of an image of the platform. Take another one.",
                        project.code,
                    )
                )

    @api.constrains("repository_url")
    def _check_repository_url(self):
        for project in self:
            if re.search(r"://[^/@\s]+:[^/@\s]+@", project.repository_url or ""):
                raise ValidationError(
                    self.env._(
                        "The repository's URL holds a password. Take it out and write it into "
                        "the project's Git credentials, where nobody can read it."
                    )
                )
            if problem := project._git_reach().problem(project.repository_url or ""):
                raise ValidationError(
                    self.env._(
                        "The repository's URL “%(url)s” cannot be used: %(problem)s. Correct it; "
                        "a Git server of your own network is opened by an operator (docs/install.md).",
                        url=project.repository_url,
                        problem=problem,
                    )
                )

    def _compute_write_only(self):
        self.new_webhook_secret = False
        self.new_git_credentials = False

    def _inverse_new_webhook_secret(self):
        for project in self.filtered("new_webhook_secret"):
            project._check_may("secrets")
            project.sudo().webhook_secret = project.new_webhook_secret
        self.invalidate_recordset(["new_webhook_secret"])

    def _inverse_new_git_credentials(self):
        for project in self.filtered("new_git_credentials"):
            project._check_may("secrets")
            project.sudo().git_credentials = project.new_git_credentials
        self.invalidate_recordset(["new_git_credentials"])

    @api.depends("sealed_values")
    def _compute_has_git_credentials(self):
        for project in self:
            project.has_git_credentials = project._has_sealed("git_credentials")

    @api.depends("code")
    def _compute_hook_url(self):
        root = self.env["ops.edge"]._control_url()
        for project in self:
            project.hook_url = f"{root}/ipai/hook/{project.code}" if project.code else False

    def _compute_counts(self):
        environments = self._counted("ops.environment", [])
        failed = self._counted("ops.environment", [("state", "=", "failed")])
        runs = self._counted("ops.run", [])
        running = self._counted("ops.run", [("state", "in", ("queued", "running"))])
        for project in self:
            project.environment_count = environments.get(project.id, 0)
            project.failed_count = failed.get(project.id, 0)
            project.run_count = runs.get(project.id, 0)
            project.active_run_count = running.get(project.id, 0)

    def _counted(self, model, domain):
        domain = [("project_id", "in", self.ids), *domain]
        groups = self.env[model]._read_group(domain, ["project_id"], ["__count"])
        return {project.id: count for project, count in groups}

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("code"):
                vals["code"] = naming.slug(vals.get("name") or "", CODE_LIMIT)
        projects = super().create(vals_list)
        for project in projects:
            secret = project.sudo()  # nobody may read or write the field itself
            secret.webhook_secret = secret.webhook_secret or secrets.token_hex(24)
            project._make_production()
        if self.env["ops.run"]._is_person(self.env.user):
            for project in projects:
                project._let_in(self.env.user, "admin")
        return projects

    def write(self, vals):
        if "code" in vals and any(project.code != vals["code"] for project in self):
            raise UserError(
                self.env._("A project's code is part of its hosts and databases: it cannot change.")
            )
        return super().write(vals)

    def _make_production(self):
        """A project without a production environment gets one for the branch main."""
        if "production" in self.environment_ids.mapped("stage"):
            return
        values = {"project_id": self.id, "name": "main", "stage": "production", "branch": "main"}
        self.env["ops.environment"].create(values)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_environments(self):
        for project in self.with_context(active_test=False):
            live = project.environment_ids.filtered("is_live")
            if live:
                raise UserError(
                    self.env._(
                        "“%(project)s” still has %(count)s running environment(s). "
                        "Destroy them first.",
                        project=project.name,
                        count=len(live),
                    )
                )

    def action_view_environments(self):
        """Open the project's board."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.environment_action")
        action["domain"] = [("project_id", "=", self.id)]
        action["context"] = {"default_project_id": self.id}
        action["display_name"] = self.name
        return action

    def action_view_runs(self):
        """Open the project's history."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("ipai_ops.run_action")
        action["domain"] = [("project_id", "=", self.id)]
        return action

    @asks_again
    def action_new_webhook_secret(self):
        """Make a new webhook secret and show it this once; the old one stops to work."""
        self.ensure_one()
        self._check_may("secrets")
        secret = secrets.token_hex(24)
        self.sudo().webhook_secret = secret  # nobody may read or write the field itself
        self.env["ops.audit"]._note("secret.shown", self, name="webhook secret")
        return self.env["ops.environment"]._shown_once(
            self.env._("Webhook secret of %s", self.name), secret
        )

    def _secret_values(self):
        """Return the secrets that must never show in a log."""
        repositories = self.sudo().with_context(active_test=False).repository_ids
        own = [self.webhook_secret, self.git_credentials, self.sudo().masking_key]
        return [*own, *repositories._secret_values()]
