"""A module on its way into a project: proposed, reviewed as a diff, committed, deployed."""

from odoo import api, fields, models
from odoo.addons.ipai_ops.engine.webhooks import PushEvent
from odoo.exceptions import UserError

from .. import presentation
from ..engine import requirement_lines, resolving

OPEN = ("asked", "ready", "confirmed")


class ModuleChange(models.Model):
    _name = "ipai.module.change"
    _description = "Change of a project's modules"
    _product_written = True
    _order = "id desc"
    _is_for_keys = True  # rows and calls ask for rights on their environment

    environment_id = fields.Many2one(
        "ops.environment", required=True, readonly=True, ondelete="cascade", index=True
    )
    project_id = fields.Many2one(
        related="environment_id.project_id", store=True, related_sudo=False
    )
    package_id = fields.Many2one(
        "ipai.module.package", string="Module", required=True, readonly=True, ondelete="cascade"
    )
    way = fields.Selection(
        [
            ("branch", "On a branch of its own, to be merged"),
            ("direct", "On the environment's branch, deployed at once"),
        ],
        required=True,
        readonly=True,
        default="branch",
    )
    state = fields.Selection(
        [
            ("asked", "Being worked out"),
            ("ready", "To review"),
            ("confirmed", "Being committed"),
            ("pushed", "Committed"),
            ("refused", "Does not fit"),
            ("failed", "Failed"),
            ("dropped", "Dropped"),
        ],
        required=True,
        readonly=True,
        default="asked",
    )
    base_branch = fields.Char(readonly=True)
    branch = fields.Char(readonly=True)
    requirement = fields.Char(readonly=True, help="The line that requirements.txt gets.")
    before = fields.Text(readonly=True)
    after = fields.Text(readonly=True)
    difference = fields.Text(readonly=True)
    shown = fields.Html(string="The change", compute="_compute_shown", sanitize=False)
    brings = fields.Text(readonly=True, help="All that will be installed, and who asked for it.")
    said = fields.Char(readonly=True, help="What happened, in one sentence.")
    commit = fields.Char(readonly=True)
    run_id = fields.Many2one("ops.run", readonly=True, index="btree_not_null")
    requested_by_id = fields.Many2one("res.users", string="Asked by", readonly=True)
    confirmed_by_id = fields.Many2one("res.users", string="Reviewed by", readonly=True)

    _open_index = models.Index("(id) WHERE state IN ('asked', 'confirmed')")

    @api.depends("difference")
    def _compute_shown(self):
        for change in self:
            change.shown = change.difference and presentation.difference(change.difference)

    @api.depends("package_id.technical_name", "environment_id.display_name")
    def _compute_display_name(self):
        for change in self:
            name = change.package_id.technical_name
            change.display_name = f"{change.environment_id.display_name} · {name}"

    @api.model
    def _ask(self, package, environment, way):
        """Start working out what the module brings; return the change."""
        environment._check_may("modules")
        if way == "direct":
            environment._check_may("deploy")
        changes = self.sudo()  # nobody writes changes directly; the right was asked above
        change = changes.create(
            {
                "package_id": package.id,
                "environment_id": environment.id,
                "way": way,
                "base_branch": environment.branch,
                "requested_by_id": self.env.uid,
            }
        )
        change.branch = change._branch()
        self.env["ipai.module.order"]._wake()
        return change.with_env(self.env)

    def _branch(self):
        if self.way == "direct":
            return self.base_branch
        return f"module/{self.package_id.technical_name.replace('_', '-')}-{self.id}"

    def action_confirm(self):
        """Commit the reviewed change."""
        self.ensure_one()
        self.environment_id._check_may("modules")
        if self.way == "direct":
            self.environment_id._check_may("deploy")
        if self.state != "ready":
            raise UserError(self.env._("There is nothing to commit: ask again from the catalogue."))
        own = self.sudo()  # after the check
        own.write({"state": "confirmed", "confirmed_by_id": self.env.uid})
        self.env["ipai.module.order"]._wake()
        return True

    def action_drop(self):
        """Give the change up before it is committed."""
        self.ensure_one()
        self.environment_id._check_may("modules")
        if self.state not in ("asked", "ready"):
            raise UserError(self.env._("It is committed already: revert the commit instead."))
        self.sudo().state = "dropped"  # after the check
        return True

    def action_view_run(self):
        """Open the deploy that the change started."""
        self.ensure_one()
        self.check_access("read")
        return self.run_id._open()

    def _place(self):
        """Return what reading the repository takes: address, branch, credentials, reach."""
        project = self.project_id
        credentials = project.git_credentials or None
        return project.repository_url, self.base_branch, credentials, project._git_reach()

    def _propose(self, text, source):
        """Work out the change from requirements.txt as it is; raises Conflict or Missing."""
        series, python, installed = self.environment_id._module_target()
        name = self.package_id.name
        there = resolving.Target(series, python, installed)
        target = there.without(name)  # this one is asked for anew
        present = requirement_lines.requirements(requirement_lines.without_requirement(text, name))
        found = resolving.resolve([*present, name], source, target)
        line = f"{name}=={found.pins[name]}"
        after = requirement_lines.with_requirement(text, line)
        self.write(
            {
                "state": "ready",
                "requirement": line,
                "before": text,
                "after": after,
                "difference": requirement_lines.difference(text, after),
                "brings": _told(found),
                "said": False,
            }
        )
        if text == after:
            self._end("refused", self.env._("The project has exactly this already: %s.", line))

    def _end(self, state, said):
        self.write({"state": state, "said": said})

    def _commit_facts(self):
        """Return what the repository's adapter needs to commit the reviewed text."""
        person = self.confirmed_by_id
        subject = f"feat: add {self.package_id.technical_name} ({self.requirement})"
        return {
            "base": self.base_branch,
            "branch": self.branch,
            "path": requirement_lines.FILE,
            "before": self.before or "",
            "after": self.after,
            "message": f"{subject}\n\n{self.package_id.summary or ''}".strip(),
            "author": person.name,
            "email": person.email or f"{person.login}@localhost",
        }

    def _note_pushed(self, commit):
        """The commit is there: deploy it as any other push."""
        subject = self._commit_facts()["message"].splitlines()[0]
        event = PushEvent(self.branch, commit, subject, self.confirmed_by_id.name)
        project = self.project_id.with_user(self.confirmed_by_id).sudo()  # a push has no rights
        run, reason = project._receive(event, "push")
        said = reason or self.env._("Committed to %s.", self.branch)
        self.write({"state": "pushed", "commit": commit, "run_id": run.id, "said": said})
        self._offer_pull()


def _told(found):
    """Say what comes, one package a line, the modules first."""
    rows = sorted(found.pins.items(), key=lambda row: (not row[0].startswith("odoo-addon-"), row))
    told = []
    for name, version in rows:
        if name == "odoo":
            continue
        wanted_by = ", ".join(found.wanted_by.get(name, ()))
        told.append(f"{name} {version}" + (f", needed by {wanted_by}" if wanted_by else ""))
    return "\n".join(told)
