"""What modules an image has and a database knows. Facts in, rows out; only files are read here."""

import json
from pathlib import Path

from .addons import MANIFEST, SKIPPED, read_manifest
from .outcome import Failure
from .update_plan import INSTALLED, same_version

CODE = (".py", ".xml", ".js", ".scss", ".css", ".csv")
CHUNK_CHARACTERS = 6000
ODOO = "Odoo S.A."


def code_folders(folders: list[Path]) -> dict[str, Path]:
    """The folder of each module; as in Odoo, the first path that has it wins."""
    found: dict[str, Path] = {}
    for place in folders:
        for manifest in sorted(place.glob(f"*/{MANIFEST}")):
            found.setdefault(manifest.parent.name, manifest.parent)
    return found


def rows(known: list[dict], code: dict[str, Path], own: Path) -> list[dict]:
    """One row a module: those the database knows, then those only the image has."""
    named = {row["name"]: row for row in known}
    fresh = [_unknown(name) for name in sorted(set(code) - set(named))]
    found = (_row(row, code.get(row["name"]), own) for row in [*known, *fresh])
    return [row for row in found if row]


def chunks(found: list[dict]) -> list[list[dict]]:
    """The rows in portions that fit one log line each."""
    portions: list[list[dict]] = [[]]
    size = 0
    for row in found:
        length = len(json.dumps(row))
        if portions[-1] and size + length > CHUNK_CHARACTERS:
            portions.append([])
            size = 0
        portions[-1].append(row)
        size += length
    return portions


def count_lines(folder: Path) -> int:
    """Lines of code that are not empty; tests, libraries and translations do not count."""
    total = 0
    for path in folder.rglob("*"):
        parts = set(path.relative_to(folder).parts)
        if path.suffix not in CODE or parts & {*SKIPPED, "tests", "lib"} or path.is_symlink():
            continue
        with path.open("rb") as file:
            total += sum(1 for line in file if line.strip())
    return total


def _unknown(name: str) -> dict:
    return {"name": name, "state": "unknown", "version": "", "title": name, "depends": []}


def _row(known: dict, folder: Path | None, own: Path) -> dict | None:
    manifest = _manifest(folder)
    is_installed = known["state"] in INSTALLED
    if manifest and not manifest.get("installable", True) and not is_installed:
        return None
    version = str(manifest.get("version", "1.0")) if manifest else ""
    is_same = not version or same_version(version, known["version"])
    return {
        "name": known["name"],
        "title": known["title"][:80],
        "state": known["state"],
        "version_database": known["version"] if is_installed else "",
        "version_code": version,
        "is_outdated": is_installed and not is_same,
        "origin": _origin(folder, manifest, own),
        "author": str((manifest or {}).get("author") or known.get("author") or "")[:80],
        "depends": known["depends"] or list((manifest or {}).get("depends", ())),
        "updated_at": known.get("updated_at"),
        "lines": count_lines(folder) if folder and is_installed else 0,
    }


def _manifest(folder: Path | None) -> dict | None:
    if folder is None:
        return None
    try:
        return read_manifest(folder / MANIFEST, folder.name)
    except (Failure, OSError):
        return {}


def _origin(folder: Path | None, manifest: dict | None, own: Path) -> str:
    """Where a module comes from: the repository, Odoo itself, a package; or nowhere any more."""
    if folder is None:
        return "missing"
    if folder.parent == own:
        return "repository"
    return "odoo" if str((manifest or {}).get("author", ODOO)) == ODOO else "package"
