"""Real git, real files, real processes; only the outside registries and servers are absent here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOOLBOX = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLBOX))

from ipai_toolbox.places import Places  # noqa: E402
from ipai_toolbox.spec import Spec  # noqa: E402


@pytest.fixture(autouse=True)
def git_over_files(monkeypatch, tmp_path):
    """The repositories of these tests are folders; production allows only network protocols."""
    monkeypatch.setenv("IPAI_GIT_PROTOCOLS", "file")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def places(tmp_path) -> Places:
    for name in ("secrets", "spool", "mirrors"):
        (tmp_path / name).mkdir()
    return Places(
        spool=tmp_path / "spool",
        secrets=tmp_path / "secrets",
        mirrors=tmp_path / "mirrors",
        ca_bundle=tmp_path / "no-ca-bundle.crt",
        odoo_addons=tmp_path / "image-addons",
    )


@pytest.fixture
def environ(places) -> dict:
    """The environment of a job whose places are in the test's folder."""
    return {
        "IPAI_SPOOL": str(places.spool),
        "IPAI_SECRETS": str(places.secrets),
        "IPAI_MIRRORS": str(places.mirrors),
        "IPAI_CA_BUNDLE": str(places.ca_bundle),
        "IPAI_ADDONS": str(places.odoo_addons),
        "IPAI_SPEC": json.dumps({"run": 7, "step": "build", "attempt": 1, "fence": "7-build-1"}),
    }


@pytest.fixture
def events():
    return RecordedEvents()


class RecordedEvents:
    """Remembers what was said."""

    def __init__(self):
        self.said: list[tuple[str, str, dict | None]] = []

    def say(self, level, message, payload=None):
        self.said.append((level, message, payload))

    def debug(self, message, payload=None):
        self.say("debug", message, payload)

    def info(self, message, payload=None):
        self.say("info", message, payload)

    def warning(self, message, payload=None):
        self.say("warning", message, payload)

    def error(self, message, payload=None):
        self.say("error", message, payload)

    def progress(self, fraction, message):
        self.say("info", message, {"progress": fraction})

    def messages(self, level=None) -> list[str]:
        return [message for said, message, _ in self.said if level in (None, said)]


class Repo:
    """A real git repository in a folder."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def git(self, *arguments: str) -> str:
        who = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "a@b.c", "GIT_COMMITTER_NAME": "Ada",
               "GIT_COMMITTER_EMAIL": "a@b.c", "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(["git", "-c", "protocol.file.allow=always", *arguments], cwd=self.path, check=True,
                              capture_output=True, text=True, timeout=60, env={**os.environ, **who})
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files: dict[str, str] | None = None, subject: str = "Change") -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def make_repo(tmp_path):
    return lambda name="customer": Repo(tmp_path / "remotes" / name)


def addon(name: str = "", depends=("base",), **more) -> str:
    """The text of a manifest."""
    return repr({"name": name or "An addon", "version": "19.0.1.0.0", "depends": list(depends), **more}) + "\n"


def make_spec(**values) -> Spec:
    return Spec({"run": 7, "step": "build", "attempt": 1, "fence": "7-build-1", **values})
