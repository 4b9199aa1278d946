"""The platform's images: each folder of images/ is a recipe, each is made once and known by its content."""

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from .docker_engine import docker
from .image_archive import (
    Archive,
    describe,
    is_described,
    note_tree,
    put_below,
    write_files_layer,
    write_loadable,
)
from .machine import KEYRING, debian_mirror, require_room
from .trouble import Trouble

PLATFORM_IMAGES = ("odoo", "registry", "tools", "postgres", "edge", "gate", "firewall")
FORMAT = "3"
NEVER_NEEDED = [
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
]
BUILD_TIMEOUT_SECONDS = 1800
KEPT_ARCHIVES = 3  # of each image, for checkouts of another version beside this one


@dataclass(frozen=True)
class Recipe:
    """One image as its folder describes it."""

    name: str
    folder: Path
    facts: dict
    mirror: str
    archive: Archive


def read_recipe(commands, settings, name, mirror):
    """The recipe of image `name`; its archive's name changes with all that shapes its file tree."""
    folder = settings.checkout / "images" / name
    about = json.loads((folder / "image.json").read_text())
    facts = {**about, "architecture": _architecture(commands)}
    key = _tree_key(folder, facts, mirror)
    if "on" in facts:
        base = read_recipe(commands, settings, facts["on"], mirror)
        key = _files_key(base, code_files(settings, facts))
    return Recipe(name, folder, facts, mirror, Archive(settings.cache / "images" / f"{name}-{key}"))


def _tree_key(folder, facts, mirror):
    """What to run is not part of it: a changed command needs no new file tree."""
    shaping = {name: fact for name, fact in facts.items() if name not in ("about", "config")}
    digest = hashlib.sha256(json.dumps([FORMAT, mirror, shaping], sort_keys=True).encode())
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != "image.json":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _files_key(base, files):
    digest = hashlib.sha256(base.archive.folder.name.encode())
    for name, (content, mode) in sorted(files.items()):
        digest.update(f"{name} {mode}".encode() + content)
    return digest.hexdigest()[:12]


def code_files(settings, facts):
    """{path in the image: (content, mode)} of the files of this checkout that a recipe takes in."""
    files = {}
    for source, target in facts["files"].items():
        origin = settings.checkout / source
        for path in [origin] if origin.is_file() else sorted(origin.rglob("*")):
            if path.is_file() and not {"tests", "__pycache__"} & set(path.parts):
                inside = target if path == origin else f"{target}/{path.relative_to(origin)}"
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                files[inside.lstrip("/")] = (path.read_bytes(), mode)
    return files


def _architecture(commands):
    return commands.run(["dpkg", "--print-architecture"]).strip()


def ensure_archives(commands, settings, progress, names=PLATFORM_IMAGES):
    """Every image as an archive in the cache; returns {name: recipe}. Two are made at a time."""
    mirror = debian_mirror(commands, settings.mirror)
    recipes = {name: read_recipe(commands, settings, name, mirror) for name in names}
    missing = [
        one for one in recipes.values() if not one.archive.is_whole and "on" not in one.facts
    ]
    if missing:
        require_room(settings.cache, 8)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for recipe in pool.map(lambda recipe: _make(commands, recipe), missing):
            progress.line(f"  image {recipe.name} made")
    for recipe in recipes.values():
        _complete(settings, recipe, recipes)
    return recipes


def _make(commands, recipe):
    """Build beside the final place, so that a killed build leaves nothing that looks whole."""
    partial = _begin(recipe)
    tree = partial.folder / "layer.tar"
    _bootstrap(commands, recipe, tree)
    why = f"The image {recipe.name} could not be compressed"
    commands.run(["gzip", "-1", "--no-name", "--keep", tree], timeout=600, why=why)
    note_tree(partial.layers[0], tree)
    tree.unlink()
    _finish(recipe, partial)
    return recipe


