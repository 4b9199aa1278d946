"""The backup repository through restic: its key, its store, its answers. No secret in a command or its environment."""

import json
import os
import re
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from .outcome import Failure, Unreachable
from .places import Places
from .process import Finished, stream
from .restic_causes import LOCKED, MISSING, SSH, explain, is_retry
from .spec import FAULT

SECONDS = 4 * 3600
AWAY_SECONDS = 180
LOCK_SECONDS = 480
DEAD_LOCK_SECONDS = 360  # a living restic renews its lock every five minutes
LOCAL_ROOT = Path("/ipai/backups")


@dataclass(frozen=True)
class Repository:
    """One restic repository, ready to be asked."""

    address: str
    options: tuple[str, ...]
    environment: dict = field(repr=False)
    ssh_log: Path | None = None

    def ensure(self) -> bool:
        """Make the repository where there is none; True when it was made now. Raises Failure."""
        done, _ = self.ask("cat", "config")
        if done.is_ok:
            return False
        if done.exit_status != MISSING:
            raise explain(done)
        self._make_place()
        done, _ = self.ask("init")
        if not done.is_ok and not self.ask("cat", "config")[0].is_ok:
            raise explain(done)
        return True

    def opened(self, *tags: str) -> tuple[bool, list[dict]]:
        """True when the repository was made now, and its snapshots that carry all these tags.

        One opening tells both: each costs the derivation of the key. Raises Failure.
        """
        done, values = self.ask("snapshots", *_tagged(tags))
        if done.is_ok:
            return False, values[0]
        if done.exit_status == MISSING:
            return self.ensure(), []
        return False, self.snapshots(*tags)

    def snapshots(self, *tags: str) -> list[dict]:
        """Facts of the snapshots that carry all these tags."""
        return self.said("snapshots", *_tagged(tags))[0]

    def said(self, *words: str, **options) -> list:
        """What restic said, as JSON values. Raises Failure."""
        done, values = self.ask(*words, **options)
        if done.exit_status == LOCKED:
            self.free_dead_locks()
            done, values = self.ask(*words, **options)
        if not done.is_ok:
            raise explain(done)
        return values

    def ask(self, *words: str, on_value: Callable | None = None, cwd=None) -> tuple[Finished, list]:
        """Run one restic command; its end, and the JSON values it said unless `on_value` takes them."""
        values: list = []
        watch = _Watch(on_value or values.append)
        if self.ssh_log:
            self.ssh_log.unlink(missing_ok=True)
        done = stream(
            ["restic", "--json", *self.options, *words],
            watch,
            timeout_seconds=SECONDS,
            env=self.environment,
            cwd=cwd,
        )
        return self._with_words_of_ssh(done), values

    def _with_words_of_ssh(self, done: Finished) -> Finished:
        """restic may end before it has passed on why ssh ended; ssh's own log has it."""
        if done.is_ok or not self.ssh_log or not self.ssh_log.is_file():
            return done
        told = self.ssh_log.read_text(encoding="utf-8", errors="replace").splitlines()
        lines = [done.output, *(f"{SSH}{line}" for line in told)]
        return replace(done, output="\n".join(lines))

    def free_dead_locks(self, sleep=time.sleep, now=time.time) -> None:
        """Wait for living users of the repository, then remove what killed ones left locked."""
        deadline = now() + float(os.environ.get("IPAI_PATIENCE_SECONDS") or LOCK_SECONDS)
        while any(now() - renewed < DEAD_LOCK_SECONDS for renewed in self._locks()):
            if now() >= deadline:
                raise Failure(
                    "Another job is using the backup repository", "Retry when it has ended"
                )
            sleep(5)
        done, _ = self.ask("unlock", "--remove-all")
        if not done.is_ok:
            raise explain(done)

    def _locks(self) -> Iterator[float]:
        listed, _ = self.ask("list", "locks", "--no-lock")
        if not listed.is_ok:
            raise explain(listed)
        for name in listed.output.split():
            done, facts = self.ask("cat", "lock", name, "--no-lock")
            if done.is_ok and facts:
                yield seconds_of(facts[0]["time"])

    def _make_place(self) -> None:
        if self.address.startswith("/"):
            Path(self.address).mkdir(parents=True, exist_ok=True)


def _tagged(tags: tuple[str, ...]) -> list[str]:
    return ["--tag", ",".join(tags)] if tags else []


class _Watch:
    """Takes restic's lines: hands JSON on, and gives up when the store stays away."""

    def __init__(self, on_value, clock=time.monotonic):
        self._on_value, self._clock = on_value, clock
        self._away_since: float | None = None
        self._patience = _patience()
        self._block: list[str] = []

    def __call__(self, line: str) -> None:
        if is_retry(line):
            self._note_retry(line)
        value = self._value(line)
        if value is None or _is_error(value):
            return
        if not isinstance(value, dict) or value.get("message_type") != "status":
            self._on_value(value)
        elif value.get("bytes_done"):
            self._away_since = None
            self._on_value(value)

    def _value(self, line: str):
        """A JSON value of one line, or of a block of indented lines that ends with this one."""
        if self._block or line in ("{", "["):
            self._block.append(line)
            if line not in ("}", "]"):
                return None
            line, self._block = "\n".join(self._block), []
        if line[:1] not in "{[":
            return None
        try:
            return json.loads(line)
        except ValueError:
            return None

    def _note_retry(self, line: str) -> None:
        now = self._clock()
        self._away_since = self._away_since or now
        if now - self._away_since >= self._patience:
            raise Unreachable(
                f"The store of the backup repository does not answer: {line.rpartition(': ')[2]}",
                "Check the store and the network to it, then retry",
            )


