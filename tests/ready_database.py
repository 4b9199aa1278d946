"""Databases with modules installed, made once and copied: an installation takes half a minute, a copy a second."""

import ast
import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from odoo_command import odoo, postgres

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "ipai_ready_"
KEPT_BESIDE = ("filestore", "ipai-keys")  # what Odoo and our addons keep of a database in folders
STAGES = {"production": ["production"], "nonproduction": ["staging", "development"]}
SERVERS = {  # of a platform.json: the two that every set-up has
    "database_servers": [
        {"name": name, "host": f"ipai-postgres-{name}", "port": 5432, "stages": stages}
        | {"admin_secret": f"ipai-postgres-{name}-password"}
        for name, stages in STAGES.items()
    ]
}


def below(addon):
    """Return what an addon stands on, layer by layer: Odoo's modules first, then ours."""
    manifest = ast.literal_eval((ROOT / "addons" / addon / "__manifest__.py").read_text())
    ours = [name for name in manifest["depends"] if name.startswith("ipai_")]
    theirs = ",".join(name for name in manifest["depends"] if name not in ours)
    return [*([theirs] if theirs else []), *(lower for name in ours for lower in with_below(name))]


def with_below(addon):
    """Return the layers that make an addon and nothing else of ours."""
    return [*below(addon), addon]


def copy(database, *layers):
    """Make `database` anew with these modules: each layer is one installation on top of those before.

    A layer is Odoo's own list, modules with commas between. What is made is kept for later calls,
    until the addons change.
    """
    with _one_at_a_time():
        _copy(_ready(layers), database)


def drop(database):
    """Drop a database with all that is kept beside it."""
    postgres("dropdb", "--force", "--if-exists", database)
    for folder in _folders(database):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_at_a_time():
    with (_state() / "ready-database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ready(layers):
    """Return the name of the database that has the layers; make it where it is missing."""
    stem = PREFIX + hashlib.sha256("|".join(layers).encode()).hexdigest()[:8]
    name = f"{stem}_{_content(layers)}"
    there = _databases(stem)
    if name not in there:
        for older in there:
            drop(older)
        _make(f"{stem}_new", layers)
        for made, kept in zip(_folders(f"{stem}_new"), _folders(name), strict=True):
            if made.exists():
                made.rename(kept)
        postgres("psql", "-c", f'ALTER DATABASE "{stem}_new" RENAME TO "{name}"', "postgres")
    return name


def _make(name, layers):
    *below, last = layers
    drop(name)
    if below:
        _copy(_ready(below), name)
    odoo("-d", name, "-i", last, "--stop-after-init", "--no-http", platform=_platform())


def _copy(source, target):
    drop(target)
    for there, new in zip(_folders(source), _folders(target), strict=True):
        if there.exists():
            shutil.copytree(there, new)
    postgres("createdb", "--template", source, target)


def _content(layers):
    """Return a digest of the code that is installed: Odoo's alone, or with all our addons."""
    digest = hashlib.sha256((ROOT / "script/odoo-source.lock").read_bytes())
    ours = (ROOT / "addons").rglob("*") if any("ipai_" in layer for layer in layers) else ()
    for path in sorted(path for path in ours if path.is_file() and path.suffix != ".pyc"):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _databases(stem):
    query = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{stem}')"
    return postgres("psql", "-Atc", query, "postgres").split()


def _platform():
    path = _state() / "ready-platform.json"
    path.write_text(json.dumps(SERVERS), encoding="utf-8")
    return path


def _folders(database):
    return [_state() / "shell-data" / kind / database for kind in KEPT_BESIDE]


def _state():
    return Path(os.environ["IPAI_STATE"])
