"""What a container of ours gives up before it begins, seen from the kernel's side."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ipai_toolbox import container
from ipai_toolbox.outcome import Failure

TOOLBOX = Path(container.__file__).resolve().parents[1]
LINE = "715 690 8:1 {source} {target} rw,relatime - ext4 /dev/sda1 rw\n"
ANONYMOUS = "/docker/volumes/" + "0a" * 32 + "/_data"
NAMED = "/docker/volumes/acme-data/_data"


def told(script, **environment):
    """What a Python of its own prints, beside the toolbox."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(TOOLBOX), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_nothing_started_from_a_hardened_program_gains_a_privilege():
    script = """
from ipai_toolbox.container import harden
import subprocess
harden()
subprocess.run(["grep", "NoNewPrivs", "/proc/self/status"])
"""
    assert told(script).split() == ["NoNewPrivs:", "1"]


def test_a_hardened_program_is_not_read_by_others_of_its_user():
    script = """
from ipai_toolbox.container import harden
import ctypes
harden()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    assert told(script) == "0"


def test_no_variable_of_the_image_reaches_the_connections_to_postgresql():
    script = """
from ipai_toolbox.container import harden
import os
harden()
print([name for name in os.environ if name.startswith("PG")])
"""
    assert told(script, PGOPTIONS="-c a=b", PGHOST="elsewhere", PGSERVICEFILE="/trap") == "[]"


def test_every_verb_begins_hardened():
    script = """
import runpy, sys
sys.argv = ["ipai_toolbox", "probe"]
try:
    runpy.run_module("ipai_toolbox", run_name="__main__")
except SystemExit:
    print(open("/proc/self/status").read().partition("NoNewPrivs:")[2].split()[0])
"""
    assert told(script, IPAI_PROBE_PORT="9") == "1"


@pytest.mark.parametrize(
    "target",
    ["/var/lib/odoo/filestore", "/run/secrets/odoo.conf", "/ipai/toolbox.pyz"],
)
def test_a_volume_of_the_image_over_a_folder_of_ours_is_refused_by_its_name(target):
    with pytest.raises(Failure, match=target) as refused:
        container.refuse_hidden_folders(LINE.format(source=ANONYMOUS, target=target))
    assert f"VOLUME {target}" in refused.value.hint


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (NAMED, "/var/lib/odoo/filestore"),
        (ANONYMOUS, "/mnt/extra-addons"),
        (ANONYMOUS, "/var/lib/odoo"),
        ("/docker/containers/x/secrets", "/run/secrets/odoo.conf"),
    ],
)
def test_every_other_mount_is_fine(source, target):
    container.refuse_hidden_folders(LINE.format(source=source, target=target))


@pytest.mark.parametrize("name", ["nobody-of-that-name", "root"])
def test_an_image_without_a_user_of_its_own_is_refused_with_the_line_that_is_missing(name):
    with pytest.raises(Failure) as refused:
        container.person(name)
    assert "RUN useradd" in refused.value.hint


ROOT = pytest.mark.skipif(os.getuid() != 0, reason="Only root can become somebody else.")
SETTLE = """
import os, sys
from dataclasses import replace
from pathlib import Path
from ipai_toolbox.places import places_from
from ipai_toolbox.settle import settle, shut
folder = Path(sys.argv[1])
conf = folder / "secrets" / "odoo.conf"
places = replace(places_from({}), spool=folder / "data" / ".ipai-spool", secrets=folder / "secrets")
shown = shut(places.spool, "nobody")
print(sorted(path.name for path in shown.iterdir()), file=sys.stderr)
(shown / "8").write_text("said by root")
settle(places, "nobody", shown)
(folder / "data" / "file").write_text("mine")
for closed in (lambda: list(places.spool.iterdir()), (places.spool / "9").touch, (places.spool / "8").read_text):
    try:
        closed()
        sys.exit("The spool is open.")
    except PermissionError:
        pass
print(os.getuid(), (folder / "data" / "file").stat().st_uid, (folder / "data").stat().st_uid)
"""


@pytest.fixture
def volume(tmp_path):
    """A project's volume with its configuration; the spool is to lie in it."""
    for folder in (tmp_path, tmp_path.parent, tmp_path.parents[1]):
        folder.chmod(0o755)
    for name in ("data", "secrets", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "secrets" / "odoo.conf").write_text(
        f"[options]\ndata_dir = {tmp_path / 'data'}\n", encoding="utf-8"
    )
    return tmp_path


def settle_in(volume):
    done = subprocess.run(
        [sys.executable, "-c", SETTLE, str(volume)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(TOOLBOX)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["65534"] * 3, done.stderr
    return done.stderr.strip()


def linked(spool, volume):
    spool.symlink_to(volume / "elsewhere")


def forged(spool, _volume):
    spool.mkdir()
    (spool / "7").write_text("a line that we never said")
    os.chown(spool, 65534, 65534)


def a_file(spool, _volume):
    spool.write_text("in the way")


@ROOT
@pytest.mark.parametrize("plant", [None, linked, forged, a_file])
def test_a_job_in_a_projects_image_hands_over_its_volume_but_not_its_spool(volume, plant):
    spool = volume / "data" / ".ipai-spool"
    if plant:
        plant(spool, volume)
    assert settle_in(volume) == "[]", "what somebody else put there is not read"
    assert (spool.stat().st_uid, spool.stat().st_mode & 0o777) == (0, 0o700)
    assert (volume / "elsewhere").stat().st_uid == 0
    assert not list((volume / "elsewhere").iterdir())


@ROOT
def test_what_an_earlier_attempt_said_is_kept_for_the_next(volume):
    settle_in(volume)
    assert settle_in(volume) == "['8']"
