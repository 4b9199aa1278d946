"""The module manager's decisions: what an index says, which releases fit, what a change writes."""

import json

import pytest
from ipai_module_manager.engine import index, metadata, requirement_lines, resolving

URL = "https://index.example.com/simple/odoo-addon-web-responsive/"
WHEEL = "odoo_addon_web_responsive-19.0.1.0.0-py3-none-any.whl"
HTML = f"""<!DOCTYPE html><html><body>
<a href="../../files/{WHEEL}#sha256=abc" data-requires-python="&gt;=3.10" data-core-metadata="sha256=1">{WHEEL}</a>
<a href="x.tar.gz">odoo_addon_web_responsive-19.0.1.0.0.tar.gz</a>
<a href="y.whl" data-yanked="broken">odoo_addon_web_responsive-19.0.1.1.0-py3-none-any.whl</a>
</body></html>"""
JSON = {
    "files": [
        {
            "filename": WHEEL,
            "url": f"../../files/{WHEEL}",
            "hashes": {"sha256": "abc"},
            "requires-python": ">=3.10",
            "core-metadata": {"sha256": "1"},
            "yanked": False,
        },
        {"filename": "odoo_addon_web_responsive-19.0.1.0.0.tar.gz", "url": "x.tar.gz"},
        {
            "filename": "odoo_addon_web_responsive-19.0.1.1.0-py3-none-any.whl",
            "url": "y.whl",
            "yanked": "broken",
        },
    ]
}


class World:
    """An index in memory: name -> {version: requirement lines}."""

    def __init__(self, packages, requires_python=""):
        self.packages, self.requires_python = packages, requires_python

    def releases(self, name):
        versions = self.packages.get(name, {})
        return [resolving.Release(version, self.requires_python) for version in versions]

    def requires(self, name, version):
        return self.packages[name][version]


TARGET = resolving.Target("19.0", "3.13")
ODOO = "odoo==19.0.*"


def test_both_forms_of_a_page_say_the_same():
    from_html = index.files(HTML.encode(), "text/html; charset=utf-8", URL)
    from_json = index.files(json.dumps(JSON).encode(), index.JSON_TYPE, URL)
    assert [(f.version, f.is_yanked) for f in from_html] == [
        ("19.0.1.0.0", False),
        ("19.0.1.1.0", True),
    ]
    assert from_html == from_json
    assert from_html[0].url == f"https://index.example.com/files/{WHEEL}"
    assert from_html[0].has_metadata


def test_only_modules_are_taken_from_the_list_of_names():
    names = ["Odoo_Addon.Queue-Job", "requests", "odoo-addon-web-responsive", "odoo14-addon-x"]
    body = json.dumps({"projects": [{"name": name} for name in names]}).encode()
    links = "".join(f'<a href="/{name}/">{name}</a>' for name in names)
    found = ["odoo-addon-queue-job", "odoo-addon-web-responsive"]
    assert index.addon_names(body, index.JSON_TYPE) == found
    assert index.addon_names(f"<html>{links}</html>".encode(), "text/html") == found
    assert index.technical_name(found[0]) == "queue_job"


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{", index.JSON_TYPE), (b"[]", index.JSON_TYPE), (b"hello", "text/plain")]
)
def test_what_is_no_index_is_told_apart_from_an_empty_one(body, kind):
    with pytest.raises(index.NotAnIndex):
        index.addon_names(body, kind)


def test_metadata_is_read_with_its_readme():
    text = (
        "Metadata-Version: 2.1\nName: odoo-addon-x\nVersion: 19.0.1.0.0\nSummary: Does\n  things\n"
        "Requires-Dist: odoo==19.0.*\nRequires-Dist: requests\nRequires-Python: >=3.10\n"
        "Project-URL: Homepage, https://example.com/x\n\n===\nX\n===\n"
    )
    read = metadata.parse(text)
    assert read.requires == ("odoo==19.0.*", "requests")
    assert (read.summary, read.homepage) == ("Does things", "https://example.com/x")
    assert read.readme.startswith("===")
    with pytest.raises(ValueError, match="neither name nor version"):
        metadata.parse("<html></html>")


