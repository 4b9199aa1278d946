"""What restic's complaints mean, as one sentence and what to do."""

import json

from .outcome import Failure, Unreachable
from .process import Finished

MISSING, LOCKED, WRONG_KEY = 10, 11, 12
PARTIAL = 3

DAMAGE = (
    "ciphertext verification failed",
    "does not match",
    "hash mismatch",
    "not found in index",
    "invalid data returned",
    "invalid mac",
    "unexpected eof",
    "size mismatch",
    "unexpected size",
    "decrypt",
    "decompress",
    "integrity",
    "contains errors",
    "packs contain",
    "repository contains",
    "is damaged",
    "no such file or directory",
    "blob",
    "load(<",
    "invalid pack",
)
AWAY = (
    "connection refused",
    "no such host",
    "i/o timeout",
    "network is unreachable",
    "no route to host",
    "connection reset",
    "dial tcp",
    "broken pipe",
    "connection closed",
    "could not resolve hostname",
    "connection timed out",
    "unable to start the sftp session",
    "timeout awaiting",
)
REFUSED = (
    "access denied",
    "accessdenied",
    "invalidaccesskeyid",
    "signaturedoesnotmatch",
    "permission denied",
    "host key verification failed",
    "403 forbidden",
)
GONE = ("no matching id", "no such file", "does not exist")
SSH = "subprocess ssh: "
WORDS_OF_ERROR = ("fatal:", "error", "permission denied", "host key", "ssh:")


def is_retry(line: str) -> bool:
    """True of restic's line that it will ask the store again."""
    return "returned error, retrying after" in line or "retrying in" in line


def explain(done: Finished, writes: str = "The backup repository's disk") -> Failure:
    """The end of a restic command as a Failure; `writes` names the disk that it was writing to."""
    reason = complaint(done)
    lowered = done.output.lower()
    if done.timed_out:
        return Failure("The backup repository took too long", "Check its store, then retry")
    if done.exit_status == WRONG_KEY or "wrong password" in lowered:
        return Failure(
            "The key does not open the backup repository",
            "Check the project's backup key: without the right one nobody can read these backups",
        )
    if "no space left" in lowered or "disk quota exceeded" in lowered:
        return Failure(f"{writes} is full", "Free space there, then retry the run")
    if done.exit_status == LOCKED:
        return Failure("Another job is using the backup repository", "Retry when it has ended")
    if any(words in lowered for words in REFUSED):
        return Failure(
            f"The store of the backup repository refused us: {reason}",
            "Check credentials, host key and rights in the project's backup settings",
        )
    if any(words in lowered for words in AWAY):
        return Unreachable(
            f"The store of the backup repository cannot be reached: {reason}",
            "Check the store and the network to it, then retry",
        )
    return _repository_failure(done, reason, lowered)


def _repository_failure(done: Finished, reason: str, lowered: str) -> Failure:
    if done.exit_status == MISSING:
        return Failure(
            "There is no backup repository at this place",
            "Check the project's backup settings, or take a first backup",
        )
    if "failed to find snapshot" in lowered and any(words in lowered for words in GONE):
        return Failure("The backup is not in the repository any more", "Choose another backup")
    if any(words in lowered for words in DAMAGE):
        return Failure(
            f"The backup repository is damaged: {reason}",
            "Take a new backup at once, then repair it: docs/recovery.md says how",
        )
    if done.exit_status == PARTIAL:
        return Failure(f"A file could not be read: {reason}", "Check the disk, then retry")
    return Failure(f"restic ended with {done.exit_status}: {reason}", "Read the log, then retry")


def complaint(done: Finished) -> str:
    """The line of restic's output that says why."""
    lines = done.output.splitlines()
    told = [text for text in map(_error_of, lines) if text]
    plain = [line for line in lines if any(word in line.lower() for word in WORDS_OF_ERROR)]
    by_ssh = [line.removeprefix(SSH) for line in lines if line.startswith(SSH)]
    chosen = (by_ssh[-1:] or told or plain or lines or ["it gave no reason"])[0]
    return " ".join(chosen.removeprefix("Fatal: ").split())[:300]


def _error_of(line: str) -> str:
    """The text of one of restic's JSON errors, with the file it is about."""
    if not line.startswith("{"):
        return ""
    try:
        value = json.loads(line)
    except ValueError:
        return ""
    if value.get("message_type") not in ("error", "exit_error"):
        return ""
    if isinstance(value.get("error"), dict):
        item = value.get("item") or ""
        return f"{item}: {value['error'].get('message', '')}".removeprefix(": ")
    return value.get("message", "")
