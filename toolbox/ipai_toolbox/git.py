"""Git with safe settings, and its complaints in plain words."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from .outcome import Failure
from .places import Places
from .process import Finished, capture
from .repository_address import WORLD, Reach

FETCH_SECONDS = 900
LOCAL_SECONDS = 300
PROTOCOLS = "https:http:ssh:git"
SETTINGS = {
    "gc.autoDetach": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "core.hooksPath": "/dev/null",
    "protocol.file.allow": "always",
    "advice.detachedHead": "false",
    "http.followRedirects": "false",
}
COMPLAINTS = (
    ("no space left on device", "The disk is full", "Free space on the machine, then retry"),
    (
        "authentication failed",
        "refused the credentials",
        "Set valid Git credentials in the project",
    ),
    ("could not read username", "asks for credentials", "Set Git credentials in the project"),
    (
        "permission denied (publickey",
        "refused the SSH key",
        "Add the project's key to the repository",
    ),
    (
        "host key verification failed",
        "shows another SSH host key than before",
        "Check that the host is the right one",
    ),
    (
        "could not resolve host",
        "has an unknown host name",
        "Check the spelling of the repository's address",
    ),
    (
        "name or service not known",
        "has an unknown host name",
        "Check the spelling of the repository's address",
    ),
    (
        "unable to look up",
        "has an unknown host name",
        "Check the spelling of the repository's address",
    ),
    (
        "certificate",
        "shows a certificate that is not trusted",
        "Give the platform the CA bundle of that host",
    ),
    (
        "returned error: 30",
        "sends us on to another address",
        "Write the address it leads to (GitLab's end in .git)",
    ),
    (
        "connection refused",
        "does not accept connections",
        "Check that the Git server runs and the port is right",
    ),
    (
        "timed out",
        "does not answer in time",
        "Check the network between this machine and the Git server",
    ),
    (
        "not exported",
        "does not exist or is not readable for us",
        "Check the address and the Git credentials",
    ),
    (
        "not found",
        "does not exist or is not readable for us",
        "Check the address and the Git credentials",
    ),
    ("does not appear to be a git repository", "is not a Git repository", "Check the address"),
    ("not allowed", "uses a protocol that is not allowed here", "Use https, ssh or git"),
)


@dataclass(frozen=True)
class Git:
    """Runs git for one job: no prompts, no hooks, credentials only for the host they belong to."""

    environment: dict[str, str]
    reach: Reach = WORLD

    def run(
        self, *arguments: str, timeout_seconds: float = LOCAL_SECONDS, cwd=None, **variables
    ) -> Finished:
        environment = {**self.environment, **{key: str(value) for key, value in variables.items()}}
        command = ["git", *arguments]
        return capture(command, timeout_seconds=timeout_seconds, env=environment, cwd=cwd)

    def read(self, *arguments: str, **options) -> str:
        """The output of a local command that must work."""
        done = self.run(*arguments, **options)
        if not done.is_ok:
            raise Failure(f"git {arguments[0]} failed: {last_line(done.errors)}", "Retry the run")
        return done.output


def git_for(places: Places, repository_url: str, folder: Path, reach: Reach = WORLD) -> Git:
    """A Git for this job; `folder` is private and holds what git must read as files."""
    settings = {**SETTINGS, **_credential_settings(places, repository_url, folder)}
    if places.ca_bundle.is_file():
        settings["http.sslCAInfo"] = str(places.ca_bundle)
    keep = {
        key: os.environ[key]
        for key in ("PATH", "LANG", "TMPDIR", "GIT_SSL_CAINFO")
        if key in os.environ
    }
    environment = {
        **keep,
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": os.environ.get("IPAI_GIT_PROTOCOLS") or PROTOCOLS,
        "GIT_SSH_COMMAND": _ssh_command(places, folder),
        **_numbered(settings),
    }
    return Git(environment, reach)


def explain(url: str, errors: str) -> Failure:
    """What went wrong with a remote repository, in one sentence and one hint."""
    text = errors.lower()
    for needle, saying, hint in COMPLAINTS:
        if needle in text:
            subject = saying if saying[0].isupper() else f"The repository {shown(url)} {saying}"
            return Failure(subject, hint)
    return Failure(
        f"The repository {shown(url)} cannot be reached: {last_line(errors)}",
        "Check the repository's address and that this machine reaches it, then retry",
    )


def shown(url: str) -> str:
    """The address without user and password."""
    parts = urlsplit(url) if "://" in url else None
    if parts is None or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def url_key(url: str) -> str:
    """A name for files that belong to this address."""
    return hashlib.sha256(url.encode()).hexdigest()[:24]


def _numbered(settings: dict[str, str]) -> dict[str, str]:
    """Git settings as environment, so that no configuration file is needed."""
    pairs = {}
    for number, (key, value) in enumerate(sorted(settings.items())):
        pairs[f"GIT_CONFIG_KEY_{number}"] = key
        pairs[f"GIT_CONFIG_VALUE_{number}"] = value
    return {**pairs, "GIT_CONFIG_COUNT": str(len(settings))}


def _credential_settings(places: Places, url: str, folder: Path) -> dict[str, str]:
    secret = places.secret("git-credentials") or ""
    parts = urlsplit(url) if "://" in url else None
    if not secret or _is_key(secret) or parts is None or parts.scheme not in ("http", "https"):
        return {}
    user, _, token = secret.partition(":")
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(token, safe='')}"
    store = private_file(folder, f"{parts.scheme}://{login}@{host}\n")
    return {"credential.helper": f"store --file={store}"}


def _ssh_command(places: Places, folder: Path) -> str:
    known_hosts = places.mirrors / "known_hosts"
    options = [
        "-o BatchMode=yes",
        "-o ConnectTimeout=20",
        "-o StrictHostKeyChecking=accept-new",
        f"-o UserKnownHostsFile={known_hosts}",
    ]
    secret = places.secret("git-credentials") or ""
    if _is_key(secret):
        options += [f"-i {private_file(folder, secret + chr(10))}", "-o IdentitiesOnly=yes"]
    return " ".join(["ssh", *options])


def _is_key(secret: str) -> bool:
    return secret.startswith("-----BEGIN")


def private_file(folder: Path, text: str) -> Path:
    """A file that only we can read, with this text."""
    descriptor, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
