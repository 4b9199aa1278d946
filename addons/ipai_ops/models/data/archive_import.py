"""Taking an archive in: its data becomes an environment's, beside what serves, then swapped in."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..constants import GONE


class Archive(models.Model):
    _inherit = "ops.archive"

    @api.model
    def import_archive(self, project, env, name, confirm=None):
        """Queue the import of an archive that lies in the folder; return the run's id.

        ``project``: code or id. ``env``: slug, name or id. ``name``: the file's, with or without
        the project's code in front. ``confirm``: the environment's name, where production has data.
        """
        runs = self.env["ops.run"]
        environment = runs._named_environment(runs._named_project(project), env)
        environment._check_may("restore")
        owner = environment.project_id
        named = (str(name), f"{owner.code}.{name}")
        archive = self._scan(owner).filtered(lambda one: one.file_name in named)[:1]
        if not archive:
            raise UserError(
                self.env._(
                    "The folder has no archive “%(name)s” of %(code)s.", name=name, code=owner.code
                )
            )
        archive._check_confirmed(environment, confirm)
        return archive.with_env(self.env)._import_into(environment, "api").run_id.id

    @api.model
    def _check_confirmed(self, environment, typed):
        """Production's data is put aside only for who names it."""
        if self._is_risky(environment) and (typed or "").strip() != environment.name:
            raise UserError(
                self.env._(
                    "Type “%s” to confirm: production's present data will be put aside.",
                    environment.name,
                )
            )

    @api.model
    def _is_risky(self, environment):
        return environment.stage == "production" and bool(environment.database_name)

    def _import_into(self, environment, trigger, is_masked=True):
        """Queue the import; return its record. The right on the environment has been asked."""
        self.ensure_one()
        self._check_may_use(environment)
        self._check_fits(environment)
        order = {"archive": self._facts(), "is_foreign": environment.stage != "production"}
        if environment.stage != "production":
            order |= self._masking(is_masked)
        run = environment._queue_restore(trigger, order)
        values = {"environment_id": environment.id, "run_id": run.id, "purpose": "import"}
        restores = self.env["ops.restore"].sudo()  # the run is the person's, its record ours
        return restores.create({**values, "archive_id": self.id})

    def _check_fits(self, environment):
        if environment.project_id != self.project_id:
            raise UserError(self.env._("An archive is taken in within its own project."))
        if environment.state in GONE:
            raise UserError(self.env._("This environment is being destroyed; choose another."))
        if self.state != "ready":
            raise UserError(self.env._("“%s” is not there: upload it again.", self.name))

    def _masking(self, is_masked):
        """Return what the order says of persons; who brings the data decides, or who has it anyway."""
        if is_masked:
            return {"is_to_be_masked": True, "masking": self.project_id._masking()}
        is_own = self.source == "upload" and self.sudo().create_uid == self.env.user
        if not is_own and not self.project_id._may("restore", "production"):
            raise AccessError(
                self.env._(
                    "Persons stay as they are only for who uploaded the archive, or may restore "
                    "production: have them masked."
                )
            )
        return {}

    def _facts(self):
        """Return what a run's frozen spec says of the archive."""
        facts = {"id": self.id, "file": self.file_name, "name": self.name}
        return {**facts, "max_bytes": self._most_bytes()}
