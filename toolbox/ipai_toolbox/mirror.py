"""Cached mirror clones: one bare repository per address, shared by all builds of a machine."""

import fcntl
import os
import re
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .git import FETCH_SECONDS, Git, explain, last_line, shown, url_key
from .outcome import Failure
from .reach import towards

LOCK_SECONDS = 900
COMMIT = re.compile(r"[0-9a-f]{7,64}")
REF = re.compile(r"refs/[^\s:*?~^\\\x00-\x1f]+")
BRANCHES = "+refs/heads/*:refs/heads/*"
TAGS = "+refs/tags/*:refs/tags/*"
BROKEN = (
    "bad object",
    "corrupt",
    "not a git repository",
    "unable to read tree",
    "loose object",
    "missing blob",
)


@dataclass(frozen=True)
class Mirror:
    """A mirror whose lock we hold."""

    git: Git
    url: str
    path: Path

    def fetch(self, ref: str) -> None:
        """Bring branches, tags and `ref` up to date; a broken cache is cloned anew once."""
        if ref and ref != "HEAD" and not REF.fullmatch(ref):
            raise Failure(f"'{ref}' is not the name of a branch or reference", "Correct the name")
        try:
            self._fetch(ref)
        except _BrokenMirror:
            shutil.rmtree(self.path, ignore_errors=True)
            self.prepare()
            self._fetch(ref)

    def prepare(self) -> None:
        """Make the bare repository exist and free of what a killed fetch left."""
        if not (self.path / "HEAD").is_file():
            self.git.read("init", "--quiet", "--bare", str(self.path))
        for lock in self.path.rglob("*.lock"):
            with suppress(OSError):
                lock.unlink()

    def resolve(self, ref: str, commit: str | None) -> str:
        """The full commit id: the given one, or the tip of `ref`."""
        if not commit:
            return self._tip(ref)
        if not COMMIT.fullmatch(commit):
            raise Failure(f"'{commit}' is not a commit id", "Give the full id that git log shows")
        found = self._parse(commit)
        if not found:
            self.git.run(
                *self._at, "fetch", "--quiet", self.url, commit, timeout_seconds=FETCH_SECONDS
            )
            found = self._parse(commit)
        if not found:
            raise Failure(
                f"Commit {commit[:12]} is not in the repository {shown(self.url)}",
                "It may have been removed by a forced push: deploy the branch's newest commit instead",
            )
        return found

    def export(self, commit: str, folder: Path, index: Path) -> None:
        """Write the commit's files into `folder`, without submodules."""
        folder.mkdir(parents=True, exist_ok=True)
        tree = ("--git-dir", str(self.path), "--work-tree", str(folder))
        self.git.read(*tree, "read-tree", commit, GIT_INDEX_FILE=index)
        self.git.read(
            *tree, "checkout-index", "--all", "--force", "--quiet", cwd=folder, GIT_INDEX_FILE=index
        )
        index.unlink(missing_ok=True)

    def submodule_commits(self, commit: str) -> dict[str, str]:
        """Path of each submodule and the commit it is pinned to."""
        lines = self.git.read(*self._at, "ls-tree", "-r", "-z", commit).split("\0")
        entries = [line.partition("\t") for line in lines if line.startswith("160000 ")]
        return {path: facts.split()[2] for facts, _, path in entries}

    def describe(self, commit: str) -> tuple[str, str, int]:
        """Subject, author and time (seconds) of the commit."""
        form = "--format=%s%x00%an%x00%ct"
        text = self.git.read(*self._at, "log", "-1", form, commit).rstrip("\n")
        subject, author, seconds = text.split("\0")
        return subject, author, int(seconds)

    @property
    def _at(self) -> tuple[str, str]:
        return ("--git-dir", str(self.path))

    def _fetch(self, ref: str) -> None:
        specs = [BRANCHES, TAGS]
        self._fetch_specs("--prune", specs)
        if ref and not ref.startswith(("refs/heads/", "refs/tags/")):
            self._fetch_specs("--no-tags", [f"+{ref}:{_local(ref)}"])

    def _fetch_specs(self, option: str, specs: list[str]) -> None:
        done = self.git.run(
            *self._at,
            "fetch",
            "--quiet",
            "--force",
            "--no-write-fetch-head",
            option,
            self.url,
            *specs,
            timeout_seconds=FETCH_SECONDS,
        )
        if done.timed_out:
            raise explain(self.url, "timed out")
        if not done.is_ok:
            raise self._fetch_failure(done.errors, specs[0])

    def _fetch_failure(self, errors: str, spec: str) -> Exception:
        text = errors.lower()
        if "couldn't find remote ref" in text:
            return self._no_ref(spec.lstrip("+").partition(":")[0])
        is_full = "no space left" in text  # the clone itself is as good as before
        if not is_full and any(word in text for word in BROKEN) and "does not appear" not in text:
            return _BrokenMirror(last_line(errors))
        return explain(self.url, errors)

    def _tip(self, ref: str) -> str:
        found = self._parse(_local(ref))
        if not found:
            raise self._no_ref(ref)
        return found

    def _parse(self, name: str) -> str:
        done = self.git.run(*self._at, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return done.output.strip() if done.is_ok else ""

    def _no_ref(self, ref: str) -> Failure:
        kind, name = _ref_words(ref)
        return Failure(
            f"{kind} {name} is not in the repository {shown(self.url)}",
            "Push it, or correct the name in the environment's settings",
        )


class _BrokenMirror(Failure):
    """The cached clone cannot be used any more."""

    def __init__(self, reason: str):
        super().__init__(f"The cached clone is damaged: {reason}", "Retry the run")


@contextmanager
def locked_mirror(git: Git, url: str, mirrors: Path, wait_seconds: float = LOCK_SECONDS):
    """The mirror of `url`, ours alone until the block ends."""
    if not url or url.startswith("-"):
        raise Failure(f"'{url}' is not the address of a repository", "Correct the address")
    git = towards(git, url)
    mirrors.mkdir(parents=True, exist_ok=True)
    key = url_key(url)
    with open(mirrors / f"{key}.lock", "w", encoding="utf-8") as lock:
        _take(lock, url, wait_seconds)
        mirror = Mirror(git, url, mirrors / f"{key}.git")
        mirror.prepare()
        os.utime(mirror.path)
        yield mirror


def _take(lock, url: str, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Failure(
                    f"Another build has kept the clone of {shown(url)} busy for {wait_seconds:.0f} seconds",
                    "Wait for that build to end, then retry",
                ) from None
            time.sleep(0.2)


def _local(ref: str) -> str:
    """Where the mirror keeps a reference; the remote's HEAD is not the mirror's own."""
    return "refs/ipai/head" if ref == "HEAD" else ref


def _ref_words(ref: str) -> tuple[str, str]:
    for prefix, word in (("refs/heads/", "Branch"), ("refs/tags/", "Tag")):
        if ref.startswith(prefix):
            return word, ref[len(prefix) :]
    return "Reference", ref
