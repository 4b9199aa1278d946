"""Run outside programs: always a list, always a timeout, always in the log."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from .trouble import Trouble


class Commands:
    """Runs programs and keeps what they said in one log file."""

    def __init__(self, log_path):
        self.log_path = log_path

    def run(self, command, timeout=120, why=None, stdin=None, environ=None, cwd=None):
        """Standard output of `command`; raises Trouble with `why` and the program's last words."""
        done = self.attempt(command, timeout, stdin, environ, cwd)
        if done.returncode == 0:
            return done.stdout
        raise Trouble(
            f"{why or 'A command failed'}: {self._last_words(done, command)} (log: {self.log_path})."
        )

    def attempt(self, command, timeout=120, stdin=None, environ=None, cwd=None):
        """The finished process, whatever its exit status; raises Trouble on timeout."""
        command = [str(word) for word in command]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                input=stdin if stdin is not None else "",
                env={**os.environ, **(environ or {})},
                cwd=cwd,
            )
        except FileNotFoundError as exc:
            raise Trouble(f"The program “{command[0]}” is missing.") from exc
        except subprocess.TimeoutExpired as exc:
            raise Trouble(f"“{' '.join(command[:3])}” did not finish within {timeout} s.") from exc
        self._write(command, done)
        return done

    def succeeds(self, command, timeout=60):
        """Whether `command` exits with 0."""
        return self.attempt(command, timeout).returncode == 0

    @contextmanager
    def scratch_file(self, text):
        """The path of a file holding `text`, gone after the block."""
        with tempfile.NamedTemporaryFile("w", prefix="ipai-") as scratch:
            scratch.write(text)
            scratch.flush()
            yield scratch.name

    def _last_words(self, done, command):
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = lines[-1] if lines else "it said nothing"
        return f"{Path(command[0]).name} ended with {done.returncode}, {said}"

    def _write(self, command, done):
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        moment = datetime.now(timezone.utc).strftime("%F %T")
        with self.log_path.open("a") as log:
            log.write(f"{moment} [{done.returncode}] {' '.join(map(str, command))}\n")
            if done.returncode:
                log.write(done.stdout[-4000:] + done.stderr[-4000:])
