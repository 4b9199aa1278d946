"""Something a run made: where it is, and whether it is still wanted."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...authentication.asks_again import asks_again


class Artifact(models.Model):
    _name = "ops.artifact"
    _description = "Artifact"
    _product_written = True
    _order = "id desc"

    run_id = fields.Many2one("ops.run", index=True, ondelete="set null")
    project_id = fields.Many2one("ops.project", index=True, ondelete="set null")
    environment_id = fields.Many2one("ops.environment", index=True, ondelete="set null")
    kind = fields.Selection(
        [
            ("image", "Image"),
            ("database", "Database"),
            ("bus", "Bus database"),
            ("volume", "Files"),
            ("service", "Service"),
            ("secret", "Secret"),
            ("config", "Configuration"),
            ("log", "Log"),
            ("report", "Report"),
            ("export", "Archive"),
        ],
        required=True,
    )
    made_for = fields.Integer(
        string="Environment number",
        compute="_compute_made_for",
        store=True,
        aggregator=False,
        help="The environment it was made for, also when that is no more.",
    )
    name = fields.Char(required=True)
    uri = fields.Char(string="URI", required=True, help="Where it is.")
    database_server_id = fields.Many2one("ops.database.server", ondelete="set null")
    files = fields.Char(help="Volume and folder of a database's files.")
    checksum = fields.Char()
    size_bytes = fields.Float(string="Size (bytes)", digits=(20, 0), aggregator="sum")
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("present", "Present"),
            ("garbage", "Garbage"),
            ("removed", "Removed"),
        ],
        required=True,
        default="planned",
    )
    garbage_at = fields.Datetime(index="btree_not_null")
    reason = fields.Char(help="Why it is not wanted any more.")
    removed_at = fields.Datetime()

    _thing_unique = models.UniqueIndex(
        "(kind, uri) WHERE state <> 'removed'", "This artifact is known already."
    )
    _state_index = models.Index("(state, kind)")

    @api.depends("environment_id")
    def _compute_made_for(self):
        for artifact in self:
            artifact.made_for = artifact.environment_id.id or artifact.made_for

    @api.model
    def _plan(self, run, kind, name, uri, **facts):
        """Write down what ``run`` is about to make, before it makes it; return the record.

        Known already: the same record comes back, wanted again. So a crash between making and
        noting leaves nothing behind that nobody knows.
        """
        known = self.search([("kind", "=", kind), ("uri", "=", uri), ("state", "!=", "removed")])
        if known:
            known._keep()
            return known
        values = {"kind": kind, "name": name, "uri": uri, "run_id": run.id, **facts}
        places = {"project_id": run.project_id.id, "environment_id": run.environment_id.id}
        return self.create({**values, **places})

    def _keep(self):
        """Take things back from the garbage."""
        garbage = self.filtered(lambda artifact: artifact.state == "garbage")
        garbage.write({"state": "present", "garbage_at": False, "reason": False})

    def _mark_present(self, **facts):
        """Note that the things exist; ``facts``: checksum, size_bytes."""
        self.write({**facts, "state": "present"})

    def _mark_garbage(self, reason):
        """Give things up for collection; those already given up keep their date and reason."""
        wanted = self.filtered(lambda artifact: artifact.state in ("planned", "present"))
        now = fields.Datetime.now()
        wanted.write({"state": "garbage", "garbage_at": now, "reason": reason})

    def _mark_removed(self):
        """Note that the things are gone."""
        self.write({"state": "removed", "removed_at": fields.Datetime.now()})

    @api.model
    def _inventory(self, environment, kind):
        """Return what a destruction or a collection is to take away, as parts of its spec."""
        if kind == "destroy":
            known = [("environment_id", "=", environment.id), ("state", "!=", "removed")]
            things = self.search(known)
            databases = set(environment._own_databases())
            if environment.database_name:
                databases.add(environment.database_name)
            volumes = things._names("volume")
            secrets = things._names("secret")
            return {"databases": sorted(databases), "secrets": secrets, "volumes": volumes}
        if kind == "collect":
            garbage = self.search(self._collectable())
            groups = {"volumes": "volume", "images": "image", "secrets": "secret"}
            lists = {key: garbage._names(of_kind) for key, of_kind in groups.items()}
            databases = garbage._databases_by_server()
            return {**lists, "garbage_databases": databases, "artifact_ids": garbage.ids}
        return {}

    @api.model
    def _collectable(self):
        """Return the domain of what a collection takes: no database whose environment is not known."""
        known = ["|", ("kind", "!=", "database"), ("made_for", "!=", 0)]
        return [("state", "=", "garbage"), *known]

    def _names(self, kind):
        """Return the sorted names of the things of one kind; images go by their URI."""
        field = "uri" if kind == "image" else "name"
        return sorted(set(self.filtered(lambda thing: thing.kind == kind).mapped(field)))

    def _databases_by_server(self):
        """Return the databases with the server each is on, as the collect pipeline wants them."""
        databases = self.filtered(lambda thing: thing.kind in ("database", "export"))
        by_server = databases.grouped(lambda thing: thing._server())
        return [
            {
                "server": server._facts(),
                "databases": things._names("database"),
                "made_for": {thing.name: thing.made_for for thing in things},
                "files": [thing.files.split("/", 1) for thing in things if thing.files],
            }
            for server, things in by_server.items()
            if server
        ]

    def _server(self):
        """Return the server a database is on."""
        return self.database_server_id or self.environment_id.database_server_id

    @api.model
    def _still_garbage(self, spec):
        """Return a collection's spec without what somebody has wanted again since it was queued.

        The servers stay: the steps are counted by them.
        """
        builds = [("state", "in", ("queued", "running")), ("kind", "=", "deploy")]
        building = self.env["ops.run"].search(builds).project_id
        garbage = self.browse(spec.get("artifact_ids", ())).exists()
        garbage = garbage.filtered(lambda thing: thing.state == "garbage")
        garbage -= garbage.filtered(
            lambda thing: thing.kind == "image" and thing.project_id in building
        )
        databases = {*garbage._names("database"), *garbage._names("export")}
        kept = {"volumes": "volume", "images": "image", "secrets": "secret"}
        lists = {
            key: sorted(set(spec.get(key, ())) & set(garbage._names(kind)))
            for key, kind in kept.items()
        }
        made_for = {thing.name: thing.made_for for thing in garbage}
        drops = [
            {**_only(drop, databases), "made_for": made_for}
            for drop in spec.get("garbage_databases", ())
        ]
        return {**spec, **lists, "garbage_databases": drops, "artifact_ids": garbage.ids}

    @api.model
    def action_collect(self):
        """Queue the removal of all garbage now and open its run."""
        if not self.env.user.has_group("ipai_ops.group_manager"):
            raise AccessError(self.env._("Only a manager starts a clean-up."))
        run = self.env["ops.run"]._collect("button")
        if not run:
            raise UserError(self.env._("There is nothing to clean up."))
        return run._open()

    @asks_again
    def action_redeploy(self):
        """Deploy this image again to the environment it was built for; open the run."""
        self.ensure_one()
        if not self.environment_id:
            raise UserError(self.env._("The environment this was built for is gone."))
        self.environment_id._check_may("rollback")
        return self.environment_id._redeploy(self)._open()


def _only(drop, databases):
    """Return the part of a drop order that is about these databases, with their files."""
    files = [
        [volume, folder]
        for volume, folder in drop.get("files", ())
        if folder.rpartition("/")[2] in databases
    ]
    return {**drop, "databases": sorted(databases.intersection(drop["databases"])), "files": files}
