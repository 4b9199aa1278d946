"""Lays out the build context: small folders, each the input of exactly one layer."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from . import BUILDER_VERSION
from .docker_cli import Base
from .dockerfile import Recipe, dockerfile
from .own_dockerfile import OwnDockerfile
from .requirements import copy_requirements
from .resources import resource_text
from .source import Repository, Source
from .tree import Copier, addon_digest, stamp, tree_digest


@dataclass(frozen=True)
class Context:
    """A folder to build from, its Dockerfile, and the fingerprint of everything that goes in."""

    folder: Path
    dockerfile: Path
    fingerprint: str
    addons_digests: dict[str, str]
    warnings: tuple[str, ...]

    @property
    def tag(self) -> str:
        return self.fingerprint[:16]


def write_context(source: Source, base: Base, work: Path, platform: str, rules, base_of) -> Context:
    """The context for the generated Dockerfile, or for the repository's own one.

    `rules` say whose images an own Dockerfile may use, `base_of(name)` gives their facts.
    """
    if source.settings.dockerfile:
        arguments = {"BASE_IMAGE": base.reference}
        own = OwnDockerfile(source.settings.dockerfile, rules, arguments, base_of)
        return _own_context(source, base, work, platform, own)
    folder = work / "context"
    copiers = [_copy_addons(repo, folder) for repo in source.repositories]
    has_python = _write_python(source, folder / "python")
    has_apt = _write_apt(source, folder / "system")
    has_extra = any(repo.addons for repo in source.extras)
    text = dockerfile(Recipe(base.reference, base.user, has_apt, has_python, has_extra))
    digests = _addons_digests(folder)
    (folder / "addons").mkdir(parents=True, exist_ok=True)
    stamp(folder)
    fingerprint = _fingerprint(platform, base.identity, text, tree_digest(folder))
    warnings = tuple(text for copier in copiers for text in copier.warnings)
    return Context(folder, _write(work / "Dockerfile", text), fingerprint, digests, warnings)


def _own_context(
    source: Source, base: Base, work: Path, platform: str, own: OwnDockerfile
) -> Context:
    """The repository's own Dockerfile, checked, sees the repository as it is."""
    folder = source.own.checkout.folder
    path = folder / source.settings.dockerfile
    digests = {addon.name: addon_digest(addon.folder) for addon in source.own.addons}
    warnings = (
        ["Extra repositories are not part of an image with its own Dockerfile."]
        if source.extras
        else []
    )
    stamp(folder)
    text = own.checked(path.read_text(encoding="utf-8", errors="replace"))
    fingerprint = _fingerprint(platform, base.identity, text, tree_digest(folder))
    ignored = path.with_name(f"{path.name}.dockerignore")
    if ignored.is_file() and not ignored.is_symlink():
        _write(work / "Dockerfile.dockerignore", ignored.read_text("utf-8", "replace"))
    return Context(folder, _write(work / "Dockerfile", text), fingerprint, digests, tuple(warnings))


def _copy_addons(repo: Repository, folder: Path) -> Copier:
    copier = Copier(repo.checkout.folder)
    place = folder / ("extra" if repo.title else "addons")
    for addon in repo.addons:
        copier.copy(addon.folder, place / addon.name)
    return copier


def _write_python(source: Source, folder: Path) -> bool:
    names = []
    for number, repo in enumerate(source.repositories):
        names += copy_requirements(
            list(repo.requirements), repo.checkout.folder, folder, _prefix(number, repo)
        )
    if source.settings.python:
        _write(folder / "ipai.yml.txt", "\n".join(source.settings.python) + "\n")
        names.append("ipai.yml.txt")
    if not names:
        return False
    _write(folder / "order.txt", "\n".join(names) + "\n")
    _write(folder / "install_python.py", _program("install_python.py"))
    return True


def _prefix(number: int, repo: Repository) -> str:
    return f"extra{number}-{repo.title.rstrip('/')}" if repo.title else "repository"


def _write_apt(source: Source, folder: Path) -> bool:
    if not source.apt:
        return False
    _write(folder / "packages.txt", "\n".join(source.apt) + "\n")
    _write(folder / "install_system.py", _program("install_system.py"))
    return True


def _addons_digests(folder: Path) -> dict[str, str]:
    places = [folder / "addons", folder / "extra"]
    folders = [path for place in places if place.is_dir() for path in place.iterdir()]
    return {path.name: addon_digest(path) for path in sorted(folders, key=lambda path: path.name)}


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join((BUILDER_VERSION, *parts)).encode()).hexdigest()


def _program(name: str) -> str:
    """The text of a program that travels into the image, also from inside a zipapp."""
    return resource_text("ipai_toolbox.image", name)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
