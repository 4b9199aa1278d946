"""Copies and backups of one company against what people use instead: time, bytes, memory.

On the disk Docker has (usually ext4) and on XFS with reflinks, made for it in a loop file. The rows lie in four large
tables of one size, as a company has them in its messages, journal items, stock moves and tracking values. More than
half of a second backup is pg_dump, which reads the whole database each time.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .measure import Row

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "script"), str(ROOT / "tests" / "dataplane")]

from company import Company  # noqa: E402
from world import ODOO_PASSWORD, PASSWORD, World  # noqa: E402

from provision.commands import Commands  # noqa: E402
from provision.machine import ensure_packages, require_room  # noqa: E402
from provision.settings import current_settings  # noqa: E402

USUAL_GIGABYTES = 1
ROOM_PER_GIGABYTE = 6
TABLES = 4
ROWS_PER_GIGABYTE = 3_000_000
FILES_PER_GIGABYTE = 3000
FILE_KILOBYTES = 100
CLONE_TARGET_SECONDS, COPY_TARGET_SECONDS = 1.0, 30.0
SPEED_TARGET, BYTES_TARGET = 10.0, 0.01
TIMEOUT_SECONDS = 3600

LINES = """CREATE TABLE {table} AS SELECT g AS id, md5(g::text) AS code,
md5((g * 7)::text) || md5((g * 11)::text) || md5((g * 13)::text) AS note, g % 1000 AS partner_id,
now() - g * interval '1 second' AS at FROM generate_series({first}, {last}) g;
ALTER TABLE {table} ADD PRIMARY KEY (id); CREATE INDEX ON {table} (code);
ALTER TABLE {table} OWNER TO company"""
FILES = """
import hashlib, os
root = "/var/lib/odoo/filestore/company"
for number in range({files}):
    content = os.urandom({size})
    name = hashlib.sha1(content).hexdigest()
    os.makedirs(f"{{root}}/{{name[:2]}}", exist_ok=True)
    open(f"{{root}}/{{name[:2]}}/{{name}}", "wb").write(content)
"""
PEAK = (
    "import resource, subprocess, sys, time; t = time.monotonic(); "
    "s = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
    "print('PEAK', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, time.monotonic() - t); "
    "sys.exit(s)"
)
PEAK_OF_A_JOB = PEAK.replace(", stdout=subprocess.DEVNULL", "")


def rows(gigabytes=USUAL_GIGABYTES):
    """Return the rows; takes some minutes at one gigabyte and cleans up after itself."""
    settings = current_settings()
    require_room(settings.cache, gigabytes * ROOM_PER_GIGABYTE)
    found = []
    with ExitStack() as stack:
        company = _company(stack, settings, gigabytes)
        found += _backups(company)
        found += _copies(company, "Docker's disk", COPY_TARGET_SECONDS * gigabytes / 5)
    with ExitStack() as stack:
        folder = stack.enter_context(_reflink_disk(settings, gigabytes))
        company = _company(stack, settings, gigabytes, folder)
        found += _copies(company, "XFS with reflinks", CLONE_TARGET_SECONDS)
    return found


def _company(stack, settings, gigabytes, disk=None):
    """A company of this size; its server's data lies on `disk` where one is given."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ipai-bench-")))
    world = World(settings, folder)
    stack.callback(world.close)
    if disk:
        places = iter(disk / name for name in ("production", "staging", "files", "snapshots"))
        world.next_device = lambda: next(places, None)
    company = Company(world)
    each = gigabytes * ROWS_PER_GIGABYTE // TABLES
    for number in range(TABLES):
        place = {
            "table": f"bench_{number}",
            "first": number * each + 1,
            "last": (number + 1) * each,
        }
        company.production.sql(LINES.format(**place), "company")
    for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
        company.production.sql(statement, "company")
    files = gigabytes * FILES_PER_GIGABYTE
    script = FILES.format(files=files, size=FILE_KILOBYTES * 1024)
    world.shell(f"python3 -c '{script}'; chown -R 100 /var/lib/odoo", company.mounts)
    return company


