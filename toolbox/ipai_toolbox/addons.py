"""Finds addons by their manifest, anywhere in a tree."""

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .outcome import Failure

MANIFEST = "__manifest__.py"
SKIPPED = {"node_modules", "__pycache__"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MANIFEST_HINT = "Correct the manifest: it must be one Python dictionary of plain values"


@dataclass(frozen=True)
class Addon:
    """One installable addon of a repository."""

    name: str
    folder: Path
    shown: str
    depends: tuple[str, ...]
    has_tests: bool


@dataclass(frozen=True)
class Found:
    """What a search brought: addons by name, and things a person should know."""

    addons: tuple[Addon, ...]
    warnings: tuple[str, ...] = ()


def find_addons(root: Path, below: tuple[str, ...] = (), title: str = "") -> Found:
    """All installable addons under `root` (or only under the folders `below` it).

    `title` names the repository in messages. Raises Failure for a broken manifest or a name
    that two folders claim.
    """
    addons, warnings = [], []
    for folder in _addon_folders(root, below):
        shown = f"{title}{folder.relative_to(root).as_posix()}"
        manifest = read_manifest(folder / MANIFEST, f"{shown}/{MANIFEST}")
        if not manifest.get("installable", True):
            continue
        if not NAME.fullmatch(folder.name):
            warnings.append(
                f"Folder {shown} has a manifest but no name that Python can import: left out."
            )
            continue
        addons.append(_addon(folder, shown, manifest))
    return Found(tuple(sorted(addons, key=lambda addon: addon.name)), tuple(warnings))


def without_duplicates(addons) -> dict[str, Addon]:
    """The addons by name. Raises Failure when a name is there twice."""
    known: dict[str, Addon] = {}
    for addon in addons:
        other = known.setdefault(addon.name, addon)
        if other is not addon:
            raise Failure(
                f"The addon {addon.name} is there twice: in {other.shown} and in {addon.shown}",
                "Remove or rename one of them, or list the folders to search under 'addons' in .ipai.yml",
            )
    return known


def read_manifest(path: Path, shown: str) -> dict:
    """The manifest as a dictionary. Raises Failure naming file and line."""
    try:
        manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise _broken(f"{shown}, line {error.lineno or 1}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise _broken(f"{shown}, line 1: the file is not UTF-8 text") from error
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise _broken(f"{shown}, {_line_of(error)}: only plain values are allowed here") from error
    if not isinstance(manifest, dict):
        raise _broken(f"{shown}, line 1: this is no dictionary")
    return manifest


def _addon(folder: Path, shown: str, manifest: dict) -> Addon:
    depends = manifest.get("depends") or []
    if not isinstance(depends, (list, tuple)) or not all(isinstance(name, str) for name in depends):
        raise _broken(f"{shown}/{MANIFEST}: 'depends' is no list of names")
    has_tests = any((folder / "tests").glob("test_*.py"))
    return Addon(folder.name, folder, shown, tuple(depends), has_tests)


def _addon_folders(root: Path, below: tuple[str, ...]):
    seen = set()
    for start in [root / path for path in below] or [root]:
        for current, folders, files in os.walk(start):
            folders[:] = sorted(name for name in folders if _is_searched(name))
            if MANIFEST not in files:
                continue
            folders.clear()
            if current not in seen:
                seen.add(current)
                yield Path(current)


def _is_searched(name: str) -> bool:
    return not name.startswith(".") and name not in SKIPPED


def _broken(text: str) -> Failure:
    return Failure(f"The manifest cannot be read: {text}", MANIFEST_HINT)


def _line_of(error: Exception) -> str:
    match = re.search(r"on line (\d+)", str(error))
    return f"line {match[1]}" if match else "line 1"
