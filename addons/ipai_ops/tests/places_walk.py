"""What every addon's walk over places does: nobody lets a record belong to where they have no right.

A place is a field that leads to a project, an environment, a server or another record of ours, or a stage.
A test names its ``addon``, a ``stranger`` who may write the models but has no right at the places, the values
of a new record (``samples``), and for each place a value (``elsewhere``), or that it is free (``free``).
"""

from contextlib import closing

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ..models.access.judged import STAGES
from .written_walk import OF_ODOO

PLACES = ("ops.", "ipai.", "res.users", "res.groups", "auth.oauth.provider")
QUIET = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db")


class PlacesWalk:
    addon = ""
    stranger = None
    samples = {}
    elsewhere = {}
    free = frozenset()
    tried = 0

    def places(self):
        """Return (model, field) of each place that somebody may write in a model of this addon."""
        return {
            (model, name)
            for model in self.env.registry
            if not self.env[model]._abstract and self.is_written(model)
            for name, field in self.env[model]._fields.items()
            if self.addon in (field._modules or ())
            and field.store
            and self.is_place(name, field)
            and not field.readonly
            and name not in OF_ODOO
        }

    def is_written(self, model):
        domain = [("model_id.model", "=", model), "|", ("perm_write", "=", True)]
        return bool(self.env["ir.model.access"].search_count([*domain, ("perm_create", "=", True)]))

    @staticmethod
    def is_place(name, field):
        leads = field.type in ("many2one", "many2many") and field.comodel_name.startswith(PLACES)
        return leads or name in STAGES

    def check_every_place_is_known(self):
        self.assertEqual(self.places(), set(self.elsewhere) | set(self.free))

    def check_nothing_is_put_elsewhere(self):
        """Try each place by each way, as somebody who has no right there."""
        for (model, name), value in self.elsewhere.items():
            for way, attempt in self.ways(model, name, value).items():
                with self.subTest(model=model, place=name, way=way):
                    self.check_refused(model, name, attempt)

    def ways(self, model, name, value):
        mine = self.env[model].with_user(self.stranger)
        sample = self.samples[model]
        record = self.env[model].create(dict(sample)).with_user(self.stranger)
        if self.env[model]._transient and mine.has_access("create"):
            record = mine.create(dict(sample))
        self.record = record
        wanted = [(6, 0, [value])] if record._fields[name].type == "many2many" else value
        bare = {key: each for key, each in sample.items() if key != name}
        return {
            "write": lambda: record.write({name: wanted}),
            "web_save": lambda: record.web_save({name: wanted}, {}),
            "create": lambda: mine.create({**sample, name: wanted}),
            "default": lambda: mine.with_context(**{f"default_{name}": wanted}).create(bare),
            "onchange": lambda: mine.onchange({**bare, name: wanted}, [name], {name: {}}),
        }

    def check_refused(self, model, name, attempt):
        self.tried += 1
        before = self.record.sudo()[name]
        with mute_logger(*QUIET), closing(self.env.cr.savepoint()):
            with self.assertRaises(UserError):
                attempt()
                self.env.flush_all()
            self.env.invalidate_all()
        self.assertEqual(self.record.sudo()[name], before)
