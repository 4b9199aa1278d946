"""What every addon's walk over its fields does: whoever it is, however they try, only the product writes.

A test names its ``addon``, its ``people``, and for each model that somebody may write the values of a new
record (``samples``) and a record (``records``). Models and fields come from the registry.
"""

import re
from contextlib import closing
from functools import partial
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError

from ..models.access.product_written import OF_ODOO
from ..models.audit.audit import Audit

REFUSAL = re.compile("Only the product itself writes (.+); leave it out.")
WORDS = ("char", "text", "html")
FORGED = {
    **dict.fromkeys(WORDS, "forged"),
    "integer": 4711,
    "many2one_reference": 4711,
    "float": 47.11,
    "monetary": 47.11,
    "date": "2031-01-01",
    "datetime": "2031-01-01 00:00:00",
    "json": {"forged": True},
    "binary": "Zm9yZ2Vk",
    "one2many": [(5, 0, 0)],
    "many2many": [(5, 0, 0)],
}
# Their own words come before the refusal of a field: nobody writes them at all.
WITH_WORDS_OF_THEIR_OWN = ("ops.audit", "ops.audit.checkpoint", "ops.approval", "ops.api.key")


def is_text(field):
    """Say whether a cell of an import can hold the field's value."""
    return field.type not in ("one2many", "many2many", "many2one", "json", "binary")