@contextmanager
def _reflink_disk(settings, gigabytes):
    """A folder on a fresh XFS in a loop file; unmounted and removed afterwards."""
    commands = Commands(settings.logs / "bench.log")
    ensure_packages(commands, {"xfsprogs": "mkfs.xfs"})
    folder = Path(tempfile.mkdtemp(prefix="ipai-bench-xfs-", dir=settings.cache))
    image, mount = folder / "disk", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate((gigabytes * 6 + 2) << 30)
    _do("mkfs.xfs", "-q", "-m", "reflink=1", image)
    _do("mount", "-o", "loop", image, mount)
    try:
        for name in ("production", "staging", "files", "snapshots"):
            (mount / name).mkdir()
        yield mount
    finally:
        _do("umount", mount)
        shutil.rmtree(folder)


def _do(*command):
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    environment = {**os.environ, "PATH": path}
    subprocess.run([str(word) for word in command], check=True, timeout=300, env=environment)


# Copies ------------------------------------------------------------------------------------------


def _copies(company, disk, target):
    """Clone against CREATE DATABASE … TEMPLATE and pg_dump | pg_restore, on one disk."""
    server = company.production
    size = float(server.sql("SELECT pg_database_size('company') / 1e9"))
    server.sql("CREATE DATABASE parked OWNER company TEMPLATE company")
    company.world.shell(f"ln -sfn company {company.store('parked')}", company.mounts)
    ordinary = _timed(lambda: server.sql("CREATE DATABASE by_template TEMPLATE parked"))
    server.sql("DROP DATABASE by_template")
    server.sql("CREATE DATABASE by_dump")
    password = f"*:*:*:*:{PASSWORD}"
    pipe = (
        f"umask 077; echo '{password}' > /tmp/pass; export PGPASSFILE=/tmp/pass PGHOST=production "
        "PGUSER=postgres; pg_dump -Fc -Z0 parked | pg_restore --no-owner -d by_dump"
    )
    piped = _timed(lambda: company.world.shell(pipe))
    server.sql("DROP DATABASE by_dump")
    order = {"source": "parked", "database": "cloned", "role": "company"}
    order |= {"filestore": company.store("cloned"), "source_filestore": company.store("parked")}
    done = company.run("clone", **order)
    figure = f"{done['seconds']:.2f} s ({done['method']}, files by {done['filestore_method']})"
    what = f"clone of {size:.1f} GB on {disk}"
    met, goal = done["seconds"] < target, f"< {target:.0f} s"
    return [
        Row(
            what,
            figure,
            f"createdb -T {ordinary:.1f} s",
            f"{ordinary / done['seconds']:.0f}× faster",
            goal,
            met,
        ),
        Row(
            what,
            figure,
            f"pg_dump | pg_restore {piped:.1f} s",
            f"{piped / done['seconds']:.0f}× faster",
        ),
    ]


def _timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# Backups -----------------------------------------------------------------------------------------


def _backups(company):
    """Backup 1 and 2 and a restore, against Odoo's zip and pg_dump -Fc with tar."""
    zipped, packed = _odoo_zip(company), _dump_and_tar(company)
    repository = company.repository()
    first, first_peak = _measured(company, "backup", _backup_order(repository, 1))
    second, peak = _measured(company, "backup", _backup_order(repository, 2))
    order = {"server": company.staging.address, "database": "again", "role": "preview"}
    order |= {
        "repository": repository,
        "snapshot": second["snapshot"],
        "filestore": company.store("again"),
    }
    restored, restore_peak = _measured(company, "restore", order)
    first_told, second_told = _told(first, first_peak), _told(second, peak)
    return [
        *_first_rows(first, first_told, zipped, packed),
        *_second_rows(second, second_told, zipped),
        _restore_row(first, restored, restore_peak),
    ]


def _first_rows(first, told, zipped, packed):
    baselines = {f"Odoo's zip {zipped.text}": zipped, f"pg_dump -Fc + tar {packed.text}": packed}
    return [
        Row("first backup", told, text, f"{baseline.seconds / first['seconds']:.1f}× faster")
        for text, baseline in baselines.items()
    ]


