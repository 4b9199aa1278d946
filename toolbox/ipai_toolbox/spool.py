"""The spool keeps each line of a job on disk, so that a killed container loses none.

One file per attempt: <spool>/<run>/<step>-<attempt>.jsonl. A line is written here before it is
printed. Lines of earlier attempts are printed again when a job starts.
"""

import fcntl
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path

DAY = 86400


class Spool:
    """One attempt's file, opened for appending; continues an existing one after its last whole line."""

    def __init__(self, folder: Path, run: int, step: str, attempt: int):
        self.folder = folder / str(run)
        self.step = step
        self.attempt = attempt
        self.path = self.folder / f"{step}-{attempt}.jsonl"
        self._descriptor: int | None = None
        self._turn: int | None = None

    def take_turn(self) -> bool:
        """Wait until no other job does this step; False when a later attempt has begun it meanwhile.

        A Docker engine that was killed can start a job a second time, or start one that is removed already.
        The turn ends with this process. Raises OSError where the volume cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._turn = os.open(self.folder / f"{self.step}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        return all(number <= self.attempt for number, _path in self._attempts())

    def open(self) -> None:
        """Make the file ready. Raises OSError where the volume cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._descriptor = os.open(self.path, flags, 0o600)
        os.ftruncate(self._descriptor, _whole_length(self.path))

    def write(self, line: str, keep: bool) -> None:
        """Append one line; `keep` forces it to the disk at once. Raises OSError (full disk)."""
        if self._descriptor is None:
            return
        data = memoryview(line.encode() + b"\n")
        while data:
            data = data[os.write(self._descriptor, data) :]
        if keep:
            os.fsync(self._descriptor)

    def close(self) -> None:
        for descriptor in filter(None, (self._descriptor, self._turn)):
            os.close(descriptor)
        self._descriptor = self._turn = None

    def earlier_lines(self):
        """Whole lines of this step's attempts up to and with this one, oldest attempt first."""
        for number, path in self._attempts():
            if number <= self.attempt:
                yield from whole_lines(path)

    def own_lines(self) -> list[str]:
        return list(whole_lines(self.path))

    def _attempts(self):
        pattern = re.compile(rf"{re.escape(self.step)}-(\d+)\.jsonl")
        matches = ((pattern.fullmatch(path.name), path) for path in self._files())
        return sorted((int(match[1]), path) for match, path in matches if match)

    def _files(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []


def whole_lines(path: Path):
    """The lines of the file that were written to their end; a torn last one is left out."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for raw in file:
            if raw.endswith(b"\n") and _is_json(raw):
                yield raw.decode().rstrip("\n")


def remove_old(folder: Path, now: float | None = None, days: int = 7) -> int:
    """Remove the folders of runs that said nothing for some days; gives their number."""
    limit = (time.time() if now is None else now) - days * DAY
    removed = 0
    for run in [path for path in folder.glob("*") if path.is_dir()]:
        files = list(run.iterdir())
        if all(path.stat().st_mtime < limit for path in [*files, run]):
            removed += _remove_run(run, files)
    return removed


def _remove_run(run: Path, files: list[Path]) -> int:
    with suppress(OSError):
        for path in files:
            path.unlink()
        run.rmdir()
        return 1
    return 0


def _whole_length(path: Path) -> int:
    data = path.read_bytes()
    return data.rfind(b"\n") + 1


def _is_json(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw), dict)
    except ValueError:
        return False
