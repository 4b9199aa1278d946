"""A private folder beside the files of an environment, for work that needs their file system."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .outcome import Failure

SPARE_BYTES = 64 << 20


@contextmanager
def stage(folder: Path, name: str) -> Iterator[Path]:
    """An empty folder that only root reads; gone afterwards, and so is what a killed job left."""
    place = folder / f".ipai-{name}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def require_room(folder: Path, size_bytes: int, what: str) -> None:
    """Stop before a full disk stops others. Raises Failure."""
    free = shutil.disk_usage(folder).free
    if free < size_bytes + SPARE_BYTES:
        raise Failure(
            f"{what} needs {_shown(size_bytes)} on the disk of {folder}, "
            f"which has {_shown(free)} left: it would be full",
            "Free space there, then retry the run",
        )


def _shown(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes > 1e9 else f"{size_bytes / 1e6:.0f} MB"


class Steps:
    """Tells how far restic's work is, a few times and not at each of its lines."""

    def __init__(self, events, what: str, begin: float, end: float):
        self._events, self._what = events, what
        self._begin, self._width = begin, end - begin
        self._told = 0.0
        self.last: dict = {}

    def __call__(self, value) -> None:
        if not isinstance(value, dict):
            return
        if value.get("message_type") == "summary":
            self.last = value
        done = value.get("percent_done") or 0.0
        if done - self._told >= 0.1:
            self._told = done
            self._events.progress(self._begin + self._width * done, f"{self._what}: {done:.0%}")
