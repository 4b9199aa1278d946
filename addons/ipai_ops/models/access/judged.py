"""What a person writes is judged on the records as they are afterwards, and taken back where it fails.

Odoo asks the rules of a new record once it is there, and those of a changed one only before. A record
that goes to another project, environment, stage or person is asked for again at its new place. Both
happen in a savepoint, so that nothing stays where a caller goes on after the refusal.
"""

from odoo import api, models
from odoo.tools import ormcache

OURS = ("ops.", "ipai.")
PLACES = (*OURS, "res.users", "res.groups")
STAGES = ("stage", "stages")


class Base(models.AbstractModel):
    _inherit = "base"

    @ormcache("self._name")
    def _place_fields(self):
        """Return the names of the fields that say where a record of ours belongs."""
        if not self._name.startswith(OURS):
            return frozenset()
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.store
            and not name.endswith("_uid")
            and (
                name in STAGES
                or (field.type == "many2one" and field.comodel_name.startswith(PLACES))
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_own_fields({name for vals in vals_list for name in vals})
        if self.env.su or not self._name.startswith(OURS):
            return super().create(vals_list)
        with self.env.cr.savepoint():
            return super().create(vals_list)

    def write(self, vals):
        self._refuse_own_fields(vals)
        if self.env.su or self._place_fields().isdisjoint(vals):
            return super().write(vals)
        with self.env.cr.savepoint():
            done = super().write(vals)
            self.check_access("write")
        return done
