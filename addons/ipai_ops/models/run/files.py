"""The texts that only the control plane can write and that travel as Swarm secrets."""

import calendar

from odoo import fields, models
from odoo.exceptions import UserError

from ...adapters.local import platform_facts
from ...engine import odoo_conf, registry_login
from ...engine.steps import common, copies
from ..data.backup_repository import REPOSITORY_FILES


class Run(models.Model):
    _inherit = "ops.run"

    def _file_content(self, what):
        """Return the text of a file a container of this run is given; never logged."""
        self.ensure_one()
        if what == common.PROXY:
            return self._proxy_url()
        if self._named_file(what):
            return self._delivered_file(what)
        if what == common.CONF:
            return self._odoo_conf()
        if what == "admin-password":
            return self.environment_id.admin_password
        if what == "git-credentials":
            return self._git_credentials()
        if what == "masking-key":
            return self.project_id._masking_key()
        if what == common.DOCKER_CONFIG:
            return self._registry_login()
        if what in REPOSITORY_FILES:
            return self._file_of_repository(what)
        raise UserError(self.env._("Nobody knows how to write “%s”.", what))

    def _git_credentials(self):
        """Return the project's credentials, where they are for the address this run was ordered with."""
        project = self.project_id
        if self.spec["project"]["repository_url"] != project.repository_url:
            raise UserError(
                self.env._(
                    "The repository's URL was changed after this run was ordered; its credentials are "
                    "for the new one. Start a new run."
                )
            )
        if not project.git_credentials:
            raise UserError(
                self.env._(
                    "The project's Git credentials were deleted, as when its URL is changed. "
                    "Enter them again, then start a new run."
                )
            )
        return project.git_credentials

    def _file_of_repository(self, what):
        """Return a file of the backup repository, where that is still at the address of the order."""
        repository = self._repository()
        if self.spec["repository"]["facts"] != repository._facts()["facts"]:
            raise UserError(
                self.env._(
                    "The backup repository's address was changed after this run was ordered; its keys "
                    "are for the new one. Start a new run."
                )
            )
        return repository._file_content(what)

    def _registry_login(self):
        """Return a Docker client's configuration that opens this project's repository alone."""
        platform = platform_facts.platform()
        registry, code = platform.registry, self.spec["project"]["code"]
        end = calendar.timegm(fields.Datetime.now().timetuple()) + registry_login.SECONDS
        key = platform_facts.registry_password()
        login = registry_login.build_login(key, platform.instance, code, end)
        addresses = (registry["address"], registry["internal"])
        return registry_login.docker_config(addresses, *login)

    def _odoo_conf(self):
        environment, server = self.spec["environment"], self.spec["server"]
        context = self._context_of(self.step_ids.sorted("sequence")[:1].name)
        is_trial = copies.on_trial(context)
        database = copies.working_database(context) if is_trial else common.database(context)
        return odoo_conf.render(
            database=database,
            host=server["host"],
            port=server["port"],
            user=copies.role(context),
            password=self.environment_id._database_password(is_trial),
            workers=environment["workers"],
            memory_mb=environment["memory_mb"],
            extra={} if is_trial else self._conf_extra(),
            bus="" if is_trial else copies.role(context),
        )

    def _repository(self):
        """Return the repository the run works with, also one that is archived by now."""
        known = (self.spec or {}).get("repository") or {}
        return self.env["ops.backup.repository"].browse(known.get("id")).exists()
