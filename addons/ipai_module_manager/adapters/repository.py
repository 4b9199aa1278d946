"""Reads and changes one file of a Git repository: a shallow clone, a commit, a push."""

import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from odoo.addons.ipai_ops.adapters.git import quiet_environment, resolve
from odoo.addons.ipai_ops.engine.repository_address import WORLD

TIMEOUT_SECONDS = 90
LIMIT_BYTES = 1 << 20


class RepositoryFault(Exception):
    """The repository could not be read or written; the text is a sentence for people."""


@dataclass(frozen=True)
class Text:
    """A file as it is on a branch; the text is empty where there is no file."""

    commit: str
    text: str


@dataclass(frozen=True)
class Commit:
    """What to write: ``before`` is the text that was reviewed."""

    base: str
    branch: str
    path: str
    before: str
    after: str
    message: str
    author: str
    email: str


def read(url, branch, path, credentials=None, reach=WORLD):
    """Return the file's Text on the branch. Raises RepositoryFault."""
    with _clone(url, branch, _access(url, credentials, reach)) as git:
        return Text(git("rev-parse", "HEAD").strip(), _content(git.folder / path))


def write(url, change, credentials=None, reach=WORLD):
    """Commit and push the change, once and never by force; return the commit. Raises RepositoryFault."""
    access = _access(url, credentials, reach)
    with _clone(url, change.base, access, change.author, change.email) as git:
        if earlier := _pushed(git, change):
            return earlier
        file = git.folder / change.path
        if _content(file) != change.before:
            raise RepositoryFault(
                f"{change.path} has changed on {change.base} meanwhile: ask again."
            )
        file.write_text(change.after, encoding="utf-8")
        git("add", "--", change.path)
        git("commit", "--quiet", "--no-verify", "--message", change.message)
        git("push", "--quiet", "origin", f"HEAD:refs/heads/{change.branch}")
        return git("rev-parse", "HEAD").strip()


def _pushed(git, change):
    """Return the commit of an earlier try whose end was not recorded, or None."""
    branch = f"refs/heads/{change.branch}"
    if not git("ls-remote", "origin", branch).strip():
        return None
    git("fetch", "--quiet", "--depth", "1", "origin", branch)
    is_ours = git("log", "-1", "--format=%B", "FETCH_HEAD").strip() == change.message.strip()
    if not is_ours or git("show", f"FETCH_HEAD:{change.path}") != change.after:
        return None
    return git("rev-parse", "FETCH_HEAD").strip()


class _Git:
    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment

    def __call__(self, *words):
        command = ["git", "-c", "core.symlinks=true", "-c", "core.hooksPath=/dev/null", *words]
        try:
            answer = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                text=True,
                errors="replace",
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RepositoryFault("The repository did not answer in time.") from error
        if answer.returncode:
            raise RepositoryFault(f"Git refused to {words[0]}: {_last_line(answer.stderr)}")
        return answer.stdout


def _access(url, credentials, reach):
    """Return (credentials, Git's settings) for an address we may call. Raises RepositoryFault."""
    try:
        return credentials, reach.settings(url, resolve)
    except ValueError as error:
        raise RepositoryFault(f"The repository's URL cannot be used: {error}.") from error


@contextmanager
def _clone(url, branch, access, author="Operations", email="operations@localhost"):
    people = {
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": author,
        "GIT_COMMITTER_EMAIL": email,
    }
    with quiet_environment(*access) as quiet, tempfile.TemporaryDirectory() as name:
        git = _Git(Path(name), {**quiet, **people})
        git("clone", "--quiet", "--depth", "1", "--branch", branch, "--", url, "tree")
        yield _Git(Path(name, "tree"), git.environment)


def _content(file):
    if file.is_symlink():
        raise RepositoryFault(f"{file.name} is a link; change what it points to by hand.")
    if not file.exists():
        return ""
    if file.stat().st_size > LIMIT_BYTES:
        raise RepositoryFault(f"{file.name} is larger than 1 MB.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RepositoryFault(f"{file.name} is not UTF-8 text.") from error


def _last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason."
