"""What a visitor of one Odoo notices while a container beside it takes all it can get.

Each hog has the limits of a usual target, looks at them before it begins, and ends by itself.
"""

import http.client
import json
import sys
import time
import uuid
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "script"), str(ROOT / "tests" / "integration")]

from odoo.addons.ipai_ops.adapters.swarm import SwarmRuntime  # noqa: E402
from odoo.addons.ipai_ops.engine.platform import Platform  # noqa: E402
from odoo.addons.ipai_ops.engine.ports import JobSpec, JobState, Scratch  # noqa: E402

from provision.settings import current_settings  # noqa: E402

from .measure import Row  # noqa: E402

ROUNDS = 5
VISITS = 60
PIDS = 128
MOST_CHANGE = 0.10
BOX = """
import os, signal, sys, time
from pathlib import Path
places = ("/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max")
limit = next(Path(place).read_text().strip() for place in places if Path(place).is_file())
if limit == "max" or int(limit) > 128:
    sys.exit(f"No hog without a limit: pids.max is {limit}")
signal.alarm(240)
print("begun", flush=True)
def child(work):
    try:
        number = os.fork()
    except BlockingIOError:
        return time.sleep(0.01)
    if number == 0:
        signal.alarm(240)
        work()
        os._exit(0)
"""
HOGS = {
    "a CPU hog of 16 processes": BOX
    + """
def spin():
    while True: pass
for _ in range(16): child(spin)
spin()
""",
    "a fork bomb": BOX
    + """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True: child(lambda: time.sleep(0.2))
""",
    "a memory hog": BOX
    + """
def hoard():
    Path("/proc/self/oom_score_adj").write_text("1000")
    kept = []
    while True: kept.append(bytearray(4 << 20))
while True:
    child(hoard)
    os.wait()
""",
    "a full disk": BOX
    + """
while True:
    with open("/ipai/scratch/file", "wb") as file:
        for _ in range(256):
            file.write(bytes(1 << 20))
        os.fsync(file.fileno())
""",
}


def rows():
    """Return a row per hog: the 95th percentile of the login page with it, beside without."""
    settings = current_settings()
    platform = Platform.from_dict(
        json.loads((settings.state / "platform.json").read_text(encoding="utf-8"))
    )
    password = Path(platform.registry["password_file"]).read_text(encoding="utf-8").strip()
    runtime = SwarmRuntime(platform, password)
    visit = _visitor(settings)
    for _warm in range(VISITS):
        visit()
    return [_row(runtime, platform, visit, name) for name in HOGS]


def _visitor(settings):
    host = f"demo-main.{settings.domain}"

    def visit():
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", settings.ports["edge"], timeout=60)
        connection.request("GET", "/web/login", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{host} answers {answer.status}: deploy the demo project first.")
        return time.perf_counter() - start

    return visit


def _row(runtime, platform, visit, name):
    alone, beside = [], []
    for _round in range(ROUNDS):
        alone.append(_p95(visit))
        beside.append(_with_hog(runtime, platform, name, lambda: _p95(visit)))
    without, with_it = median(alone), median(beside)
    change = with_it / without - 1
    return Row(
        f"login page beside {name}, 95th percentile",
        f"{with_it * 1000:.0f} ms",
        f"alone {without * 1000:.0f} ms",
        f"{with_it / without:.2f}",
        f"≤ {MOST_CHANGE:.0%} slower",
        change <= MOST_CHANGE,
    )


def _p95(visit):
    return sorted(visit() for _visit in range(VISITS))[int(VISITS * 0.95)]


def _with_hog(runtime, platform, name, work):
    """Return what ``work`` returns while the hog is under way; it is gone afterwards."""
    job = JobSpec(
        name=f"{platform.instance}-bench-hog-{uuid.uuid4().hex[:6]}",
        image=platform.images["tools"],
        command=("python3", "-I", "-c", HOGS[name]),
        labels={"ipai.instance": f"{platform.instance}-bench", "ipai.step": "hog"},
        memory_bytes=512 << 20,
        pids=PIDS,
        scratch=(Scratch("/ipai/scratch"),),
        user="0:0",
    )
    runtime.start_job(job)
    try:
        _until(lambda: any(line.text == "begun" for line in runtime.logs(job.name, "")))
        return work()
    finally:
        runtime.remove(job.name)
        watcher = SwarmRuntime(Platform(instance=f"{platform.instance}-bench"))
        _until(lambda: watcher.observe().job(job.name).state is JobState.ABSENT)
        watcher.tidy()


def _until(fact):
    deadline = time.monotonic() + 60
    while not fact():
        if time.monotonic() > deadline:
            raise RuntimeError("The hog did not come or go in time.")
        time.sleep(0.1)
