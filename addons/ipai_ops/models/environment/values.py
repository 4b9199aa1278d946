"""The values of an environment: completed when it is made, judged when they change."""

import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import branches, naming
from ..constants import GONE


class Environment(models.Model):
    _inherit = "ops.environment"

    @api.model_create_multi
    def create(self, vals_list):
        own = [self._fill(vals) for vals in vals_list]
        environments = super().create(vals_list)
        # Nobody may read or write passwords, and only the product writes its own fields.
        for environment, values in zip(environments.sudo(), own, strict=True):
            passwords = {
                "db_password": environment.db_password or secrets.token_urlsafe(24),
                "admin_password": environment.admin_password or secrets.token_urlsafe(12),
            }
            environment.write({**values, **passwords})
        for environment in environments:
            self.env["ops.fact"]._note("environment.created", environment)
        return environments

    def write(self, vals):
        """Change settings: a move is judged, the allowed hosts are in the audit trail, mails make room."""
        if "project_id" in vals:
            raise UserError(self.env._("An environment stays with its project."))
        if vals.get("state") == "destroyed":
            vals = {**vals, "active": False}
        if "stage" in vals:
            vals = {**self._stage_values(vals["stage"]), **vals}
        with self._hosts_noted(vals), self._moved(vals):
            done = super().write(vals)
        if {"mail_keep_count", "mail_keep_mb"} & set(vals):
            self._make_room_for_mail()
        return done

    def _fill(self, vals):
        """Complete the values of a new environment; return those that only the product writes."""
        given = set(vals)
        for name in ("project_id", "stage"):
            vals.setdefault(name, self.default_get([name]).get(name))
        project = self.env["ops.project"].browse(vals["project_id"]).exists()
        if not project:
            raise UserError(self.env._("Choose the project the environment belongs to."))
        vals.setdefault("branch", vals.get("branch_pattern") or vals.get("name"))
        vals.setdefault("branch_pattern", vals["branch"])
        slug = self._free("slug", vals.get("slug") or naming.slug(vals.get("name") or ""), project)
        host = vals.get("host") or self._free("host", naming.host_label(project.code, slug))
        filled = {
            **self._stage_defaults(vals["stage"], project),
            **vals,
            "host": host,
            "slug": slug,
        }
        own = self._own_fields() - given
        vals |= {name: value for name, value in filled.items() if name not in own}
        return {name: value for name, value in filled.items() if name in own}

    def _free(self, field, wanted, project=None):
        """Return ``wanted``, numbered where another environment has it."""
        taken = self.sudo().with_context(active_test=False)  # hosts are unique over all projects
        domain = [("state", "not in", GONE)]
        if project:
            domain.append(("project_id", "=", project.id))
        return next(
            label
            for label in branches.numbered(wanted)
            if not taken.search_count([*domain, (field, "=", label)], limit=1)
        )

    def _stage_defaults(self, stage, project):
        is_development = stage == "development"
        server = self.env["ops.database.server"]._for_stage(stage, project)
        return {
            "demo": is_development,
            "run_tests": is_development,
            "workers": 2 if stage == "production" else 0,
            "cpus": 2.0 if stage == "production" else 1.0,
            "backup_hours": 24 if stage == "production" else 0,
            "disk_limit_gb": self._usual_disk_limit(stage, project),
            "database_server_id": server.id,
            "expires_at": self._expiry(project) if is_development else False,
        }

    @staticmethod
    def _expiry(project):
        return fields.Datetime.now() + timedelta(days=project.development_ttl_days)
