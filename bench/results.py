"""What was measured, kept per part in ``bench/measured/``, and the page made of it."""

import ast
import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .measure import Row, as_markdown

IN_PROCESS = (
    "ingest",
    "tick",
    "screens",
    "slack",
    "masking",
    "audit",
    "outbox",
    "latency",
    "modules",
)
ON_THE_INSTANCE = ("deploys", "sso", "backup", "neighbours")
USUAL = (*IN_PROCESS, *ON_THE_INSTANCE)
LARGE = ("backup-5", "backup-10")  # gigabytes; only where asked for
PARTS = (*USUAL, *LARGE)
TITLES = {
    "ingest": "Log lines",
    "tick": "A turn of the driver",
    "audit": "Audit trail",
    "outbox": "Facts",
    "latency": "All connectors",
    "sso": "Single sign-on",
    "neighbours": "Beside a hog",
    "backup": "Backups and copies",
    "backup-5": "Backups and copies of 5 GB",
    "backup-10": "Backups and copies of 10 GB",
}
FOLDER = Path(__file__).resolve().parent / "measured"
INTRODUCTION = """# Benchmarks

Made by `script/bench`. Each figure stands beside its baseline of the same run; the ratio is what carries over to
other machines. The results themselves are kept in `bench/measured/`, a file per part.
"""


@dataclass(frozen=True)
class Result:
    """One part's last measurement: when, on what machine, its rows."""

    part: str
    measured: str
    machine: str
    rows: list[Row]


def keep(part, rows):
    """Write what was measured now in the place of the part's earlier result."""
    facts = {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "rows": [asdict(row) for row in rows],
    }
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    _file(part).write_text(f"{text}\n", encoding="utf-8")


def kept(part):
    """Return the part's last Result, None when it was never measured."""
    if not _file(part).exists():
        return None
    facts = json.loads(_file(part).read_text(encoding="utf-8"))
    rows = [Row(**row) for row in facts.pop("rows")]
    return Result(part, rows=rows, **facts)


def module_of(part):
    """Return the module that measures a part and the gigabytes it is given: of backup-5, backup and 5."""
    name, _, size = part.partition("-")
    return name, int(size or 0)


def page(results):
    """Return the results as a page: a section per part, explained by the words of its module."""
    return "\n".join((INTRODUCTION, *map(_section, results)))


def _section(result):
    name, size = module_of(result.part)
    is_twice = size and kept(name)
    source = (FOLDER.parent / f"{name}.py").read_text()
    about = f"As above, with {size} GB." if is_twice else ast.get_docstring(ast.parse(source))
    measured = f"`script/bench {result.part}`, {result.measured}, {result.machine}."
    title = TITLES.get(result.part) or result.part.capitalize()
    return f"## {title}\n\n{about}\n{measured}\n\n{as_markdown(result.rows)}"


def _file(part):
    return FOLDER / f"{part}.json"
