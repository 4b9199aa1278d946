"""What nobody may do anywhere is not offered: lists and boards show no New, no drag, no delete.

Views are drawn before a record is known. Then the question is whether the person has the right in
some place; the record itself is asked again when it is written.
"""

from functools import partial

from odoo import models

from ...engine.permissions import STAGES


class OfferedMixin(models.AbstractModel):
    """``_offered`` names the permission behind each operation of Odoo's: write, create, unlink."""

    _name = "ops.offered.mixin"
    _description = "What is offered where somebody may do it"
    _offered = {}

    def _check_access(self, operation):
        refused = super()._check_access(operation)
        permission = self._offered.get(operation)
        if refused or self.ids or not permission or self._is_held_somewhere(permission):
            return refused
        access = self.env["ir.model.access"]
        return self, partial(access._make_access_error, self._name, operation)

    def _is_held_somewhere(self, permission):
        """Say whether the user has ``permission`` in some stage of some project."""
        if self.env["ops.project"]._is_everywhere(self.env.user):
            return True
        places = self.env["ops.project.member"]._places(self.env.user)
        return any(places.get((permission, stage)) for stage in STAGES)
