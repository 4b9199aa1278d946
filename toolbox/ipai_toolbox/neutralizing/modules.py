"""Which installed modules bring a neutralisation of their own, and which only have credentials."""

from pathlib import Path

from ..catalog import Column

FILE = Path("data/neutralize.sql")


def modules_without_code(modules: list[str], folders: list[Path]) -> list[str]:
    """Installed modules whose code the image lacks: Odoo would silently skip their neutralisation."""
    return [name for name in modules if not _folder(name, folders)]


def modules_without_neutralize(
    modules: list[str], folders: list[Path], credentials: list[Column]
) -> list[dict]:
    """Modules that own credential-like columns and bring no neutralize.sql, with those columns."""
    columns: dict[str, list[str]] = {}
    for column in credentials:
        owners = [name for name in column.modules if name in modules] or ["(no module)"]
        for owner in owners:
            columns.setdefault(owner, []).append(column.label)
    return [
        {"module": name, "columns": sorted(columns[name])}
        for name in sorted(columns)
        if not _has_neutralize(name, folders)
    ]


def count_statements(script: str) -> int:
    """How many statements Odoo's printed neutralisation has, between its BEGIN and COMMIT."""
    _before, _begin, rest = script.partition("BEGIN;")
    body = rest.rpartition("COMMIT;")[0]
    lines = [line.partition("--")[0] for line in body.splitlines()]
    return sum(bool(part.strip()) for part in "\n".join(lines).split(";"))


def _has_neutralize(name: str, folders: list[Path]) -> bool:
    folder = _folder(name, folders)
    return folder is not None and (folder / FILE).is_file()


def _folder(name: str, folders: list[Path]) -> Path | None:
    places = (folder / name for folder in folders)
    return next((place for place in places if (place / "__manifest__.py").is_file()), None)
