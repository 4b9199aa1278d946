"""What changed in a module, by content: decides whether it has to be updated at all.

Four parts are fingerprinted. ``data``: what only an update loads (XML and CSV outside static,
manifest, translations, migrations). ``schema``: what Odoo writes into the database from Python
(class-level code, and the whole of classes that build their own table). ``python``: all Python.
``static``: what browsers fetch. A change of data or schema takes an update; of other Python a restart,
which every release is; of static files a new bundle, which Odoo makes by itself.
"""

import ast
import hashlib
from pathlib import Path

PARTS = ("data", "schema", "python", "static")
IGNORED = {"tests", "__pycache__", "node_modules", "doc", "docs", "readme", ".git"}
NOT_LOADED = (".md", ".rst", ".txt", ".pot", ".pyc")
BODIES = ("init", "_auto_init", "_table_query", "_query", "_select", "_from", "_where")


def parts(folder: Path) -> dict[str, str]:
    """The fingerprint of each part of a module, 16 hexadecimal digits."""
    totals = {part: hashlib.sha256() for part in PARTS}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if not path.is_file() or IGNORED & set(place.parts) or path.suffix in NOT_LOADED:
            continue
        for part, content in _shares(path, place):
            totals[part].update(f"{place.as_posix()}\0".encode() + content + b"\0")
    return {part: total.hexdigest()[:16] for part, total in totals.items()}


def verdict(before: dict | None, after: dict) -> str:
    """What a change takes: nothing, refresh, restart or update; unknown content takes an update."""
    if not before or set(before) != set(PARTS):
        return "update"
    changed = {part for part in PARTS if before[part] != after[part]}
    if changed & {"data", "schema"}:
        return "update"
    if "python" in changed:
        return "restart"
    return "refresh" if changed else "nothing"


def _shares(path: Path, place: Path):
    content = path.read_bytes()
    if place.parts[0] == "static":
        return [("static", content)]
    if path.suffix != ".py" or path.name == "__manifest__.py" or place.parts[0] == "migrations":
        return [("data", content)]
    return [("python", content), ("schema", _schema(content))]


def _schema(content: bytes) -> bytes:
    """The code that shapes the database; a file that cannot be read counts as a whole."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return content
    kept = [ast.dump(node) for node in tree.body if not isinstance(node, ast.ClassDef | _FUNCTION)]
    kept += [_class(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return "\n".join(kept).encode()


_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def _class(node: ast.ClassDef) -> str:
    if any(_is_own_table(line) for line in node.body):
        return ast.dump(node)
    bases = [ast.dump(base) for base in node.bases]
    lines = [ast.dump(line) for line in node.body if _shapes(line)]
    return "\n".join([node.name, *bases, *lines])


def _shapes(line) -> bool:
    return (
        line.name in BODIES if isinstance(line, _FUNCTION) else not isinstance(line, ast.ClassDef)
    )


def _is_own_table(line) -> bool:
    """A class with ``_auto = False`` builds its table with any of its methods."""
    names = [getattr(target, "id", "") for target in getattr(line, "targets", ())]
    return "_auto" in names
