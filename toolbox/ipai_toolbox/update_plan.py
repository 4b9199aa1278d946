"""Decides what an update has to do. Pure: facts in, plan out."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from .addons import MANIFEST
from .content import verdict

INSTALLED = ("installed", "to upgrade")


@dataclass(frozen=True)
class Plan:
    """Modules to install and to update; mode is install, update or none."""

    mode: str
    install: tuple[str, ...] = ()
    update: tuple[str, ...] = ()

    @property
    def modules(self) -> list[str]:
        return sorted({*self.install, *self.update})


@dataclass(frozen=True)
class Wanted:
    """What the job was asked for; with ``parts``, content decides which changes take an update."""

    install: tuple[str, ...]
    digests: dict[str, str]
    modules: tuple[str, ...] | None = None
    parts: dict[str, dict] = field(default_factory=dict)


@dataclass(frozen=True)
class Present:
    """What is there: module states and versions, digests of the last good update, code versions."""

    modules: dict[str, tuple[str, str]]
    digests: dict[str, str]
    code_versions: dict[str, str]
    is_initialized: bool = True
    parts: dict[str, dict] = field(default_factory=dict)


def make_plan(wanted: Wanted, present: Present) -> Plan:
    """First installation, update of what changed, or nothing.

    An addon of the repository changed when its digest did; every other module when its version in
    the code is not the one in the database (the rule of Odoo's own `module upgrade --outdated`).
    """
    if not present.is_initialized:
        return Plan("install", install=wanted.install or ("base",))
    installed = {name for name, (state, _) in present.modules.items() if state in INSTALLED}
    install = tuple(name for name in wanted.install if name not in installed)
    if wanted.modules is not None:
        update = tuple(wanted.modules)
    else:
        update = tuple(
            sorted(_changed(wanted, present, installed) | _outdated(wanted, present, installed))
        )
    waiting = any(state in ("to install", "to upgrade") for state, _ in present.modules.values())
    if not install and not update and not waiting:
        return Plan("none")
    return Plan("update", install, update or (("base",) if waiting and not install else ()))


def code_versions(folders: list[Path], names) -> dict[str, str]:
    """Version in the code of each named module that the folders hold."""
    found: dict[str, str] = {}
    for name in names:
        manifests = (folder / name / MANIFEST for folder in folders)
        manifest = next((path for path in manifests if path.is_file()), None)
        version = _version(manifest) if manifest else ""
        if version:
            found[name] = version
    return found


def same_version(code: str, database: str) -> bool:
    """True when they are the same; Odoo writes the series in front of a short version."""
    return database == code or bool(re.fullmatch(rf"\D*\d+\.\d+\.{re.escape(code)}", database))


def _changed(wanted: Wanted, present: Present, installed: set[str]) -> set[str]:
    digests = wanted.digests.items()
    return {
        name
        for name, digest in digests
        if name in installed and present.digests.get(name) != digest
        if _takes_update(name, wanted, present)
    }


def _takes_update(name: str, wanted: Wanted, present: Present) -> bool:
    """Without fingerprints of the parts, every change does."""
    if name not in wanted.parts:
        return True
    return verdict(present.parts.get(name), wanted.parts[name]) == "update"


def _outdated(wanted: Wanted, present: Present, installed: set[str]) -> set[str]:
    others = {name for name in installed if name not in wanted.digests}
    versions = {
        name: present.code_versions[name] for name in others if name in present.code_versions
    }
    return {
        name for name, code in versions.items() if not same_version(code, present.modules[name][1])
    }


def _version(manifest: Path) -> str:
    try:
        return str(ast.literal_eval(manifest.read_text(encoding="utf-8")).get("version", "1.0"))
    except (OSError, ValueError, SyntaxError, AttributeError):
        return ""
