"""Whoever names a record of a project they have no part in learns nothing of it, in whichever form they write it."""

import json
from contextlib import closing
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.orm.identifiers import NewId
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import OTHER_SHA, SHA, OpsMixin

MAGIC = ("id", "create_uid", "create_date", "write_uid", "write_date")
MARK = "Nightingale"
MOMENT = datetime(2031, 7, 6, 5, 4, 3)
MARKS = (MARK, MARK.lower(), OTHER_SHA[:7], "2031-07-06")
QUIET = ("odoo.models", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
OURS = ("ops.", "ipai.")
# Models whose records belong to no project, or to all: everybody may see them, or managers alone.
PUBLIC = {"ops.role", "ops.role.right", "ops.database.server", "ops.policy", "ipai.module.package"}
MANAGERS = ("ipai.n8n.", "ipai.slack.", "ipai.oidc.", "auth.oauth.provider")


def many2one_forms(number):
    """Return every form in which a client may write a many2one, and some that are none."""
    return (
        number,
        [number, "x"],
        (number, "x"),
        (number,),
        {"id": number},
        {"id": number, "display_name": "x"},
        {"id": {"id": number}},
        {"id": [number]},
        {"id": str(number)},
        {"id": float(number)},
        {"id": True},
        {"id": -number},
        {"id": 10**30},
        NewId(number),
        NewId(ref=number),
        [[4, number]],
        [[6, 0, [number]]],
        str(number),
        float(number),
        True,
        {"x": number},
        "\0",
        10**30,
    )


def many_forms(number):
    """Return the same for one2many and many2many."""
    return (
        [[4, number]],
        [[4, number, 0]],
        [(4, number, False)],
        [[6, 0, [number]]],
        [[6, False, (number,)]],
        [number],
        [[1, number, {}]],
        [[1, number, {"display_name": "x"}]],
        [[0, 0, {"id": number}]],
        [[0, number, {}]],
        [{"id": number}],
        [[3, number], [4, number]],
        [[5], [4, number]],
        [[4, str(number)]],
        [[4, [number]]],
        [[4, True]],
        [[6, 0, number]],
        [[9, number]],
        [[]],
        number,
        {"id": number},
        "x",
        True,
    )


@tagged("post_install", "-at_install", "ipai_ops")
class TestNamedRecords(OpsMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_operations()
        cls.stranger = new_test_user(cls.env, "ops_stranger", "ipai_ops.group_viewer")
        cls.mole = cls.make_member("developer", login="ops_mole")
        cls.victims = cls.set_up_victims()
        cls.own = cls.make_environment("mine")

    @classmethod
    def set_up_victims(cls):
        """Return one record of each model of ours that belongs to a project nobody here has a part in."""
        project = cls.env["ops.project"].create(
            {
                "name": f"{MARK} ERP",
                "code": MARK.lower(),
                "repository_url": f"https://git.example.com/{MARK}",
            }
        )
        found = {"ops.project": project, "ops.environment": project.environment_ids}
        project.environment_ids.write({"name": f"main {MARK}", "branch": MARK})
        run = project.environment_ids._deploy("push", OTHER_SHA, commit_subject=f"Fix {MARK}")
        found |= {"ops.run": run, "ops.run.step": run.step_ids[0]}
        found["ops.project.member"] = project._let_in(cls.manager, "admin")
        found["ops.backup.repository"] = project._backup_repository()
        for name in sorted(cls.comodels() - PUBLIC):
            if not name.startswith(MANAGERS):
                cls.make_victim(name, found)
        project.environment_ids.write(
            {"database_name": MARK.lower(), "state": "up", "image_id": found["ops.artifact"].id}
        )
        return found

    @classmethod
    def comodels(cls):
        """Return the models of ours that fields of ours name."""
        ours = [cls.env[name]._fields.values() for name in cls.registry if name.startswith(OURS)]
        found = {each.comodel_name for one in ours for each in one if each.relational}
        return {name for name in found if name.startswith(OURS)}

    @classmethod
    def make_victim(cls, name, found):
        """Insert a row whose every text says the mark; no model's own rules are asked."""
        if name not in found:
            model = cls.env[name]
            columns = [each for each in model._fields.values() if each.store and each.column_type]
            row = {each.name: cls.marked(each, found) for each in columns}
            row = {key: value for key, value in row.items() if value is not None}
            names, values = ", ".join(f'"{key}"' for key in row), tuple(row.values())
            cls.env.flush_all()
            cls.env.cr.execute(
                f"INSERT INTO {model._table} ({names}) VALUES %s RETURNING id", [values]
            )
            found[name] = model.browse(cls.env.cr.fetchone()[0])
        return found[name]

    @classmethod
    def marked(cls, field, found):
        """Return what the column holds: the mark, a known time, or the victim it is about."""
        if field.name == "id":
            return None
        if field.type == "many2one":
            if field.comodel_name.startswith(OURS) and field.comodel_name not in PUBLIC:
                is_needed = field.required or field.comodel_name in found
                is_known = field.comodel_name != field.model_name and is_needed
                return cls.make_victim(field.comodel_name, found).id if is_known else None
            others = cls.env[field.comodel_name].search([], limit=1)
            return others.id if field.required else None
        if field.type == "selection":
            return field.get_values(cls.env)[0]
        values = {"char": MARK, "text": MARK, "html": MARK, "datetime": MOMENT, "integer": 7}
        values |= {"date": MOMENT.date(), "boolean": True, "float": 7.0, "json": None}
        return values.get(field.type)

    # what is walked

    def named(self, is_transient=None):
        """Yield each field of ours, stored or not, that can name a victim."""
        for name in sorted(name for name in self.registry if name.startswith(OURS)):
            model = self.env[name]
            if model._abstract or is_transient not in (None, model._transient):
                continue
            for field in model._fields.values():
                if field.relational and field.comodel_name in self.victims:
                    yield name, field

    def test_a_field_that_names_any_model_at_all_is_nowhere(self):
        kinds = ("reference", "many2one_reference")
        self.assertFalse(
            [
                str(field)
                for name in self.registry
                if name.startswith(OURS) and not self.env[name]._abstract
                for field in self.env[name]._fields.values()
                if field.type in kinds and str(field) != "ops.audit.res_id"  # managers read it
            ]
        )

    # forms

    @mute_logger(*QUIET)
    def test_a_form_tells_nothing_in_any_form_of_a_value(self):
        tried = 0
        for user, is_brief in ((self.stranger, False), (self.mole, True)):
            for model, field, forms in self.asked(user):
                blank = self.told(model, field, False)
                for value in forms[:6] if is_brief else forms:
                    tried += 1
                    if self.told(model, field, value) not in (None, blank):
                        self.fail(f"{user.login}: {model._name} {field.name}={value!r} is answered")
        self.assertGreater(tried, 1000)

    def asked(self, user, *, only_saved=False):
        """Yield the model as the user, a field that names a victim, and the forms of a value that does."""
        for name, field in self.named():
            model = self.env[name].with_user(user)
            if only_saved and field.compute and field.readonly:
                continue
            if model.has_access("create"):
                number = self.victims[field.comodel_name].id
                forms = many2one_forms if field.type == "many2one" else many_forms
                yield model, field, forms(number)

    def told(self, model, field, value):
        """Return what a form says when a field gets the value, without what is named; None for a refusal."""
        values = {**self.others(model, field), field.name: value}
        said = self.outcome(lambda: model.onchange(values, [field.name], self.shown(model)))
        if said is None:
            return None
        said.get("value", {}).pop(field.name, None)
        return json.dumps(said, default=str)

    @mute_logger(*QUIET, "odoo.sql_db")
    def test_a_default_in_the_context_tells_nothing(self):
        for model, field, forms in self.asked(self.stranger):
            for value in (forms[0], forms[4]):
                one = model.with_context(**{f"default_{field.name}": value})
                self.outcome(partial(one.onchange, {}, [], self.shown(one)))
                self.outcome(partial(one.default_get, [field.name, "display_name"]))
            one = model.with_context(**{f"default_{field.name}": forms[0]})
            others = self.others(model, field)
            self.outcome(lambda one=one, others=others: one.create(others).read())
            self.outcome(lambda one=one: one.browse((one.name_create("x") or [0])[0]).read())

    @mute_logger(*QUIET, "odoo.sql_db")
    def test_nothing_is_saved_that_names_a_strange_record(self):
        tried = 0
        for user in (self.stranger, self.mole):
            for model, field, forms in self.asked(user, only_saved=True):
                values = {**self.others(model, field), field.name: forms[0]}
                ways = self.savings(model, values)
                for way in ways if user == self.stranger else ways[:1]:
                    tried += 1
                    if self.outcome(way) is not None:
                        self.fail(f"{user.login}: {model._name} {field.name} is saved")
        self.assertGreater(tried, 100)

    def savings(self, model, values):
        """Return the ways in which a person saves values and looks at what became of them."""
        shown = self.shown(model)
        loaded = [[str(value) for value in values.values()]]

        def load():
            answer = model.load([f"{key}/.id" for key in values], loaded)
            if not answer["ids"]:
                raise UserError("not loaded")
            return model.browse(answer["ids"]).read()

        return (
            lambda: model.create(values).read(),
            lambda: model.web_save(values, shown),
            load,
        )

    @mute_logger(*QUIET)
    def test_the_reason_why_not_tells_no_name_even_to_a_developer(self):
        debug = SimpleNamespace(session=SimpleNamespace(debug="1"))
        for name, victim in self.victims.items():
            with self.subTest(name), patch("odoo.addons.base.models.res_users.request", debug):
                self.assertTrue(self.mole.with_user(self.mole).has_group("base.group_no_one"))
                with self.assertRaises(AccessError) as caught:
                    victim.with_user(self.mole).read(["display_name"])
                self.assert_unmarked(str(caught.exception))

    @mute_logger(*QUIET)
    def test_a_wizard_of_a_former_member_works_out_nothing_more(self):
        wizards = self.env["ops.rollback.wizard"].with_user(self.mole)
        image = self.env["ops.artifact"]._plan(
            self.own._deploy("push", SHA), "image", SHA, "r/a@sha256:1"
        )
        image._mark_present()
        wizard = wizards.create({"environment_id": self.own.id, "image_id": image.id})
        self.own.sudo().name = f"mine {MARK}"
        self.project.member_ids.filtered(lambda one: one.user_id == self.mole).unlink()
        self.env.invalidate_all()
        self.own.sudo().read()  # now it lies in the cache
        for name in ("display_name", "stage", "lost_text", "allowed_image_ids", "needs_name"):
            with self.subTest(name), self.assertRaises(AccessError):
                wizard[name]
        for method in ("action_confirm", "read"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(wizard, method)()

    # helpers

    def outcome(self, call):
        """Return what a call answers, taken back; None where it is refused in a sentence."""
        with closing(self.env.cr.savepoint(flush=False)):
            self.env.invalidate_all(flush=False)
            for name in ("ops.environment", "ops.run"):  # read by the product for its own purposes
                self.victims[name].sudo().mapped("display_name")
            try:
                answer = call()
            except (AccessError, UserError, IntegrityError) as refusal:  # Odoo words the last one
                self.assert_unmarked(str(refusal))
                return None
            finally:
                self.env.invalidate_all(flush=False)
        self.assert_unmarked(answer)
        return answer

    def assert_unmarked(self, said):
        text = json.dumps(said, default=str)
        for mark in MARKS:
            self.assertNotIn(mark, text)

    def shown(self, model):
        """Return a form of all fields, relational ones with their names."""
        spec = {}
        for name, field in model._fields.items():
            if field.type == "binary" or field.groups or name in ("create_uid", "write_uid"):
                continue
            spec[name] = {"fields": {"display_name": {}}} if field.relational else {}
        return spec

    def others(self, model, field):
        """Return what else must be filled in, all of it one's own."""
        values = {}
        for other in model._fields.values():
            if not other.required or other == field or other.name in MAGIC:
                continue
            if other.type == "many2one" and other.comodel_name == "ops.environment":
                values[other.name] = self.own.id
            elif other.type == "many2one" and other.comodel_name == "ops.project":
                values[other.name] = self.project.id
            elif other.type == "selection":
                values[other.name] = other.get_values(self.env)[0]
            elif other.type == "char":
                values[other.name] = "x"
        return values
