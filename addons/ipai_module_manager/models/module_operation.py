"""Installing, updating or removing modules: first what it would do, then the run that does it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

ACTIONS = [("install", "Install"), ("update", "Update"), ("uninstall", "Remove")]


class ModuleOperation(models.Model):
    _name = "ipai.module.operation"
    _description = "Change of an environment's modules"
    _product_written = True
    _order = "id desc"
    _is_for_keys = True  # rows and calls ask for rights on their environment

    environment_id = fields.Many2one(
        "ops.environment", required=True, readonly=True, ondelete="cascade", index=True
    )
    action = fields.Selection(ACTIONS, required=True, readonly=True)
    names = fields.Json(string="Asked for", required=True, readonly=True)
    wanted = fields.Char(string="Modules", compute="_compute_wanted")
    state = fields.Selection(
        [
            ("planning", "Being worked out"),
            ("ready", "To review"),
            ("running", "Under way"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("dropped", "Dropped"),
        ],
        default="planning",
        required=True,
        readonly=True,
    )
    modules = fields.Json(string="Touched", readonly=True)
    touched = fields.Text(string="Modules it touches", compute="_compute_touched")
    module_count = fields.Integer(string="Modules touched", readonly=True)
    table_count = fields.Integer(string="Tables deleted", readonly=True)
    row_count = fields.Integer(string="Rows deleted", readonly=True)
    column_count = fields.Integer(string="Columns deleted", readonly=True)
    lost = fields.Text(string="What is deleted", readonly=True)
    said = fields.Char(readonly=True, help="What happened, in one sentence.")
    plan_run_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null")
    run_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null")
    requested_by_id = fields.Many2one("res.users", string="Asked by", readonly=True)

    @api.depends("names")
    def _compute_wanted(self):
        for operation in self:
            operation.wanted = ", ".join(operation.names or ())

    @api.depends("modules")
    def _compute_touched(self):
        for operation in self:
            operation.touched = ", ".join(operation.modules or ())

    @api.depends("action", "names")
    def _compute_display_name(self):
        actions = dict(self._fields["action"]._description_selection(self.env))
        for operation in self:
            operation.display_name = f"{actions.get(operation.action)} {operation.wanted}"

    @api.model
    def _ask(self, environment, action, names):
        """Queue the run that works out what would happen; return the operation."""
        environment._check_may("modules")
        if not environment.image_id:
            raise UserError(self.env._("Nothing has been deployed here yet: deploy first."))
        order = {"module_change": {"action": action, "names": sorted(names)}}
        run = self.env["ops.run"]._queue_for_modules(environment, "module_plan", "button", **order)
        values = {"environment_id": environment.id, "action": action, "names": sorted(names)}
        own = self.sudo()  # nobody writes operations directly; the right was asked above
        operation = own.create({**values, "plan_run_id": run.id, "requested_by_id": self.env.uid})
        return operation.with_env(self.env)

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [[False, "form"]],
        }

    def action_confirm(self):
        """Queue the run that does what was shown; open it."""
        self.ensure_one()
        self.environment_id._check_may("modules")
        if self.state != "ready":
            raise UserError(self.env._("What it does has to be worked out first."))
        run = self.env["ops.run"]._queue_for_modules(
            self.environment_id, f"module_{self.action}", "button", **self._run_order()
        )
        self.sudo().write({"state": "running", "run_id": run.id})  # after the check
        return run._open()

    def action_drop(self):
        """Give it up; nothing was changed."""
        self.ensure_one()
        self.environment_id._check_may("modules")
        if self.state not in ("planning", "ready"):
            raise UserError(self.env._("It is under way or over: nothing can be dropped any more."))
        self.sudo().state = "dropped"  # after the check
        return True

    def action_view_run(self):
        """Open the run that does it, or the one that worked it out."""
        self.ensure_one()
        self.check_access("read")
        return (self.run_id or self.plan_run_id)._open()

    def _run_order(self):
        """Return what the pipeline must know: the modules, the image that serves, what is kept."""
        environment = self.environment_id.sudo()  # facts of the image, for the order alone
        image = environment.image_id
        names = list(self.names)
        facts = self.env["ops.run"]._build_facts(image)
        order = {"module_change": {"action": self.action, "names": names}}
        order["serving"] = {
            "image_id": image.id,
            "commit": environment.commit or "",
            "commit_subject": environment.commit_subject or "",
        }
        if self.action == "uninstall":
            order["module_change"]["names"] = list(self.modules or names)
            return order
        install = names if self.action == "install" else []
        order["redeploy"] = {**facts, "install": install}
        order["modules"] = names if self.action == "update" else []
        return order

    @api.model
    def _run_ended(self, run):
        """Carry the outcome of a run over to what people look at."""
        planned = self.search([("plan_run_id", "=", run.id), ("state", "=", "planning")])
        for operation in planned:
            operation._take_plan(run)
        ended = self.search([("run_id", "=", run.id), ("state", "=", "running")])
        state = "done" if run.state == "done" else "failed"
        ended.write({"state": state, "said": run.cause})

    def _take_plan(self, run):
        if run.state != "done":
            self.write(
                {"state": "failed", "said": run.cause or self.env._("It was not worked out.")}
            )
            return
        facts = next(iter(run.step_ids.mapped("result")), None) or {}
        plan = run._payloads("plan")
        tables = [row for part in plan for row in part.get("tables", ())]
        columns = [name for part in plan for name in part.get("columns", ())]
        lines = [f"{row['name']}: {row['rows']:,} rows" for row in tables]
        modules = [name for part in plan for name in part.get("modules", ())]
        self.write(
            {
                "state": "ready",
                "modules": modules,
                "module_count": len(modules),
                "table_count": len(tables),
                "row_count": facts.get("rows", 0),
                "column_count": len(columns),
                "lost": "\n".join([*lines, *columns]),
            }
        )
