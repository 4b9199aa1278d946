"""One running Odoo of a project: what it serves, where, and on which data."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...adapters.local import platform_facts
from ...engine import branches
from ..constants import COLOURS, LIVE_LANES, RUN_STATES, STAGES, STATES
from ..secrets.encrypted import encrypted

CHANGING_LANES = ("main", "data")  # runs that change what an environment serves


def _is_of(environment):
    return lambda run: run.environment_id == environment._origin


class Environment(models.Model):
    _name = "ops.environment"
    _description = "Environment"
    _inherit = [
        "ops.permission.mixin",
        "ops.offered.mixin",
        "ops.confidential.mixin",
        "ops.encrypted.mixin",
        "ops.audited.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _offered = {"write": "settings", "create": "settings", "unlink": "destroy"}
    _mail_post_access = "read"
    _order = "sequence, id desc"

    project_id = fields.Many2one("ops.project", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True)
    slug = fields.Char(copy=False, readonly=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    stage = fields.Selection(
        STAGES, required=True, default="development", group_expand=True, tracking=True
    )
    state = fields.Selection(STATES, required=True, default="new", copy=False, readonly=True)
    branch = fields.Char(help="The branch it serves.", tracking=True)
    branch_pattern = fields.Char(
        help="Branches whose pushes come here, for instance main or release/*."
    )
    pull_request = fields.Integer(copy=False, readonly=True)
    pull_request_url = fields.Char(copy=False, readonly=True)
    host = fields.Char(copy=False, help="First label of the host name, for instance acme-main.")
    url = fields.Char(string="URL", compute="_compute_url")
    runner = fields.Selection(
        [("driver", "This server"), ("worker", "An outside worker")],
        default="driver",
        required=True,
        string="Runs are done by",
    )
    database_server_id = fields.Many2one("ops.database.server", ondelete="restrict")
    database_name = fields.Char(copy=False, readonly=True)
    db_password = encrypted(
        fields.Char,
        "db_password",
        goes_nowhere="The product makes it; the server is fixed once there is a database.",
    )
    admin_password = encrypted(
        fields.Char, "admin_password", goes_nowhere="The product makes it, for the target itself."
    )
    image_id = fields.Many2one("ops.artifact", string="Image", copy=False, readonly=True)
    commit = fields.Char(copy=False, readonly=True)
    commit_subject = fields.Char(copy=False, readonly=True)
    deployed_at = fields.Datetime(copy=False, readonly=True)
    workers = fields.Integer(default=0, help="0: one threaded process, enough for a preview.")
    memory_mb = fields.Integer(string="Memory (MB)", default=2048)
    demo = fields.Boolean(string="Demo data")
    run_tests = fields.Boolean(string="Run the repository's tests")
    is_pinned = fields.Boolean(string="Pinned", help="Pinned environments do not expire.")
    expires_at = fields.Datetime(copy=False, readonly=True)
    aside = fields.Json(copy=False, readonly=True, help="Databases kept aside, until when.")
    is_live = fields.Boolean(compute="_compute_is_live", search="_search_is_live")
    run_ids = fields.One2many("ops.run", "environment_id")
    artifact_ids = fields.One2many("ops.artifact", "environment_id")
    run_count = fields.Integer(compute="_compute_runs")
    active_run_id = fields.Many2one("ops.run", compute="_compute_runs", search="_search_of_runs")
    waiting_run_id = fields.Many2one("ops.run", compute="_compute_runs", search="_search_of_runs")
    last_run_id = fields.Many2one("ops.run", compute="_compute_runs", search="_search_of_runs")
    last_run_state = fields.Selection(
        RUN_STATES, string="Last run's state", compute="_compute_run_facts"
    )
    last_run_colour = fields.Selection(
        COLOURS, string="Last run's colour", compute="_compute_run_facts"
    )
    last_run_headline = fields.Char(string="Last run", compute="_compute_run_facts")
    progress = fields.Float(compute="_compute_run_facts")

    _one_production = models.UniqueIndex(
        "(project_id) WHERE stage = 'production' AND state <> 'destroyed'",
        "A project has exactly one production environment.",
    )
    _slug_unique = models.UniqueIndex(
        "(project_id, slug) WHERE state NOT IN ('destroying', 'destroyed')",
        "The project has an environment of that name already.",
    )
    _host_unique = models.UniqueIndex(
        "(host) WHERE state NOT IN ('destroying', 'destroyed')",
        "Another environment answers under this host name.",
    )
    _database_unique = models.UniqueIndex(
        "(database_server_id, database_name) WHERE state <> 'destroyed'",
        "Another environment has this database.",
    )
    _state_index = models.Index("(state)")
    _workers_sane = models.Constraint(
        "CHECK(workers >= 0 AND workers <= 64)", "Take between 0 and 64 workers."
    )
    _memory_sane = models.Constraint(
        "CHECK(memory_mb >= 256 AND memory_mb <= 1048576)",
        "An Odoo needs 256 MB of memory at least, and 1 TB is the most.",
    )

    @api.constrains("host")
    def _check_host(self):
        for environment in self:
            if not branches.is_host_label(environment.host or ""):
                raise ValidationError(
                    self.env._(
                        "“%s” cannot be a host name: take lower-case letters, digits and "
                        "hyphens, 63 at most; “ops” is taken.",
                        environment.host,
                    )
                )

    @api.depends("host")
    def _compute_url(self):
        platform = platform_facts.platform()
        for environment in self:
            environment.url = platform.url(environment.host) if environment.host else False

    @api.depends("state")
    def _compute_is_live(self):
        for environment in self:
            environment.is_live = environment.state not in ("new", "destroyed")

    def _search_is_live(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "not in" if True in value else "in", ("new", "destroyed"))]

    @api.depends("run_ids.state")
    def _compute_runs(self):
        runs = self.env["ops.run"]
        domain = [("environment_id", "in", self.ids)]
        counts = dict(runs._read_group(domain, ["environment_id"], ["__count"]))
        changing = [*domain, ("lane", "in", CHANGING_LANES)]
        latest = dict(runs._read_group(changing, ["environment_id"], ["id:max"]))
        active = runs.search([*domain, ("state", "in", ("queued", "running"))])
        running = active.filtered(lambda run: run.state == "running" and run.lane in LIVE_LANES)
        waiting = active.filtered(lambda run: run.state == "queued" and run.lane == "main")
        for environment in self:
            environment.last_run_id = latest.get(environment._origin)
            environment.run_count = counts.get(environment._origin, 0)
            environment.active_run_id = running.filtered(_is_of(environment))[:1]
            environment.waiting_run_id = waiting.filtered(_is_of(environment))[:1]

    def _search_of_runs(self, operator, value):
        """Find the environments these runs belong to."""
        if operator != "in":
            return NotImplemented
        return [("id", "in", self.env["ops.run"].browse(value).environment_id.ids)]

    @api.depends("run_ids.state")
    def _compute_run_facts(self):
        for environment in self:
            last = environment.last_run_id
            environment.last_run_state = last.state
            environment.last_run_colour = last.colour
            environment.last_run_headline = last.headline
            environment.progress = environment.active_run_id.progress

    @api.ondelete(at_uninstall=False)
    def _unlink_only_when_gone(self):
        for environment in self.filtered("is_live"):
            raise UserError(
                self.env._("“%s” is still there. Destroy it first.", environment.display_name)
            )

    @api.depends("project_id.name", "name")
    def _compute_display_name(self):
        for environment in self:
            environment.display_name = f"{environment.project_id.name} / {environment.name}"

    def _pattern(self):
        return self.branch_pattern or self.branch or ""

    def _secret_values(self):
        """Return the secrets that must never show in a log."""
        trial, gate = self._database_password(is_trial=True), self._gate_account().password
        given = self._delivered_secrets().mapped("value")
        return [self.db_password, trial, self.admin_password, gate, *given]