class WrittenWalk:
    addon = ""
    people = {}
    samples = {}
    records = {}
    tried = 0

    def quiet(self):
        """Note no refusal: test_audit shows that they are noted."""
        return patch.object(Audit, "_note_apart", lambda *args, **kwargs: None)

    def stored_models(self):
        """Return the names of the models whose tables this addon brings or extends."""
        return sorted(
            name
            for name, model in self.env.registry.items()
            if not model._abstract and not model._transient and self.brought(name)
        )

    def brought(self, model):
        """Return the addon's own stored fields of a model, by name."""
        return {
            name: field
            for name, field in self.env[model]._fields.items()
            if field.store and name not in OF_ODOO and self.addon in (field._modules or ())
        }

    def products(self, model):
        """Return the addon's fields of a model that only the product writes, as the registry says."""
        everything = self.env[model]._product_written
        fields = self.brought(model).items()
        return {name: field for name, field in fields if everything or field.readonly}

    def forged(self, model, field):
        """Return a value of the field's type that no default has."""
        if field.type == "boolean":
            return not field.default or not field.default(self.env[model])
        if field.type == "selection":
            values = field.get_values(self.env)
            default = field.default(self.env[model]) if field.default else None
            return next(value for value in reversed(values) if value != default)
        if field.type == "many2one":
            return self.env[field.comodel_name].sudo().search([], limit=1).id or 1
        return FORGED[field.type]

    def taken_back(self):
        return closing(self.env.cr.savepoint(flush=False))

    def check_everything(self):
        """Do the whole walk."""
        self.check_every_field_is_marked()
        self.check_no_copy_takes_them_along()
        self.check_nobody_gives_them()
        self.check_each_is_refused_alone("manager")
        self.check_nobody_imports_them()
        self.check_no_parent_gives_them()
        self.check_no_default_fills_them()
        self.check_a_new_record_has_none_of_them()

    # what the walk finds

    def check_every_field_is_marked(self):
        """A stored read-only field has teeth, and a model nobody may write says that it is the product's."""
        for model in self.stored_models():
            own = self.env[model]._own_fields()
            with self.subTest(model=model):
                self.assertEqual(set(self.products(model)) - own, set())
            if self.addon == self.env[model]._original_module:
                with self.subTest(model=model):
                    self.assertEqual(self.env[model]._product_written, not self.is_written(model))

    def is_written(self, model):
        """Say whether any group may create or write records of the model."""
        domain = [("model_id.model", "=", model), "|", ("perm_write", "=", True)]
        return bool(self.env["ir.model.access"].search_count([*domain, ("perm_create", "=", True)]))

    def check_no_copy_takes_them_along(self):
        for model in self.samples:
            for name in set(self.products(model)):
                record = self.records[model].with_user(self.people["manager"])
                with self.subTest(model=model, field=name):
                    self.assertNotIn(name, record.copy_data()[0])

    def check_no_related_field_leads_to_them(self):
        for model in self.env.registry:
            for name, field in self.env[model]._fields.items():
                if not field.related or field.readonly:
                    continue
                target = field.related_field
                with self.subTest(model=model, field=name):
                    self.assertNotIn(target.name, self.env[target.model_name]._own_fields())

    def check_nobody_gives_them(self):
        """Try all fields at once, as everybody, by every way that names a value: each is refused by name."""
        with self.quiet():
            for model in self.stored_models():
                values = self.all_forged(model)
                for login, user in self.people.items() if values else ():
                    for way, attempt in self.ways(model, values, user).items():
                        with self.subTest(model=model, person=login, way=way):
                            self.check_attempt(model, attempt, values)

    def all_forged(self, model):
        return {name: self.forged(model, field) for name, field in self.products(model).items()}

    def ways(self, model, values, user):
        mine = self.env[model].with_user(user)
        record = self.record(model).with_user(user)
        row = {**self.samples.get(model, {}), **values}
        ways = {
            "create": lambda: mine.create(dict(row)),
            "web_save of a new one": lambda: mine.web_save(dict(row), {}),
            "write": lambda: record.write(dict(values)),
            "web_save": lambda: record.web_save(dict(values), {}),
        }
        if record:
            ways["copy"] = lambda: record.copy(dict(values))
        return ways

    def check_attempt(self, model, attempt, values):
        """A person is refused for the fields, all of them, or for want of a right to the record."""
        self.tried += len(values)
        with self.taken_back(), self.assertRaises(UserError) as refusal:
            attempt()
        if model not in WITH_WORDS_OF_THEIR_OWN:
            self.assertIsInstance(refusal.exception, AccessError)
            self.assertIn(self.refused_names(refusal.exception), (set(values), set()))

    def refused_names(self, error):
        """Return the fields a refusal names; empty where it is another one."""
        found = REFUSAL.fullmatch(str(error))
        return set(found.group(1).split(", ")) if found else set()

    def check_each_is_refused_alone(self, person):
        """Write every field by itself, as somebody who has every right: it is refused by its name."""
        with self.quiet():
            for model in self.stored_models():
                record = self.record(model).with_user(self.people[person])
                for name, value in self.all_forged(model).items():
                    with self.subTest(model=model, field=name):
                        self.check_named(model, partial(record.write, {name: value}), name)

    def check_named(self, model, attempt, name):
        self.tried += 1
        with self.taken_back(), self.assertRaises(UserError) as refusal:
            attempt()
        if model not in WITH_WORDS_OF_THEIR_OWN:
            self.assertEqual(self.refused_names(refusal.exception), {name})

    def record(self, model):
        known = self.records.get(model)
        return known if known is not None else self.env[model].sudo().search([], limit=1)

    def check_nobody_imports_them(self):
        """An import names columns; one of the product's takes in no line."""
        with self.quiet():
            for model in self.samples:
                fields = {
                    name: field for name, field in self.products(model).items() if is_text(field)
                }
                for name, field in fields.items():
                    for login, user in self.people.items():
                        with self.subTest(model=model, field=name, person=login), self.taken_back():
                            self.tried += 1
                            value = str(self.forged(model, field))
                            mine = self.env[model].with_user(user)
                            self.assertFalse(mine.load([name], [[value]])["ids"])

    def check_no_parent_gives_them(self):
        """Commands of a one2many create and write as directly as anything."""
        with self.quiet():
            for parent, line, comodel in self.parents():
                values = self.all_forged(comodel)
                for login, user in self.people.items():
                    with self.subTest(parent=parent, line=line, person=login):
                        self.check_commands(self.records[parent].with_user(user), line, values)

    def check_commands(self, record, line, values):
        child = self.record(record._fields[line].comodel_name)
        changes = [(1, child.id, values)] if child else []
        for command in ((0, 0, values), *changes):
            self.tried += len(values)
            with self.taken_back(), self.assertRaises(UserError):
                record.write({line: [command]})
                self.env.flush_all()

    def parents(self):
        for parent in self.samples:
            for line, field in self.env[parent]._fields.items():
                if field.type == "one2many" and field.store and self.products(field.comodel_name):
                    yield parent, line, field.comodel_name

    def check_no_default_fills_them(self):
        """Neither the context nor a kept default says what a new record has."""
        for model in self.stored_models():
            own = self.all_forged(model)
            context = {f"default_{name}": value for name, value in own.items()}
            self.keep_defaults(model, own)
            for login, user in self.people.items():
                for forged in (context, {}):
                    mine = self.env[model].with_user(user).with_context(**forged)
                    found = mine.default_get(list(own))
                    self.tried += len(own)
                    with self.subTest(model=model, person=login, context=bool(forged)):
                        filled = [name for name, value in own.items() if found.get(name) == value]
                        self.assertEqual(filled, [])

    def keep_defaults(self, model, values):
        """Keep the values as defaults for everybody; a person may keep such for themselves."""
        for name, value in values.items():
            if self.env[model]._fields[name].type not in (
                "one2many",
                "many2many",
                "binary",
                "json",
            ):
                self.env["ir.default"].set(model, name, value)

    def check_a_new_record_has_none_of_them(self):
        """Make a record of each model as each person who may, with every default there is."""
        with self.quiet():
            for model, sample in self.samples.items():
                own = self.all_forged(model)
                self.keep_defaults(model, own)
                context = {f"default_{name}": value for name, value in own.items()}
                for login, user in self.people.items():
                    with self.subTest(model=model, person=login), closing(self.env.cr.savepoint()):
                        self.check_made_clean(model, sample, own, context, user)

    def check_made_clean(self, model, sample, own, context, user):
        try:
            made = self.env[model].with_user(user).with_context(**context).create(dict(sample))
        except AccessError:
            return
        stored = made.sudo().with_context({}).read(list(own), load="")[0] if own else {}
        for name, value in own.items():
            self.tried += 1
            if value or isinstance(value, bool):
                self.assertNotEqual(str(stored[name]), str(value), name)
