import os
import signal
import sys
import time
import zipfile

import pytest
from toolbox_samples import TOOLBOX

from ipai_toolbox.outcome import Failure, Stopped
from ipai_toolbox.process import capture, stream


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", code]


def test_both_streams_arrive_line_by_line_in_order():
    seen = []
    done = stream(
        python("import sys\nfor n in range(3): print(n); print('e', n, file=sys.stderr)"),
        seen.append,
        timeout_seconds=20,
    )
    assert seen == ["0", "e 0", "1", "e 1", "2", "e 2"]
    assert done.is_ok and done.output.splitlines() == seen


def test_a_line_is_handed_on_while_the_command_still_runs():
    times = []
    stream(
        python("import time\nprint(1)\ntime.sleep(1)\nprint(2)"),
        lambda _: times.append(time.monotonic()),
        timeout_seconds=20,
    )
    assert times[1] - times[0] > 0.5


def test_the_exit_status_is_read():
    assert stream(python("raise SystemExit(7)"), print, timeout_seconds=20).exit_status == 7
    assert capture(python("raise SystemExit(7)"), timeout_seconds=20).exit_status == 7


def test_an_endless_command_is_stopped_with_its_children():
    code = "import subprocess, sys\np = subprocess.Popen(['sleep', '600'])\nprint(p.pid)\np.wait()"
    seen = []
    done = stream(python(code), seen.append, timeout_seconds=1)
    assert done.timed_out and not done.is_ok
    with pytest.raises(ProcessLookupError):
        for _ in range(50):
            os.kill(int(seen[0]), 0)
            time.sleep(0.1)


def test_a_grandchild_that_keeps_the_output_open_does_not_hold_us():
    code = "import subprocess\nsubprocess.Popen(['sleep', '600'])\nprint('done')"
    started = time.monotonic()
    assert stream(python(code), print, timeout_seconds=60).exit_status == 0
    assert time.monotonic() - started < 10


def test_an_exception_in_between_ends_the_command():
    pids = []

    def on_line(line):
        pids.append(int(line))
        raise Stopped

    with pytest.raises(Stopped):
        stream(
            python("import os, time\nprint(os.getpid())\ntime.sleep(600)"),
            on_line,
            timeout_seconds=60,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], signal.SIGCONT)


def test_undecodable_output_and_missing_line_ends_are_kept():
    seen = []
    stream(
        python("import sys; sys.stdout.buffer.write(b'caf\\xff\\nlast')"),
        seen.append,
        timeout_seconds=20,
    )
    assert seen == ["caf\ufffd", "last"]


def test_a_missing_command_is_a_sentence():
    with pytest.raises(Failure, match="no-such-command is missing"):
        capture(["no-such-command"], timeout_seconds=5)


def test_input_goes_to_a_quiet_command():
    assert capture(["cat"], timeout_seconds=5, stdin="secret").output == "secret"


def test_the_toolbox_runs_from_one_file_small_enough_for_a_swarm_config(tmp_path):
    archive = tmp_path / "toolbox.pyz"
    start = "import sys\nfrom ipai_toolbox.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:  # as it is delivered
        file.writestr("__main__.py", start)
        for path in sorted((TOOLBOX / "ipai_toolbox").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, path.relative_to(TOOLBOX))
    assert archive.stat().st_size < 500_000
    done = capture([sys.executable, str(archive), "nonsense"], timeout_seconds=20)
    assert done.exit_status == 2 and "Usage" in done.errors
    code = "import ipai_toolbox.context as context; print(context._program('install_python.py'))"
    inside = capture(
        [sys.executable, "-c", code], timeout_seconds=20, env={"PYTHONPATH": str(archive)}
    )
    assert "def record_odoo" in inside.output
