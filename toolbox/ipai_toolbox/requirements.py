"""Collects the Python requirement files and Debian packages that a repository asks for."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .addons import Addon
from .ipai_yml_keys import PACKAGE
from .outcome import Failure
from .tree import is_inside

FILE = "requirements.txt"
INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=)(?P<path>\S+)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LOCAL = re.compile(r"^\s*(?:-e\b|--editable\b|\.{1,2}/|\.\s*$)")


@dataclass(frozen=True)
class Requirement:
    """One requirement file of a repository, and the path people know it by."""

    path: Path
    shown: str


def requirement_files(root: Path, addons: list[Addon], title: str = "") -> list[Requirement]:
    """Every requirements.txt beside the addons and above them up to the root; outermost first."""
    folders = {folder for addon in addons for folder in _upwards(addon.folder, root)} | {root}
    ordered = sorted(folders, key=lambda folder: (len(folder.parts), folder.as_posix()))
    files = [folder / FILE for folder in ordered if _is_own_file(folder / FILE, root)]
    return [Requirement(file, f"{title}{file.relative_to(root).as_posix()}") for file in files]


def copy_requirements(
    requirements: list[Requirement], root: Path, target: Path, prefix: str
) -> list[str]:
    """Copy the files with what they include, keeping their places; gives their paths in `target`."""
    names = []
    for requirement in requirements:
        _copy_one(requirement.path, requirement.shown, root, target / prefix, set())
        names.append(f"{prefix}/{requirement.path.relative_to(root).as_posix()}")
    return names


def apt_packages(root: Path, title: str = "") -> list[str]:
    """The packages that apt.txt at the root asks for. Raises Failure naming the line."""
    file = root / "apt.txt"
    if not _is_own_file(file, root):
        return []
    lines = enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
    words = ((number, line.partition("#")[0].strip()) for number, line in lines)
    return [_package(f"{title}apt.txt", number, word) for number, word in words if word]


def find_line(requirements: list[Requirement], what: str) -> str:
    """Where a requirement is written: "requirements.txt, line 3"; empty when nowhere.

    The same words are looked for first, then any line about the same distribution.
    """
    name = NAME.match(what)
    if not name:
        return ""
    exact = re.compile(rf"\s*{re.escape(what)}\s*(?:$|[;#])")
    loose = re.compile(rf"\s*{_loose(name[0])}(?![\w.-])", re.IGNORECASE)
    return _first_line(requirements, exact) or _first_line(requirements, loose)


def _first_line(requirements: list[Requirement], pattern: re.Pattern) -> str:
    for requirement in requirements:
        lines = requirement.path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            if pattern.match(line):
                return f"{requirement.shown}, line {number}"
    return ""


def _is_own_file(path: Path, root: Path) -> bool:
    """A link that leads out of the repository could show files of this machine: not ours."""
    return path.is_file() and is_inside(path, root)


def _upwards(folder: Path, root: Path):
    while folder.is_relative_to(root):
        yield folder
        folder = folder.parent


def _copy_one(path: Path, shown: str, root: Path, target: Path, seen: set[Path]) -> None:
    if path in seen:
        return
    seen.add(path)
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        _follow(line, f"{shown}, line {number}", path, root, target, seen)
    place = target / path.relative_to(root)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, place)


def _follow(line: str, where: str, path: Path, root: Path, target: Path, seen: set[Path]) -> None:
    if LOCAL.match(line):
        raise Failure(
            f"{where}: requirements that are folders of the repository are not supported",
            "Name a published package or an address that starts with git+https",
        )
    match = INCLUDE.match(line)
    if not match or "://" in match["path"]:
        return
    included = (path.parent / match["path"]).resolve()
    if not included.is_relative_to(root.resolve()) or not included.is_file():
        raise Failure(
            f"{where}: there is no file {match['path']} in the repository", "Correct the line"
        )
    _copy_one(root / included.relative_to(root.resolve()), match["path"], root, target, seen)


def _package(shown: str, number: int, word: str) -> str:
    if not re.fullmatch(PACKAGE, word):
        raise Failure(
            f"{shown}, line {number}: '{word}' is not the name of a Debian package",
            "Write one package name per line, nothing else",
        )
    return word


def _loose(name: str) -> str:
    """A pattern for a distribution's name: -, _ and . mean the same."""
    return "[-_.]+".join(re.escape(part) for part in re.split(r"[-_.]+", name))
