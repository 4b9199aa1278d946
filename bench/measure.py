"""Timing and the table: medians, ratios, and how the cost grows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line of the table. ``ratio`` is figure / baseline where a baseline exists."""

    what: str
    figure: str
    baseline: str = ""
    ratio: str = ""
    target: str = ""
    is_met: bool = True


def seconds(work: Callable, repeats: int = 3) -> float:
    """Return the median duration of ``work()`` in seconds, after one uncounted call."""
    work()
    durations = []
    for _turn in range(repeats):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return median(durations)


def growth(points: dict[int, float]) -> float:
    """Return the exponent of the cost between the smallest and largest size: 1.0 is linear."""
    from math import log

    sizes = sorted(points)
    small, large = sizes[0], sizes[-1]
    return log(points[large] / points[small]) / log(large / small)


def as_markdown(rows: list[Row]) -> str:
    """Return the rows as a table."""
    head = "| what | figure | baseline | ratio | target | met |\n|---|---|---|---|---|---|\n"
    cells = (
        (
            row.what,
            row.figure,
            row.baseline,
            row.ratio,
            row.target,
            "yes" if row.is_met else "**no**",
        )
        for row in rows
    )
    lines = (
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in cells
    )
    return head + "\n".join(lines) + "\n"
