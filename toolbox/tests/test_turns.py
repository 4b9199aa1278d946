"""Jobs of one step take turns, whatever the Docker engine starts twice."""

import io
import os
import subprocess
import sys
import threading

from toolbox_samples import TOOLBOX

from ipai_toolbox.job import run_job
from ipai_toolbox.spool import Spool

HOLDER = """
import sys
import threading
from pathlib import Path
from ipai_toolbox.spool import Spool
print(Spool(Path(sys.argv[1]), 7, "build", 1).take_turn(), flush=True)
sys.stdin.read()
"""


def test_a_second_job_of_a_step_begins_when_the_first_is_gone_even_killed(places, environ):
    words = [sys.executable, "-c", HOLDER, str(places.spool)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    began = []
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(TOOLBOX)}, **pipes) as first:
        assert first.stdout.readline() == "True\n"
        second = threading.Thread(
            target=run_job, args=(lambda job: began.append(1) or {}, environ, io.StringIO())
        )
        second.start()
        second.join(0.3)
        assert second.is_alive() and not began
        first.kill()
        second.join(20)
    assert began == [1]


def test_a_job_whose_step_a_later_attempt_has_begun_does_nothing(places, environ):
    later = Spool(places.spool, 7, "build", 2)
    later.open()
    later.close()
    began = []
    out = io.StringIO()
    status = run_job(lambda job: began.append(1) or {}, environ, out)
    assert (status, out.getvalue(), began) == (143, "", [])
