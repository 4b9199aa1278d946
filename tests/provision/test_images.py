"""Images are known by what they are made of, and equal files are equal bytes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from provision import images
from provision.image_archive import (
    Archive,
    describe,
    digest_of,
    is_described,
    put_below,
    write_files_layer,
)
from provision.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]
FACTS = {"about": "A test.", "architecture": "amd64", "config": {"Cmd": ["true"]}}
FILES = {"opt/a": (b"one", 0o644), "opt/b": (b"two", 0o755)}


class Machine:
    """Only asked for the architecture."""

    def run(self, _command):
        return "amd64\n"


@pytest.fixture
def settings():
    return read_settings({}, ROOT)


def archive_of(folder, files=FILES, facts=FACTS):
    folder.mkdir()
    archive = Archive(folder)
    write_files_layer(archive, files)
    describe(archive, facts, "2026-01-01T00:00:00Z")
    return archive


def test_equal_files_make_an_equal_image(tmp_path):
    first, second = archive_of(tmp_path / "a"), archive_of(tmp_path / "b")
    assert first.digest == second.digest
    assert first.image_id == second.image_id


def test_another_content_makes_another_image(tmp_path):
    changed = {**FILES, "opt/a": (b"three", 0o644)}
    assert archive_of(tmp_path / "a").digest != archive_of(tmp_path / "b", changed).digest


def test_the_manifest_names_each_layer_by_its_digest(tmp_path):
    base = archive_of(tmp_path / "base")
    (tmp_path / "top").mkdir()
    top = Archive(tmp_path / "top")
    put_below(top, base)
    write_files_layer(top, {"opt/c": (b"three", 0o644)})
    describe(top, FACTS, "2026-01-01T00:00:00Z")
    named = [layer["digest"] for layer in json.loads(top.manifest.read_text())["layers"]]
    assert named == [digest_of(base.layers[0]), digest_of(top.layers[1])]


def test_a_changed_command_needs_a_new_description_only(tmp_path):
    archive = archive_of(tmp_path / "a")
    changed = {**FACTS, "config": {"Cmd": ["false"]}}
    layers = [digest_of(layer) for layer in archive.layers]
    assert is_described(archive, FACTS)
    assert not is_described(archive, changed)
    describe(archive, changed, "2026-01-01T00:00:00Z")
    assert is_described(archive, changed)
    assert [digest_of(layer) for layer in archive.layers] == layers


@pytest.mark.parametrize("name", images.PLATFORM_IMAGES)
def test_every_recipe_makes_a_command(settings, name):
    recipe = images.read_recipe(Machine(), settings, name, "http://mirror.test/debian")
    command = images.bootstrap_command(recipe, "/tmp/pins", "/tmp/layer.tar")
    assert command[0] == "mmdebstrap"
    assert f"deb http://mirror.test/debian {recipe.facts['suite']} main" in command


def test_another_mirror_is_another_image(settings):
    near = images.read_recipe(Machine(), settings, "edge", "http://near.test/debian")
    far = images.read_recipe(Machine(), settings, "edge", "http://far.test/debian")
    assert near.archive.folder != far.archive.folder


def test_the_management_image_follows_the_code(settings, tmp_path):
    for name in ("images", "addons", "toolbox", "odoo.conf"):
        (tmp_path / name).symlink_to(ROOT / name)
    ours = images.read_recipe(Machine(), settings, "management", "http://m.test")
    moved = replace(settings, checkout=tmp_path)
    (tmp_path / "odoo.conf").unlink()
    (tmp_path / "odoo.conf").write_text("[options]\n")
    changed = images.read_recipe(Machine(), moved, "management", "http://m.test")
    assert ours.archive.folder != changed.archive.folder
