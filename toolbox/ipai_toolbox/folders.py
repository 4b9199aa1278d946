"""Folders of files that appear under their name only when they are whole; copies that cost nothing where possible."""

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .outcome import Failure

FICLONE = 0x40049409
MARK = ".ipai-new"
OWNER = ".ipai-owner"  # in a place that environments share: for whom a folder is kept
REFLINK, HARDLINK, COPY = "reflink", "hardlink", "copy"


@dataclass
class Copied:
    """What a copy moved, and how."""

    files: int = 0
    size_bytes: int = 0
    method: str = ""


@dataclass(frozen=True)
class NewFolder:
    """The making of one folder by one step of one run, as often as it is started."""

    path: Path
    mark: str

    @property
    def partial(self) -> Path:
        return self.path.with_name(self.path.name + ".new")

    def begin(self) -> Path:
        """An empty folder to fill; what an earlier attempt left is gone. Raises Failure."""
        if self.path.exists() and not self._is_ours():
            raise Failure(
                f"There is already a folder {self.path}",
                "Nothing was changed; remove or rename that folder first",
            )
        for leftover in (self.partial, self.path):
            if leftover.exists():
                shutil.rmtree(leftover)
        made_like_parent(self.path.parent)
        self.partial.mkdir(mode=0o755)
        return self.partial

    def show(self) -> None:
        """Give it its name, still marked as belonging to an unfinished step."""
        own_like(self.partial, self.path.parent)
        (self.partial / MARK).write_text(self.mark, encoding="utf-8")
        self.partial.rename(self.path)

    def finish(self) -> None:
        """The step is done: the folder is like any other."""
        (self.path / MARK).unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        marked = self.path / MARK
        if not marked.is_file():
            return not any(self.path.iterdir())
        return marked.read_text(encoding="utf-8") == self.mark


def copy_tree(source: Path, target: Path, may_link: bool = False) -> Copied:
    """Copy files that are missing in the target: by reflink, by hard link where allowed, or byte by byte."""
    copied = Copied()
    methods = [REFLINK, HARDLINK, COPY] if may_link else [REFLINK, COPY]
    _copy_level(source, target, methods, copied)
    copied.method = methods[0]
    return copied


def link_tree(source: Path, target: Path) -> Copied:
    """The target gets every file of the source it lacks, as hard links: safe for files never rewritten."""
    copied = Copied()
    methods = [HARDLINK, REFLINK, COPY]
    _copy_level(source, target, methods, copied)
    copied.method = methods[0]
    return copied


def _copy_level(source: Path, target: Path, methods: list[str], copied: Copied) -> None:
    """`methods` loses what the file system cannot do, at the first file that shows it."""
    target.mkdir(exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            place = os.path.join(target, entry.name)
            if entry.is_dir(follow_symlinks=False):
                _copy_level(Path(entry.path), Path(place), methods, copied)
            elif entry.is_file(follow_symlinks=False) and entry.name not in (MARK, OWNER):
                _copy_file(entry, place, methods, copied)


def _copy_file(entry: os.DirEntry, place: str, methods: list[str], copied: Copied) -> None:
    try:
        if not os.path.lexists(place):
            copied.size_bytes += entry.stat().st_size
            copied.files += 1
            _transfer(entry.path, place, methods)
    except FileNotFoundError:
        return  # a file that its owner has just removed is no part of the copy


def _transfer(source: str, place: str, methods: list[str]) -> None:
    while True:
        try:
            _MEANS[methods[0]](source, place)
            return
        except FileNotFoundError:
            raise
        except OSError:
            if len(methods) == 1:
                raise
            if os.path.lexists(place):
                os.unlink(place)
            methods.pop(0)


def _reflink(source: str, place: str) -> None:
    with open(source, "rb") as read, open(place, "xb") as write:
        fcntl.ioctl(write.fileno(), FICLONE, read.fileno())
    shutil.copystat(source, place)


def _copy(source: str, place: str) -> None:
    shutil.copy2(source, place)


_MEANS: dict[str, Callable[[str, str], None]] = {REFLINK: _reflink, HARDLINK: os.link, COPY: _copy}


def made_like_parent(folder: Path) -> None:
    """Make the folder, owned as the nearest one above it that is there."""
    if folder.is_dir():
        return
    made_like_parent(folder.parent)
    folder.mkdir(exist_ok=True)
    about = folder.parent.stat()
    os.chown(folder, about.st_uid, about.st_gid)


def own_like(folder: Path, model: Path) -> None:
    """Everything in the folder belongs to the owner of `model`."""
    about = model.stat()
    own(folder, about.st_uid, about.st_gid)


def own(folder: Path, uid: int, gid: int) -> None:
    """Everything in the folder belongs to the user; the folder itself is the last to change hands."""
    for place, folders, files in os.walk(folder, topdown=False):
        for name in [*files, *folders, "."]:
            path = os.path.join(place, name)
            seen = os.lstat(path)
            if (seen.st_uid, seen.st_gid) != (uid, gid):
                os.chown(path, uid, gid, follow_symlinks=False)


def keep_for(folder: Path, role: str) -> None:
    """Say in a folder of a shared place for which role it is kept."""
    (folder / OWNER).write_text(role, encoding="utf-8")


def is_kept_for(folder: Path, roles: list[str] | None) -> bool:
    """False when the folder says that it is kept for another role; most folders say nothing."""
    said = folder / OWNER
    return not said.is_file() or said.read_text(encoding="utf-8") in (roles or ())


def folder_of(text: str, database: str) -> Path:
    """The folder of a database's files, as an order names it. Raises Failure when it is another one's."""
    path = absolute(text)
    if path.name != database:
        raise Failure(
            f"The folder {path} is not the one of the database {database}",
            "Report it with this run's log",
        )
    return path


def absolute(text: str) -> Path:
    """A path of an order. Raises Failure when it is none or climbs."""
    path = Path(text)
    if not path.is_absolute() or ".." in path.parts or len(path.parts) < 3:
        raise Failure(f"'{text}' is not a usable folder", "Report it with this run's log")
    return path