def _patience() -> float:
    """For how many seconds a store may be away."""
    return float(os.environ.get("IPAI_PATIENCE_SECONDS") or AWAY_SECONDS)


def _is_error(value) -> bool:
    return isinstance(value, dict) and value.get("message_type") in ("exit_error", "error")


def seconds_of(stamp: str) -> float:
    """The time of restic's stamps, which have nanoseconds, in seconds since 1970."""
    whole = re.sub(r"\.\d+", "", stamp)
    return datetime.fromisoformat(whole.replace("Z", "+00:00")).timestamp()


@contextmanager
def repository_of(part: dict, places: Places) -> Iterator[Repository]:
    """The repository an order names; its key files are private and gone afterwards."""
    password = places.secrets / "restic-password"
    if not password.is_file():
        raise Failure("The job has no key of the backup repository", FAULT)
    with tempfile.TemporaryDirectory(prefix="ipai-restic-") as folder:
        work = Path(folder)
        address, options, more = _store(part, places, work)
        if places.ca_bundle.is_file():
            options = (*options, "--cacert", str(places.ca_bundle))
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": folder,
            "TMPDIR": tempfile.gettempdir(),
            "RESTIC_REPOSITORY": address,
            "RESTIC_PASSWORD_FILE": str(password),
            "RESTIC_CACHE_DIR": str(work / "cache"),
            "RESTIC_PROGRESS_FPS": "0.5",
            **more,
        }
        yield Repository(address, options, environment, _ssh_log(work))


def _store(part: dict, places: Places, work: Path) -> tuple[str, tuple[str, ...], dict]:
    kind = part.get("kind")
    stores = {"local": _local, "s3": _s3, "sftp": _sftp}
    if kind not in stores:
        raise Failure(f"There is no kind of backup repository '{kind}'", FAULT)
    try:
        return stores[kind](part, places, work)
    except KeyError as error:
        raise Failure(f"The backup repository has no {error.args[0]}", FAULT) from error


def _local(part: dict, places: Places, work: Path):
    path = Path(part["path"]).resolve()
    if not path.is_relative_to(LOCAL_ROOT) or path == LOCAL_ROOT:
        raise Failure(f"{path} is not a folder of the backups' volume", FAULT)
    return str(path), ("--no-cache",), {}  # the repository is as near as a cache could be


def _s3(part: dict, places: Places, work: Path):
    try:
        keys = json.loads(places.secret("s3-credentials") or "")
        text = f"aws_access_key_id={keys['access_key']}\naws_secret_access_key={keys['secret_key']}"
    except (ValueError, KeyError) as error:
        raise Failure(
            "The credentials of the S3 store are missing or not readable",
            "Enter access key and secret key again in the project's backup settings",
        ) from error
    file = work / "s3"
    file.touch(mode=0o600)
    file.write_text(f"[default]\n{text}\n", encoding="utf-8")
    prefix = part.get("prefix", "").strip("/")
    address = f"s3:{part['endpoint'].rstrip('/')}/{part['bucket']}" + (prefix and f"/{prefix}")
    region = {"AWS_DEFAULT_REGION": part["region"]} if part.get("region") else {}
    stuck = f"--stuck-request-timeout={max(int(_patience() / 3), 1)}s"
    return address, (stuck,), {"AWS_SHARED_CREDENTIALS_FILE": str(file), **region}


def _sftp(part: dict, places: Places, work: Path):
    key, hosts = work / "sftp-key", work / "sftp-known-hosts"
    for file in (key, hosts):
        text = places.secret(file.name)
        if not text:
            raise Failure(f"The job has no {file.name}", FAULT)
        file.touch(mode=0o600)
        file.write_text(text + "\n", encoding="utf-8")
    user, host, path = part["user"], part["host"], part["path"]
    if host.startswith("-") or user.startswith("-"):
        raise Failure("The host or user of the SFTP store is not usable", FAULT)
    command = ["ssh", "-F", "none", "-E", str(_ssh_log(work)), "-i", str(key)]
    command += ["-p", str(part.get("port") or 22)]
    for option in (
        f"UserKnownHostsFile={hosts}",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "ConnectTimeout=20",
        "ServerAliveInterval=20",
        "ServerAliveCountMax=3",
    ):
        command += ["-o", option]
    words = shlex.join([*command, f"{user}@{host}", "-s", "sftp"])
    return f"sftp:{user}@{host}:{path}", ("-o", f"sftp.command={words}"), {}


def _ssh_log(work: Path) -> Path:
    return work / "ssh.log"
