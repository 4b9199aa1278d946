"""A PostgreSQL server that keeps targets' databases."""

from odoo import api, fields, models

from ...adapters.local import platform_facts

MANAGERS = "ipai_ops.group_manager"  # where a server is, and how to get in, is theirs to know
STAGE_FLAGS = ("production", "staging", "development")


class DatabaseServer(models.Model):
    _name = "ops.database.server"
    _description = "Database server"
    _inherit = ["ops.audited.mixin"]
    _order = "name, id"

    name = fields.Char(required=True)
    host = fields.Char(required=True, groups=MANAGERS)
    port = fields.Integer(required=True, default=5432, groups=MANAGERS)
    admin_secret = fields.Char(
        required=True,
        groups=MANAGERS,
        help="Name of the Swarm secret that holds the administrator's password.",
    )
    serves_production = fields.Boolean()
    serves_staging = fields.Boolean()
    serves_development = fields.Boolean()
    is_managed = fields.Boolean(
        string="Made by the set-up", readonly=True, help="Kept as the set-up says."
    )
    active = fields.Boolean(default=True)
    size_bytes = fields.Float(string="Size (bytes)", digits=(20, 0), readonly=True, groups=MANAGERS)
    environment_ids = fields.One2many("ops.environment", "database_server_id")
    environment_count = fields.Integer(compute="_compute_environment_count", groups=MANAGERS)
    project_id = fields.Many2one(
        "ops.project",
        string="Only for",
        ondelete="restrict",
        help="Environments of this project alone use the server. Blank: those of every project.",
    )

    _name_unique = models.Constraint("UNIQUE(name)", "Another database server has this name.")
    _port_sane = models.Constraint(
        "CHECK(port > 0 AND port < 65536)", "A port is a number from 1 to 65535."
    )

    @api.constrains("serves_production", "serves_staging", "serves_development")
    def _check_serves_what_is_there(self):
        self._used_by()._check_server_serves_stage()

    @api.depends("environment_ids")
    def _compute_environment_count(self):
        for server in self:
            server.environment_count = len(server.environment_ids)

    @api.model
    def _for_stage(self, stage, project=None):
        """Return the server new environments of ``stage`` use; non-production apart if it can be.

        A server that is kept for the project comes before those for everybody.
        """
        domain = [(f"serves_{stage}", "=", True), *self._open_to(project)]
        servers = self.sudo().search(domain)  # every user may deploy
        servers = servers.filtered("project_id") or servers
        if stage == "production":
            return servers[:1]
        apart = servers.filtered(lambda server: not server.serves_production)
        return (apart or servers)[:1]

    @api.model
    def _sync_platform(self):
        """Make the managed servers what the set-up wrote down; write only what differs."""
        wanted = {facts["name"]: facts for facts in platform_facts.platform().database_servers}
        known = self.with_context(active_test=False).search([])
        for name, facts in wanted.items():
            known.filtered(lambda server, name=name: server.name == name)._follow(facts)
        if wanted:
            gone = known.filtered(lambda s: s.is_managed and s.active and s.name not in wanted)
            gone.write({"active": False})
        self._adopt_environments()

    def _used_by(self):
        """Return the environments that are to be served here until they are destroyed."""
        everything = self.env["ops.environment"].sudo().with_context(active_test=False)
        domain = [("database_server_id", "in", self.ids), ("state", "!=", "destroyed")]
        return everything.search(domain)

    def _follow(self, facts):
        """Create or update the server of these facts."""
        stages = set(facts.get("stages", ()))
        if any(self[f"serves_{stage}"] for stage in STAGE_FLAGS if stage not in stages):
            stages.update(self._used_by().mapped("stage"))  # what is there stays served
        values = {f"serves_{stage}": stage in stages for stage in STAGE_FLAGS}
        values |= {key: facts[key] for key in ("name", "host", "port", "admin_secret")}
        values |= {"is_managed": True, "active": True}
        if not self:
            return self.create(values)
        changed = {key: value for key, value in values.items() if self[key] != value}
        if changed:
            self.write(changed)
        return self

    @api.model
    def _adopt_environments(self):
        """Environments made before there was a server get theirs."""
        waiting = self.env["ops.environment"].search([("database_server_id", "=", False)])
        for environment in waiting:
            server = self._for_stage(environment.stage, environment.project_id)
            if server:
                environment.database_server_id = server

    def _facts(self):
        """Return what a run's frozen spec says of the server; None where there is none."""
        if not self:
            return None
        server = self.sudo()  # a run's order is frozen for everybody who may deploy
        facts = {"name": server.name, "host": server.host, "port": server.port}
        return {**facts, "admin_secret": server.admin_secret}

    @api.model
    def _open_to(self, project):
        """Return the domain of the servers that environments of the project may use."""
        return [("project_id", "in", [False, *(project.ids if project else ())])]

    @api.constrains("project_id")
    def _check_no_other_project_is_here(self):
        self.environment_ids._check_server_is_for_project()