def test_what_a_module_needs_comes_with_it():
    world = World(
        {
            "odoo-addon-a": {"18.0.1.0.0": [], "19.0.1.0.0": [ODOO, "odoo-addon-b==19.0.*", "lib"]},
            "odoo-addon-b": {"18.0.2.0.0": [], "19.0.1.1.0": [ODOO], "19.0.1.0.0": [ODOO]},
            "lib": {"1.0": [], "2.0": [], "3.0rc1": []},
        }
    )
    found = resolving.resolve(["odoo-addon-a"], world, TARGET)
    assert found.pins == {
        "lib": "2.0",
        "odoo": "19.0",
        "odoo-addon-a": "19.0.1.0.0",
        "odoo-addon-b": "19.0.1.1.0",
    }
    assert found.wanted_by["odoo-addon-b"] == ["odoo-addon-a"]


def test_what_is_there_is_kept_where_it_fits():
    world = World({"lib": {"1.0": [], "2.0": []}})
    there = resolving.Target("19.0", "3.13", (("Lib", "1.0"),))
    assert resolving.resolve(["lib"], world, there).pins == {"lib": "1.0"}
    assert resolving.resolve(["lib>=2"], world, there).pins == {"lib": "2.0"}


def test_an_older_release_is_taken_where_the_newest_does_not_fit():
    world = World({"a": {"2": ["lib>=2"], "1": ["lib"]}, "lib": {"2.0": [], "1.0": []}})
    assert resolving.resolve(["a", "lib<2"], world, TARGET).pins == {"a": "1", "lib": "1.0"}


def test_a_conflict_is_one_sentence_that_names_both():
    world = World({"odoo-addon-a": {"19.0.1.0.0": [ODOO, "lib>=2"]}, "lib": {"1.0": [], "2.0": []}})
    with pytest.raises(resolving.Conflict) as said:
        resolving.resolve(["odoo-addon-a", "lib<2"], world, TARGET)
    assert "the project wants lib<2" in str(said.value)
    assert "odoo-addon-a 19.0.1.0.0 wants lib>=2" in str(said.value)


@pytest.mark.parametrize(
    ("packages", "python"),
    [
        ({"odoo-addon-a": {"18.0.1.0.0": []}}, ""),  # another series
        ({"odoo-addon-a": {"19.0.1.0.0": ["odoo==18.0.*"]}}, ""),
        ({"odoo-addon-a": {"19.0.1.0.0": []}}, "<3.12"),
        ({}, ""),
    ],
)
def test_a_module_for_another_odoo_or_python_is_refused(packages, python):
    with pytest.raises(resolving.Conflict, match=r"Odoo 19\.0 and Python 3\.13"):
        resolving.resolve(["odoo-addon-a"], World(packages, python), TARGET)


def test_markers_and_extras_are_followed():
    lines = ['old; python_version < "3.12"', 'more; extra == "full"']
    world = World({"a": {"1": lines}, "more": {"1": []}})
    assert resolving.resolve(["a"], world, TARGET).pins == {"a": "1"}
    assert resolving.resolve(["a[full]"], world, TARGET).pins == {"a": "1", "more": "1"}


def test_a_change_touches_one_line():
    text = "# ours\nrequests==2.31  # pinned\n-r more.txt\nOdoo_Addon.X==19.0.1.0.0\n"
    changed = requirement_lines.with_requirement(text, "odoo-addon-x==19.0.2.0.0")
    assert changed == "# ours\nrequests==2.31  # pinned\n-r more.txt\nodoo-addon-x==19.0.2.0.0\n"
    assert requirement_lines.with_requirement("a", "b==1") == "a\nb==1\n"
    assert requirement_lines.without_requirement(text, "odoo-addon-x") == text.rpartition("Odoo")[0]
    assert requirement_lines.requirements(text) == ["requests==2.31", "Odoo_Addon.X==19.0.1.0.0"]
    assert "+odoo-addon-x==19.0.2.0.0" in requirement_lines.difference(text, changed)
    assert requirement_lines.difference(text, text) == ""