def _begin(recipe):
    final = recipe.archive.folder
    earlier = sorted(final.parent.glob(f"{recipe.name}-*"), key=lambda path: path.stat().st_mtime)
    for old in earlier[:-KEPT_ARCHIVES]:
        shutil.rmtree(old)
    partial = Archive(final.with_suffix(".partial"))
    shutil.rmtree(partial.folder, ignore_errors=True)
    partial.folder.mkdir(parents=True)
    return partial


def _finish(recipe, partial):
    describe(partial, recipe.facts, datetime.now(timezone.utc).strftime("%FT%TZ"))
    partial.folder.rename(recipe.archive.folder)


def _complete(settings, recipe, recipes):
    """What needs no new file tree: our own files on top of another image, another command."""
    if "on" in recipe.facts and not recipe.archive.is_whole:
        partial = _begin(recipe)
        put_below(partial, recipes[recipe.facts["on"]].archive)
        write_files_layer(partial, code_files(settings, recipe.facts))
        _finish(recipe, partial)
    if not is_described(recipe.archive, recipe.facts):
        describe(recipe.archive, recipe.facts, datetime.now(timezone.utc).strftime("%FT%TZ"))


def _bootstrap(commands, recipe, tree):
    with commands.scratch_file(_preferences(recipe.facts)) as preferences:
        commands.run(
            bootstrap_command(recipe, preferences, tree),
            timeout=BUILD_TIMEOUT_SECONDS,
            why=f"The image {recipe.name} could not be made",
        )


def bootstrap_command(recipe, preferences, target):
    """The mmdebstrap command of a recipe."""
    facts = recipe.facts
    customize = recipe.folder / "customize"
    sources = [f"deb {recipe.mirror} {facts['suite']} main"]
    sources += [
        f"deb [check-valid-until=no] {recipe.mirror} {suite} main"
        for suite in facts.get("also_from", {})
    ]
    return [
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=tar",
        f"--keyring={KEYRING}",
        '--aptopt=APT::Install-Recommends "false"',
        '--aptopt=Acquire::Check-Valid-Until "false"',
        '--aptopt=Acquire::Retries "3"',
        "--dpkgopt=force-unsafe-io",
        *(
            f"--dpkgopt=path-exclude={pattern}"
            for pattern in [*NEVER_NEEDED, *facts.get("leave_out", [])]
        ),
        *(f"--dpkgopt=path-include={pattern}" for pattern in facts.get("keep", [])),
        f'--setup-hook=install -D -m 0644 {preferences} "$1"/etc/apt/preferences.d/ipai',
        f"--include={','.join(facts['packages'])}",
        *([f"--customize-hook={customize}"] if customize.exists() else []),
        facts["suite"],
        str(target),
        *sources,
    ]


def _preferences(facts):
    """Apt pins: only the named packages come from the other suites."""
    blocks = ["Package: ipai-none\nPin: release *\nPin-Priority: 1\n"]
    for suite, packages in facts.get("also_from", {}).items():
        blocks.append(f"Package: *\nPin: release n={suite}\nPin-Priority: 100\n")
        blocks.append(f"Package: {' '.join(packages)}\nPin: release n={suite}\nPin-Priority: 990\n")
    return "\n".join(blocks)


def ensure_loaded(commands, settings, recipe):
    """The image in the local engine without a registry; returns its local id."""
    if commands.succeeds(
        docker("image", "inspect", "--format", "{{.Id}}", recipe.archive.image_id)
    ):
        return recipe.archive.image_id
    loadable = settings.cache / f"{recipe.archive.folder.name}.load.tar"
    write_loadable(recipe.archive, f"ipai-{recipe.name}:local", loadable)
    commands.run(
        docker("load", "--quiet", "--input", str(loadable)),
        timeout=300,
        why=f"The image {recipe.name} could not be loaded",
    )
    loadable.unlink()
    if not commands.succeeds(
        docker("image", "inspect", "--format", "{{.Id}}", recipe.archive.image_id)
    ):
        raise Trouble(
            f"Docker loaded the image {recipe.name} under another id than {recipe.archive.image_id}."
        )
    return recipe.archive.image_id
