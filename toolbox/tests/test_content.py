"""What a change of a module's files takes: nothing, a new bundle, a restart, an update."""

import pytest

from ipai_toolbox.content import parts, verdict
from ipai_toolbox.update_plan import Present, Wanted, make_plan

MODEL = """from odoo import fields, models


class Thing(models.Model):
    _name = "thing"
    name = fields.Char()

    def double(self):
        return self.name * 2
"""
REPORT = """from odoo import models


class Report(models.Model):
    _name = "report"
    _auto = False

    def init(self):
        self.env.cr.execute(self._sql())

    def _sql(self):
        return "CREATE VIEW report AS SELECT 1"
"""
FILES = {
    "__manifest__.py": "{'name': 'X', 'version': '1.0'}",
    "models/thing.py": MODEL,
    "models/report.py": REPORT,
    "views/thing.xml": "<odoo/>",
    "static/src/x.js": "a",
    "i18n/de.po": "x",
    "i18n/x.pot": "x",
    "tests/test_x.py": "a = 1",
    "readme/DESCRIPTION.md": "x",
}


def write(folder, changes=()):
    for name, text in {**FILES, **dict(changes)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return parts(folder)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("tests/test_x.py", "a = 2", "nothing"),
        ("readme/DESCRIPTION.md", "y", "nothing"),
        ("i18n/x.pot", "y", "nothing"),
        ("static/src/x.js", "b", "refresh"),
        ("static/src/new.xml", "<t/>", "refresh"),
        ("models/thing.py", MODEL.replace("* 2", "+ self.name"), "restart"),
        ("models/thing.py", f"# a comment\n{MODEL}", "restart"),
        ("controllers/main.py", "", "update"),
        ("models/thing.py", MODEL.replace("Char()", "Char(index=True)"), "update"),
        ("models/thing.py", MODEL.replace('"thing"', '"other"'), "update"),
        ("models/thing.py", "def broken(", "update"),
        ("models/report.py", REPORT.replace("SELECT 1", "SELECT 2"), "update"),
        ("views/thing.xml", "<odoo><data/></odoo>", "update"),
        ("i18n/de.po", "y", "update"),
        ("__manifest__.py", "{'name': 'X', 'version': '1.1'}", "update"),
        ("migrations/1.1/post.py", "a", "update"),
    ],
)
def test_a_change_takes_what_its_content_takes(tmp_path, file, text, expected):
    before = write(tmp_path / "before")
    assert verdict(before, write(tmp_path / "after", {file: text}.items())) == expected


def test_what_is_not_known_takes_an_update(tmp_path):
    assert verdict(None, write(tmp_path)) == "update"
    assert verdict({"data": "1"}, write(tmp_path)) == "update"


def test_by_content_only_what_needs_it_is_updated():
    old = {"a": "1", "b": "1", "c": "1"}
    new = {"a": "2", "b": "2", "c": "2"}
    modules = dict.fromkeys(old, ("installed", "19.0.1.0"))
    part = {"data": "1", "schema": "1", "python": "1", "static": "1"}
    before = dict.fromkeys(old, part)
    after = {"a": part | {"static": "2"}, "b": part | {"python": "2"}, "c": part | {"data": "2"}}
    present = Present(modules, old, {}, parts=before)
    assert make_plan(Wanted((), new), present).update == ("a", "b", "c")
    assert make_plan(Wanted((), new, parts=after), present).update == ("c",)
    assert make_plan(Wanted((), new, parts=after), Present(modules, old, {})).update == (
        "a",
        "b",
        "c",
    )
