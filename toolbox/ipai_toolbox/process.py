"""Runs commands: always a list, always a timeout, always the exit status read."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from .outcome import Failure

LONGEST_LINE = 65536
TAIL_LINES = 200
GRACE_SECONDS = 5


@dataclass(frozen=True)
class Finished:
    """How a command ended. `output` of a streamed command is its last lines, both streams mixed."""

    command: tuple[str, ...]
    exit_status: int
    output: str
    errors: str = ""
    timed_out: bool = False
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        return self.exit_status == 0 and not self.timed_out


def capture(
    command, *, timeout_seconds: float, env=None, cwd=None, stdin: str | None = None, user=None
) -> Finished:
    """Run a short command quietly; its two streams come back apart. Raises Failure when it is absent.

    `user` is a pwd entry to become.
    """
    started = time.monotonic()
    process = _start(
        command,
        env,
        cwd,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        user=user,
    )
    timed_out = False
    try:
        output, errors = process.communicate(_bytes(stdin), timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        timed_out = True
        _end_group(process)
        output, errors = process.communicate()
    except BaseException:
        _end_group(process)
        raise
    seconds = time.monotonic() - started
    return Finished(
        tuple(command), process.returncode, _text(output), _text(errors), timed_out, seconds
    )


def stream(
    command,
    on_line,
    *,
    timeout_seconds: float,
    env=None,
    cwd=None,
    user=None,
    on_idle=None,
    stdin=None,
):
    """Run a long command; `on_line(text)` gets each line as it comes, stdout and stderr in order.

    `on_idle()` is called when nothing came for half a second. `user` is a pwd entry to become;
    `stdin` an open file it reads, nothing where none is given.
    """
    process = _start(
        command,
        env,
        cwd,
        stdin=stdin or subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        user=user,
    )
    lines: queue.Queue = queue.Queue(maxsize=10000)
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    pump = _Pump(process, lines, on_line, on_idle or (lambda: None), timeout_seconds)
    try:
        timed_out = pump.run()
    except BaseException:
        _end_group(process)
        raise
    return Finished(
        tuple(command), process.wait(), "\n".join(pump.tail), "", timed_out, pump.seconds
    )


class _Pump:
    """Hands lines on until the command has ended, its output is read, or its time is over."""

    def __init__(self, process, lines, on_line, on_idle, timeout_seconds):
        self._process, self._lines = process, lines
        self._on_line, self._on_idle = on_line, on_idle
        self._started = time.monotonic()
        self._deadline = self._started + timeout_seconds
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def run(self) -> bool:
        """True when the time was over before the command ended."""
        while time.monotonic() < self._deadline:
            if self._step():
                return False
        _end_group(self._process)
        while not self._step():
            pass
        return True

    def _step(self) -> bool:
        try:
            line = self._lines.get(timeout=0.5)
        except queue.Empty:
            self._on_idle()
            return self._process.poll() is not None
        if line is None:
            return self._wait_for_end()
        self.tail.append(line)
        self._on_line(line)
        return False

    def _wait_for_end(self) -> bool:
        """The output is closed: the command normally ends now."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=max(self._deadline - time.monotonic(), 0.1))
            return True
        _end_group(self._process)
        return True


def piped(stream: IO[bytes] | None) -> IO[bytes]:
    """A stream of a process that was started with a pipe for it."""
    if stream is None:
        raise ValueError("The process was started without this pipe")
    return stream


def _start(command, env, cwd, *, stdin, stderr, user=None):
    try:
        return subprocess.Popen(
            list(command),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=env,
            cwd=cwd,
            start_new_session=True,
            **_identity(user),
        )
    except FileNotFoundError as error:
        raise Failure(
            f"The command {command[0]} is missing in this image ({error.filename})",
            "Use the platform's image for this step, or add the command to yours",
        ) from error


def _identity(user) -> dict:
    if user is None:
        return {}
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": groups}


def _read(pipe, lines: queue.Queue) -> None:
    with suppress(ValueError, OSError):
        for raw in iter(lambda: pipe.readline(LONGEST_LINE), b""):
            lines.put(_text(raw).rstrip("\r\n"))
    lines.put(None)


def _end_group(process) -> None:
    """End the command and its children: politely, then at once."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_SECONDS)
            if sign == signal.SIGKILL or not _group_lives(process.pid):
                return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
