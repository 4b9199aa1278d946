"""An environment's modules: when they were read, how many there are, what they must fit."""

import logging

import psycopg2

from odoo import api, fields, models, release
from odoo.exceptions import ConcurrencyError, UserError

from .run import CHANGING

_logger = logging.getLogger(__name__)

PYTHON = "3.13"  # of the base image; an inventory knows better
READ_AFTER = ("deploy", "restore", "rollback", *CHANGING)


class Environment(models.Model):
    _inherit = "ops.environment"

    module_ids = fields.One2many("ipai.environment.module", "environment_id", readonly=True)
    update_by = fields.Selection(
        [("change", "Any change of an addon"), ("content", "What its content takes")],
        string="Update modules by",
        default="change",
        required=True,
        help="By content, changed static files only make new bundles, and changed methods only restart.",
    )
    modules_read_at = fields.Datetime(copy=False, readonly=True)
    module_python = fields.Char(string="Python", copy=False, readonly=True)
    module_packages = fields.Json(string="Python packages", copy=False, readonly=True)
    module_count = fields.Integer(string="Installed modules", compute="_compute_module_counts")
    outdated_module_count = fields.Integer(
        string="Outdated modules", compute="_compute_module_counts"
    )

    @api.depends("module_ids.is_installed", "module_ids.is_outdated")
    def _compute_module_counts(self):
        rows = self.env["ipai.environment.module"]._read_group(
            [("environment_id", "in", self.ids), ("is_installed", "=", True)],
            ["environment_id", "is_outdated"],
            ["__count"],
        )
        counts = {(environment.id, outdated): count for environment, outdated, count in rows}
        for environment in self:
            outdated = counts.get((environment.id, True), 0)
            environment.outdated_module_count = outdated
            environment.module_count = outdated + counts.get((environment.id, False), 0)

    def action_read_modules(self):
        """Queue a run that reads the modules, and open it."""
        self.ensure_one()
        self._check_may("modules")
        return self._read_modules("button")._open()

    def action_view_modules(self):
        """Open the environment's modules."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ipai_module_manager.environment_module_action"
        )
        return {**action, "domain": [("environment_id", "=", self.id)]}

    def _data_order(self, kind):
        """A deploy knows which rule decides what is updated."""
        order = super()._data_order(kind)
        if kind == "deploy" and self.update_by == "content":
            order["update_by"] = "content"
        return order

    def _read_modules(self, trigger):
        if not self.image_id:
            raise UserError(self.env._("Nothing has been deployed here yet: deploy first."))
        return self.env["ops.run"]._queue_for_modules(self, "modules", trigger)

    def _module_target(self):
        """Return Odoo's series, Python's version and the packages that are there."""
        self.ensure_one()
        packages = (self.module_packages or {}).items()
        return release.series, self.module_python or PYTHON, tuple(sorted(packages))

    def _run_ended(self, run):
        """Take over what a run found out about modules; look again where it changed them."""
        result = super()._run_ended(run)
        for follow in (self._take_modules, self._take_operation, self._read_again):
            self._followed(follow, run)
        return result

    def _followed(self, follow, run):
        """Do what follows from a run's end; a fault in it is told there and stops no run."""
        try:
            with self.env.cr.savepoint():
                follow(run)
        except (ConcurrencyError, psycopg2.errors.SerializationFailure):
            raise  # the whole end is recorded again
        except Exception as fault:
            _logger.exception("What run %s says of the modules cannot be taken over", run.id)
            why = str(fault) if isinstance(fault, UserError) else self.env._("see the server's log")
            said = self.env._("What is known of the modules was not brought up to date: %s", why)
            run._say(run.step_ids.browse(), "warning", said)

    def _take_operation(self, run):
        self.env["ipai.module.operation"]._run_ended(run)

    def _read_again(self, run):
        if run.kind in READ_AFTER and run.state == "done" and self.image_id:
            self._read_modules("schedule")

    def _take_modules(self, run):
        """Replace the inventory by what the run has read."""
        if run.kind != "modules" or run.state != "done":
            return
        rows = [row for portion in run._payloads("modules") for row in portion]
        packages = [row for portion in run._payloads("packages") for row in portion]
        facts = next(iter(run.step_ids.mapped("result")), None) or {}
        self.env["ipai.environment.module"]._replace(self, rows)
        self.write(
            {
                "modules_read_at": fields.Datetime.now(),
                "module_python": facts.get("python"),
                "module_packages": {row["name"]: row["version"] for row in packages},
            }
        )
