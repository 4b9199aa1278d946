"""What will happen when a waiting run goes on: for those who are asked to approve it."""

from markupsafe import Markup

from odoo import api, fields, models

from ...engine import console
from ...engine.compare import compare_url
from ...engine.wording import duration

MODULES_SHOWN = 8


class Run(models.Model):
    _inherit = "ops.run"

    compare_url = fields.Char(string="Difference", compute="_compute_outlook")
    predicted_seconds = fields.Float(compute="_compute_outlook")
    module_plan = fields.Char(string="Modules", compute="_compute_outlook")
    data_at_risk = fields.Char(string="Data at risk", compute="_compute_outlook")

    @api.depends("commit", "kind", "environment_id", "step_ids.predicted_seconds")
    def _compute_outlook(self):
        for run in self:
            project, environment = run.project_id, run.environment_id
            run.compare_url = compare_url(
                project.forge or "", project.repository_url or "", environment.commit, run.commit
            )
            run.predicted_seconds = sum(run.step_ids.mapped("predicted_seconds"))
            run.module_plan = run._module_plan()
            run.data_at_risk = run._data_at_risk()

    def _module_plan(self):
        """Return what an earlier run of the commit updated; nothing is known before a first one."""
        if self.kind not in ("deploy", "upgrade", "modules"):
            return self.env._("None: no module changes.")
        domain = [("project_id", "=", self.project_id.id), ("commit", "=", self.commit)]
        earlier = self.search([*domain, ("state", "=", "done")], limit=1) if self.commit else self
        step = earlier.step_ids.filtered(
            lambda step: step.name == "update" and step.state == "done"
        )
        modules = (step[:1].result or {}).get("modules")
        if modules is None:
            return self.env._("Known after the build.")
        names = ", ".join(modules[:MODULES_SHOWN]) + (" …" if len(modules) > MODULES_SHOWN else "")
        where = earlier.environment_id.name
        return self.env._(
            "%(count)s in %(where)s: %(names)s", count=len(modules), where=where, names=names
        )

    def _data_at_risk(self):
        environment = self.environment_id
        if self.kind in console.KINDS:
            return self._console_risk()
        if self.kind == "destroy":
            return self.env._("All of it: database and files go for good.")
        if self.kind in ("restore", "rollback"):
            return self.env._("What was written since the restored moment is set aside.")
        if self.kind == "restart" or environment.stage == "development":
            return self.env._("None.")
        proven = environment._copies_of_data().get("proven_backup_at")
        if not proven:
            return self.env._("The database is updated in place; no proven backup is known.")
        when = f"{proven:%Y-%m-%d %H:%M} UTC"
        return self.env._("The database is updated in place; last proven backup %s.", when)

    def _prediction(self):
        if not self.predicted_seconds:
            return self.env._("Not known: nothing like it has ended here yet.")
        return duration(self.predicted_seconds)

    def _outlook(self):
        """Return what will happen, as a short list for mails and activities."""
        rows = [
            (self.env._("What"), self.display_name),
            (self.env._("Commit"), self.commit_subject or self.commit or self.env._("the newest")),
            (
                self.env._("Asked by"),
                self.requested_by_id.name or self.commit_author or self.trigger,
            ),
            (self.env._("Modules"), self.module_plan),
            (self.env._("Takes about"), self._prediction()),
            (self.env._("Data at risk"), self.data_at_risk),
        ]
        lines = [Markup("<li><b>%s:</b> %s</li>") % row for row in rows]
        if self.compare_url:
            link = Markup('<a href="%s">%s</a>') % (self.compare_url, self.compare_url)
            lines.append(Markup("<li><b>%s:</b> %s</li>") % (self.env._("Difference"), link))
        return Markup("<ul>%s</ul>") % Markup("").join(lines) + self._console_shown()
