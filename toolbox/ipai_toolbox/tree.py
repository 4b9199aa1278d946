"""Copies, stamps and fingerprints folders so that equal content is equal everywhere."""

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

SKIPPED = {".git", "__pycache__", "node_modules"}
LEFT_OUT = (".pyc", ".pyo")
FIRST_TIME = 1_577_836_800
TIME_SPAN = 150_000_000


@dataclass
class Copier:
    """Copies folders out of a repository; links that lead out of it are left out and told."""

    root: Path
    warnings: list[str] = field(default_factory=list)

    def copy(self, source: Path, target: Path) -> None:
        """Copy one folder; links inside it stay links, links to the rest of the repository become files."""
        target.mkdir(parents=True, exist_ok=True)
        for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
            if entry.name in SKIPPED or entry.name.endswith(LEFT_OUT):
                continue
            self._copy_entry(Path(entry.path), target / entry.name, source)

    def _copy_entry(self, source: Path, target: Path, top: Path) -> None:
        if source.is_symlink():
            self._copy_link(source, target, top)
        elif source.is_dir():
            self.copy(source, target)
        elif source.is_file():
            shutil.copyfile(source, target)
            target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)

    def _copy_link(self, source: Path, target: Path, top: Path) -> None:
        real = source.resolve()
        if is_inside(real, top) and not os.readlink(source).startswith("/"):
            target.symlink_to(os.readlink(source))
        elif (
            not is_inside(real, self.root)
            or source.resolve() in source.parents
            or not real.exists()
        ):
            shown = source.relative_to(self.root).as_posix()
            self.warnings.append(f"The link {shown} leads nowhere inside the repository: left out.")
        elif real.is_dir():
            self.copy(real, target)
        else:
            shutil.copyfile(real, target)
            target.chmod(0o644)


def is_inside(path: Path, root: Path) -> bool:
    """True when the path, links followed, lies in the folder."""
    return path.resolve().is_relative_to(root.resolve())


def tree_digest(folder: Path, skip=lambda path: False) -> str:
    """SHA-256 over names, executable bits and contents below the folder."""
    total = hashlib.sha256()
    for path in _sorted_files(folder):
        if skip(path):
            continue
        name = path.relative_to(folder).as_posix()
        total.update(
            f"{_kind(path)} {_content_digest(path)} {name}\0".encode("utf-8", "surrogateescape")
        )
    return total.hexdigest()


def addon_digest(folder: Path) -> str:
    """SHA-256 of what Odoo reads of an addon: translation templates do not count."""
    return tree_digest(folder, skip=lambda path: path.suffix == ".pot")


def stamp(folder: Path) -> None:
    """Give each file a time that follows from its content.

    Same content, same time: layers and caches are found again whatever the commit. Other content,
    other time: Odoo derives the address of an asset bundle from file times, so a constant time
    would leave browsers with the old bundle.
    """
    for path in _sorted_files(folder):
        seconds = FIRST_TIME + int(_content_digest(path)[:12], 16) % TIME_SPAN
        os.utime(path, (seconds, seconds), follow_symlinks=False)
    for path in [folder, *(Path(p) for p, _, _ in os.walk(folder))]:
        path.chmod(0o755)
        os.utime(path, (FIRST_TIME, FIRST_TIME))


def _sorted_files(folder: Path) -> list[Path]:
    found = []
    for current, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(current) / name).is_symlink()]
        found += [Path(current) / name for name in files + links]
    return sorted(found, key=lambda path: os.fsencode(path.relative_to(folder)))


def _kind(path: Path) -> str:
    if path.is_symlink():
        return "l"
    return "x" if path.stat().st_mode & 0o100 else "f"


def _content_digest(path: Path) -> str:
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
