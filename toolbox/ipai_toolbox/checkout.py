"""Brings one commit with all its submodules onto the disk."""

from dataclasses import dataclass
from pathlib import Path

from .events import Events
from .git import Git, shown
from .mirror import Mirror, locked_mirror
from .outcome import Failure

DEEPEST = 10


@dataclass(frozen=True)
class Checkout:
    """A commit's files on the disk and who made it."""

    folder: Path
    commit: str
    subject: str
    author: str
    committed_at: int


@dataclass(frozen=True)
class Fetcher:
    """What all checkouts of one job share."""

    git: Git
    mirrors: Path
    work: Path
    events: Events

    def checkout(self, url: str, ref: str, commit: str | None, folder: Path) -> Checkout:
        """Fetch the repository and write one commit of it, submodules included, into `folder`."""
        self.events.info(f"Fetching {shown(url)} ({ref.removeprefix('refs/heads/')})")
        with locked_mirror(self.git, url, self.mirrors) as mirror:
            mirror.fetch(ref)
            found = mirror.resolve(ref, commit)
            mirror.export(found, folder, self.work / "index")
            subject, author, seconds = mirror.describe(found)
            pins = mirror.submodule_commits(found)
        self._submodules(url, pins, folder, depth=1)
        return Checkout(folder, found, subject, author, seconds)

    def _submodules(self, url: str, pins: dict[str, str], folder: Path, depth: int) -> None:
        if not pins:
            return
        if depth > DEEPEST:
            raise Failure(f"Submodules are nested deeper than {DEEPEST} levels", "Remove the cycle")
        addresses = self._addresses(folder)
        for path, commit in sorted(pins.items()):
            if path not in addresses:
                self.events.warning(
                    f"Folder {path} is a submodule without an address in .gitmodules: left empty."
                )
                continue
            self._submodule(
                resolve_url(url, addresses[path]), commit, _inside(folder, path), path, depth
            )

    def _submodule(self, url: str, commit: str, folder: Path, path: str, depth: int) -> None:
        self.events.info(f"Fetching submodule {path} from {shown(url)} at {commit[:12]}")
        try:
            with locked_mirror(self.git, url, self.mirrors) as mirror:
                pins = self._export_pinned(mirror, commit, folder)
        except Failure as failure:
            raise Failure(
                f"Submodule {path} cannot be fetched: {failure.cause}", failure.hint
            ) from failure
        self._submodules(url, pins, folder, depth + 1)

    def _export_pinned(self, mirror: Mirror, commit: str, folder: Path) -> dict[str, str]:
        """Always asks the remote: the cache alone does not prove that we may read it."""
        mirror.fetch("")
        found = mirror.resolve("", commit)
        mirror.export(found, folder, self.work / "index")
        return mirror.submodule_commits(found)

    def _addresses(self, folder: Path) -> dict[str, str]:
        """Path and address of each submodule that .gitmodules names."""
        file = folder / ".gitmodules"
        if file.is_symlink() or not file.is_file():
            return {}
        pattern = r"^submodule\..*\.(path|url)$"
        done = self.git.run("config", "--file", str(file), "-z", "--get-regexp", pattern)
        entries = [entry.partition("\n") for entry in done.output.split("\0") if entry]
        values = {key: value for key, _, value in entries}
        names = {key[: -len(".path")] for key in values if key.endswith(".path")}
        return {values[f"{n}.path"]: values[f"{n}.url"] for n in names if f"{n}.url" in values}


def resolve_url(base: str, url: str) -> str:
    """A submodule's address; a relative one starts at its parent repository's, as git does it."""
    if not url.startswith(("./", "../")):
        return url
    start, separator = base.rstrip("/"), "/"
    while url.startswith(("./", "../")):
        if url.startswith("../"):
            start, separator = _without_last(start)
        url = url[url.index("/") + 1 :]
    return f"{start}{separator}{url}"


def _without_last(url: str) -> tuple[str, str]:
    head, slash, _tail = url.rpartition("/")
    if slash and not head.endswith(":/"):
        return head, "/"
    return url.rpartition(":")[0], ":"


def _inside(folder: Path, path: str) -> Path:
    target = (folder / path).resolve()
    if not target.is_relative_to(folder.resolve()) or target == folder.resolve():
        raise Failure(f"Submodule {path} points outside of the repository", "Correct its path")
    return target
