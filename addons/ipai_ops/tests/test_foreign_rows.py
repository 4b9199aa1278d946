"""A person without a part in a project finds no row of it: every model of the database is walked."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SHA, OpsCase

MARK = "zzq7marker"
TEXTS = ("char", "text", "html", "json", "properties", "reference", "selection")
PAIRS = (("res_model", "res_id"), ("model", "res_id"), ("rating_model", "res_id"))
OURS = ("ops.", "ipai.")


@tagged("post_install", "-at_install", "ipai_ops")
class TestForeignRows(OpsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outsider = new_test_user(cls.env, "ops_outsider", "ipai_ops.group_viewer")
        cls.member = cls.make_member("admin", login="ops_insider")
        cls.plant()

    @classmethod
    def plant(cls):
        """Everything that people and the product write about a project, with a mark in each text."""
        cls.project.with_user(cls.manager).write({"name": f"{MARK} ERP"})
        environment = cls.make_environment(f"{MARK}-branch")
        run = environment.with_user(cls.manager)._deploy("button", commit=SHA)
        for record in (cls.project, environment, run):
            record = record.sudo()
            record.message_subscribe(cls.member.partner_id.ids)
            record.message_post(body=f"{MARK} said", subject=MARK)
        record = environment.with_user(cls.member)
        cls.env["ir.attachment"].create(
            {"name": f"{MARK}.txt", "raw": MARK, "res_model": record._name, "res_id": record.id}
        )
        cls.env["mail.activity"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "summary": MARK,
                "note": MARK,
                "user_id": cls.manager.id,
                "date_deadline": date.today(),
            }
        )
        cls.env["ops.alert"]._raise(environment, MARK, f"{MARK} broke", "critical", MARK)
        cls.env["ops.secret"].create(
            {"name": MARK, "project_id": cls.project.id, "stages": "all", "new_value": "a secret"}
        )
        cls.make_backup(environment, snapshot=MARK)
        cls.env.flush_all()

    def readable(self, user):
        """Yield each stored model that the person may read, as that person sees it."""
        for name in sorted(self.env):
            model = self.env[name].with_user(user)
            if not model._abstract and not model._transient and model.has_access("read"):
                yield model

    def told(self, user):
        """Return what a person reads of the marked project, and how many models were walked."""
        found, count = [], 0
        for model in self.readable(user):
            count += 1
            with mute_logger("odoo.models"):
                records = model.with_context(active_test=False).search([])
            found += self.in_texts(records) + self.in_pairs(records)
        return found, count

    def in_texts(self, records):
        names = [
            name
            for name, field in records.fields_get().items()
            if field["type"] in TEXTS and records._fields[name].store
        ]
        return [
            (records._name, row["id"], name)
            for name in (*names, "display_name")
            for row in self.rows(records, name)
            if MARK in str(row[name])
        ]

    def rows(self, records, *names):
        """Return what a person reads of these fields; nothing where they are refused."""
        try:
            return records.read(names) if records else []
        except AccessError:
            return []

    def in_pairs(self, records):
        found = []
        for model, key in PAIRS:
            if not {model, key} <= set(records._fields):
                continue
            for row in self.rows(records, model, key):
                named = row[model] if isinstance(row[model], str) else ""
                if named.startswith(OURS) and row[key] and named in self.env:
                    record = self.env[named].with_user(records.env.user).browse(row[key])
                    if record.sudo().exists() and not record.has_access("read"):
                        found.append((records._name, row["id"], f"{named},{row[key]}"))
        return found

    def test_an_outsider_finds_no_row_of_a_foreign_project_in_any_model(self):
        found, count = self.told(self.outsider)
        self.assertGreater(count, 60)
        self.assertEqual(found, [])

    def test_a_manager_finds_them_so_the_walk_can_find_something(self):
        found, _count = self.told(self.manager)
        models = {model for model, _id, _name in found}
        self.assertGreaterEqual(
            models, {"ops.project", "ops.environment", "ops.alert", "ops.audit"}
        )
        followers = self.env["mail.followers"].with_user(self.manager)
        self.assertTrue(followers.search([("res_model", "=", "ops.project")]))

    def test_searches_for_mentions_and_names_tell_nothing(self):
        for name in ("ops.project", "ops.environment", "ops.run", "ops.alert", "ops.secret"):
            model = self.env[name].with_user(self.outsider)
            self.assertEqual(model.name_search(MARK), [])
        suggested = self.env["res.partner"].with_user(self.outsider).get_mention_suggestions(MARK)
        self.assertNotIn(MARK, str(suggested))

    def test_where_servers_are_is_the_managers_to_know(self):
        server = self.env["ops.database.server"].search([], limit=1)
        shown = server.with_user(self.member).read()[0]
        self.assertFalse({"host", "port", "admin_secret"} & set(shown))
        self.assertTrue(shown["name"])
        self.assertIn("admin_secret", server.with_user(self.manager).read()[0])
