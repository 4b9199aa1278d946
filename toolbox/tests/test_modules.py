"""The inventory of a target's modules, on real folders."""

import json

import pytest

from ipai_toolbox import inventory
from ipai_toolbox.module_closure import dependents, needed
from ipai_toolbox.outcome import Failure
from ipai_toolbox.verbs.module_plan import _plan


def known(name, state="installed", version="19.0.1.0", depends=("base",)):
    return {
        "name": name,
        "state": state,
        "version": version,
        "title": name.title(),
        "author": "",
        "updated_at": "2026-01-31 10:00:00",
        "depends": list(depends),
    }


def by_name(found):
    return {row["name"]: row for row in found}


def make(folder, name, **manifest):
    place = folder / name
    place.mkdir(parents=True)
    (place / "__manifest__.py").write_text(repr({"name": name, **manifest}), encoding="utf-8")
    return place


def test_versions_origins_and_what_is_outdated(tmp_path):
    own, odoo = tmp_path / "addons", tmp_path / "odoo"
    make(own, "acme", version="19.0.2.0", depends=["base"])
    make(odoo, "sale", version="1.0")
    make(odoo, "queue_job", version="19.0.1.0", author="OCA")
    code = inventory.code_folders([own, odoo])
    rows = by_name(
        inventory.rows([known("acme"), known("sale"), known("queue_job"), known("gone")], code, own)
    )
    assert rows["acme"]["is_outdated"]
    assert (rows["acme"]["version_database"], rows["acme"]["version_code"]) == (
        "19.0.1.0",
        "19.0.2.0",
    )
    assert not rows["sale"]["is_outdated"]
    origins = {name: row["origin"] for name, row in rows.items()}
    assert origins == {
        "acme": "repository",
        "sale": "odoo",
        "queue_job": "package",
        "gone": "missing",
    }


def test_what_only_the_image_has_can_be_installed_unless_its_manifest_forbids(tmp_path):
    make(tmp_path, "fresh", depends=["sale"])
    make(tmp_path, "never", installable=False)
    rows = by_name(inventory.rows([], inventory.code_folders([tmp_path]), tmp_path))
    assert set(rows) == {"fresh"}
    assert (rows["fresh"]["state"], rows["fresh"]["depends"]) == ("unknown", ["sale"])


def test_the_first_folder_that_has_a_module_wins(tmp_path):
    first, second = make(tmp_path / "a", "x"), make(tmp_path / "b", "x")
    assert inventory.code_folders([first.parent, second.parent]) == {"x": first}


def test_a_broken_manifest_does_not_stop_the_list(tmp_path):
    make(tmp_path, "broken")
    (tmp_path / "broken" / "__manifest__.py").write_text("{", encoding="utf-8")
    rows = inventory.rows([known("broken")], inventory.code_folders([tmp_path]), tmp_path)
    assert rows[0]["state"] == "installed"


def test_lines_of_tests_and_empty_lines_do_not_count(tmp_path):
    place = make(tmp_path, "x")
    (place / "models.py").write_text("a = 1\n\n\nb = 2\n", encoding="utf-8")
    (place / "tests").mkdir()
    (place / "tests" / "test_x.py").write_text("c = 3\n", encoding="utf-8")
    assert inventory.count_lines(place) == 3  # two, and the manifest's one


def test_portions_fit_a_log_line_and_lose_nothing():
    rows = [{"name": f"module_{number}", "text": "x" * 300} for number in range(100)]
    portions = inventory.chunks(rows)
    assert [row for portion in portions for row in portion] == rows
    assert max(len(json.dumps(portion)) for portion in portions) < 8000


DEPENDS = {
    "base": [],
    "web": ["base"],
    "sale": ["web"],
    "crm": ["web"],
    "sale_crm": ["sale", "crm"],
}


def test_an_installation_brings_what_it_needs_and_tells_what_is_missing():
    assert needed(["sale"], DEPENDS) == (["base", "sale", "web"], [])
    assert needed(["x"], {"x": ["gone", "base"], "base": []}) == (["base", "x"], ["gone"])


def test_a_removal_takes_along_what_stands_on_it():
    assert dependents(["sale"], DEPENDS) == ["sale", "sale_crm"]
    assert dependents(["base"], DEPENDS) == sorted(DEPENDS)


def found(*installed):
    return {
        name: {
            "depends": below,
            "origin": "odoo",
            "state": "installed" if name in installed else "uninstalled",
        }
        for name, below in DEPENDS.items()
    }


def test_a_plan_names_only_what_changes():
    assert _plan("install", ["sale_crm"], found("base", "web", "crm"))["modules"] == [
        "sale",
        "sale_crm",
    ]
    here = found("base", "web", "sale")
    assert _plan("uninstall", ["sale"], here)["modules"] == ["sale"]
    assert _plan("update", ["web"], here)["modules"] == ["sale", "web"]


@pytest.mark.parametrize(
    ("action", "names", "said"),
    [
        ("uninstall", ["crm"], "not installed here"),
        ("uninstall", ["base"], "Odoo itself needs"),
        ("install", ["made_up"], "has no module made_up"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(action, names, said):
    with pytest.raises(Failure, match=said):
        _plan(action, names, found("base", "web", "sale"))
