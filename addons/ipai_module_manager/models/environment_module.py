"""One module of one environment, as the last inventory saw it."""

from odoo import api, fields, models

INSTALLED = ("installed", "to upgrade", "to remove")
STATES = [
    ("installed", "Installed"),
    ("to upgrade", "To be updated"),
    ("to install", "To be installed"),
    ("to remove", "To be removed"),
    ("uninstalled", "Can be installed"),
    ("unknown", "New in the image"),
    ("uninstallable", "Cannot be installed"),
]
ORIGINS = [
    ("odoo", "Odoo"),
    ("repository", "Repository"),
    ("package", "Package"),
    ("missing", "No code any more"),
]


class EnvironmentModule(models.Model):
    _name = "ipai.environment.module"
    _description = "Module of an environment"
    _product_written = True
    _order = "environment_id, name"
    _is_for_keys = True  # rows and calls ask for rights on their environment

    environment_id = fields.Many2one(
        "ops.environment", required=True, readonly=True, ondelete="cascade"
    )
    name = fields.Char(string="Module", required=True, readonly=True)
    title = fields.Char(readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    is_installed = fields.Boolean(readonly=True)
    is_outdated = fields.Boolean(
        string="Outdated", readonly=True, help="Another version in the code than in the database."
    )
    origin = fields.Selection(ORIGINS, string="From", required=True, readonly=True)
    version_database = fields.Char(string="In the database", readonly=True)
    version_code = fields.Char(string="On disk", readonly=True)
    author = fields.Char(readonly=True)
    depends = fields.Json(readonly=True)
    depends_on = fields.Char(string="Stands on", compute="_compute_depends_on")
    dependents = fields.Char(
        string="Carries", compute="_compute_dependents", help="Installed modules that need it."
    )
    changed_at = fields.Datetime(string="Last update", readonly=True)
    line_count = fields.Integer(string="Lines of code", readonly=True)
    may_modules = fields.Boolean(compute="_compute_may_modules")

    _one_each = models.UniqueIndex("(environment_id, name)", "The module is listed already.")

    @api.depends_context("uid")
    @api.depends("environment_id.may_modules")
    def _compute_may_modules(self):
        for module in self:
            module.may_modules = module.environment_id.may_modules

    @api.depends("depends")
    def _compute_depends_on(self):
        for module in self:
            module.depends_on = ", ".join(module.depends or ())

    def _compute_dependents(self):
        places = [("environment_id", "in", self.environment_id.ids), ("is_installed", "=", True)]
        above = {}
        for module in self.search(places):
            for name in module.depends or ():
                above.setdefault((module.environment_id, name), []).append(module.name)
        for module in self:
            module.dependents = ", ".join(above.get((module.environment_id, module.name), ()))

    @api.model
    def _replace(self, environment, rows):
        """Write the rows of an inventory in place of the earlier ones."""
        self.search([("environment_id", "=", environment.id)]).unlink()
        self.create([self._values(environment, row) for row in rows])

    @api.model
    def _values(self, environment, row):
        names = ("name", "title", "version_database", "version_code", "author", "depends")
        state = row["state"] if row["state"] in dict(STATES) else "unknown"
        return {
            **{name: row.get(name) for name in names},
            "environment_id": environment.id,
            "state": state,
            "is_installed": state in INSTALLED,
            "is_outdated": bool(row.get("is_outdated")),
            "origin": row["origin"] if row.get("origin") in dict(ORIGINS) else "missing",
            "changed_at": row.get("updated_at") or False,
            "line_count": row.get("lines") or 0,
        }

    def action_install(self):
        """Work out what installing these modules brings."""
        return self._ask("install")

    def action_update(self):
        """Work out what updating these modules touches."""
        return self._ask("update")

    def action_uninstall(self):
        """Work out what removing these modules deletes."""
        return self._ask("uninstall")

    def _ask(self, action):
        environment = self.environment_id
        environment.ensure_one()
        environment._check_may("modules")
        operations = self.env["ipai.module.operation"]
        return operations._ask(environment, action, self.mapped("name"))._open()
