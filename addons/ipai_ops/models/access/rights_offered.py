"""What nobody may do anywhere is not offered: lists and boards show no New, no drag, no delete.

Views are drawn before a record is known. Then the question is whether the person has the right in
some place; the record itself is asked again when it is written.
"""

from functools import partial

from odoo import models

from ...engine.permissions import STAGES


def _offered(records, operation, result, permissions):
    """Return ``result`` of ``_check_access``, refused where the right is held nowhere."""
    permission = permissions.get(operation)
    if result or records.ids or not permission:
        return result
    if records.env["ops.project"]._is_everywhere(records.env.user):
        return result
    places = records.env["ops.project.member"]._places(records.env.user)
    if any(places.get((permission, stage)) for stage in STAGES):
        return result
    access = records.env["ir.model.access"]
    return records, partial(access._make_access_error, records._name, operation)


class Project(models.Model):
    _inherit = "ops.project"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        return _offered(self, operation, result, {"write": "settings"})


class Environment(models.Model):
    _inherit = "ops.environment"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        wanted = {"write": "settings", "create": "settings", "unlink": "destroy"}
        return _offered(self, operation, result, wanted)


class ProjectMember(models.Model):
    _inherit = "ops.project.member"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        wanted = dict.fromkeys(("write", "create", "unlink"), "members")
        return _offered(self, operation, result, wanted)


class Policy(models.Model):
    _inherit = "ops.policy"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        wanted = dict.fromkeys(("write", "create", "unlink"), "policies")
        return _offered(self, operation, result, wanted)