def _second_rows(second, told, zipped):
    theirs = f"Odoo's zip {zipped.text}"
    faster, share = zipped.seconds / second["seconds"], second["added_bytes"] / zipped.bytes
    is_fast, is_small = faster >= SPEED_TARGET, share <= BYTES_TARGET
    added = f"{second['added_bytes'] / 1e6:.2f} MB"
    ratio, target = f"{faster:.1f}× faster", f"≥ {SPEED_TARGET:.0f}×"
    return [
        Row("second backup, time", told, theirs, ratio, target, is_fast),
        Row(
            "second backup, bytes",
            added,
            theirs,
            f"{share:.2%}",
            f"≤ {BYTES_TARGET:.0%}",
            is_small,
        ),
    ]


def _restore_row(first, restored, peak):
    rate = (first["database_bytes"] + first["filestore_bytes"]) / 1e6 / restored["seconds"]
    return Row(
        "restore, every row and file compared",
        f"{restored['seconds']:.1f} s, {rate:.0f} MB/s, {peak:.0f} MB of memory",
    )


LOGIN = (
    f"umask 077; echo '*:*:*:*:{ODOO_PASSWORD}' > /tmp/pass; "
    "export PGPASSFILE=/tmp/pass PGHOST=production PGUSER=company"
)
ODOO_ZIP = """
import os, shutil, subprocess, tempfile, zipfile
with tempfile.TemporaryDirectory() as folder:
    shutil.copytree("/var/lib/odoo/filestore/company", folder + "/filestore")
    command = ["pg_dump", "--no-owner", "--file=" + folder + "/dump.sql", "company"]
    subprocess.run(command, check=True)
    with zipfile.ZipFile("/tmp/company.zip", "w", zipfile.ZIP_DEFLATED, allowZip64=True) as out:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                out.write(path, os.path.relpath(path, folder))
"""


class Measured:
    """What one of the others took."""

    def __init__(self, output):
        lines = [line.split() for line in output.splitlines()]
        [(_, peak, seconds)] = [words for words in lines if words[:1] == ["PEAK"]]
        [(_, size)] = [words for words in lines if words[:1] == ["SIZE"]]
        self.seconds, self.bytes, self.peak = float(seconds), int(size), int(peak) / 1024
        self.text = f"{self.seconds:.1f} s, {self.bytes / 1e6:.0f} MB, {self.peak:.0f} MB of memory"


def _odoo_zip(company):
    """The steps of Odoo's own dump_db, with the server's pg_dump: Odoo's image has an older one."""
    script = company.world.folder / "odoo_zip.py"
    script.write_text(ODOO_ZIP)
    command = f'{LOGIN}; python3 -c "{PEAK}" python3 /odoo_zip.py'
    places = [*company.mounts, (script, "/odoo_zip.py")]
    size = "echo SIZE $(stat -c %s /tmp/company.zip)"
    return Measured(company.world.shell(f"{command}; {size}", places))


def _dump_and_tar(company):
    words = "pg_dump -Fc -f /tmp/company.dump company; tar -C /var/lib/odoo/filestore -cf /tmp/company.tar company"
    command = f"python3 -c \"{PEAK}\" sh -c '{words}'"
    size = "echo SIZE $(cat /tmp/company.dump /tmp/company.tar | wc -c)"
    return Measured(company.world.shell(f"{LOGIN}; {command}; {size}", company.mounts))


def _backup_order(repository, run):
    tags = {"project": "bench", "environment": "1", "run": str(run)}
    return {"database": "company", "repository": repository, "tags": tags}


def _measured(company, verb, order):
    """The verb's result and the memory of its largest process, in MB."""
    outcome = company.run(verb, wrapper=["python3", "-c", PEAK_OF_A_JOB], **order)
    peaks = [line.split()[1] for line in outcome.log.splitlines() if line.startswith("PEAK")]
    assert outcome.ok, outcome.log[-2000:]
    return outcome.result, int(peaks[-1]) / 1024


def _told(result, peak):
    return f"{result['seconds']:.1f} s, {result['added_bytes'] / 1e6:.0f} MB added, {peak:.0f} MB of memory"
