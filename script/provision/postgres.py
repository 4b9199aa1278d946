"""The management Odoo's own PostgreSQL: a private cluster in the state folder, reachable by Unix socket only."""

import getpass
import shutil
from pathlib import Path

from .trouble import Trouble

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
log_min_duration_statement = 5000
"""


def socket_folder(settings):
    """What Odoo and psql take as the host."""
    return settings.state / "postgres"


def _data(settings):
    return socket_folder(settings) / "data"


def ensure_postgres(commands, settings):
    """The cluster, running, with a role for whoever runs this."""
    if is_running(commands, settings):
        return "running"
    note = "started"
    if not (_data(settings) / "PG_VERSION").exists():
        _create_cluster(commands, settings)
        note = "created"
    _start(commands, settings)
    _ensure_role(commands, settings)
    return note


def is_running(commands, settings):
    if not (_data(settings) / "postmaster.pid").exists():
        return False
    return commands.succeeds(
        [
            _program(settings, "pg_isready"),
            "--host",
            socket_folder(settings),
            "--dbname",
            "postgres",
            "--quiet",
        ]
    )


def stop_postgres(commands, settings):
    """Stop the cluster; says whether it was running."""
    if not is_running(commands, settings):
        return False
    _as_postgres(
        commands,
        settings,
        "pg_ctl",
        "stop",
        "--pgdata",
        _data(settings),
        "--mode",
        "fast",
        "--wait",
        why="PostgreSQL did not stop",
    )
    return True


def _create_cluster(commands, settings):
    folder = socket_folder(settings)
    shutil.rmtree(_data(settings), ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.chown(folder, "postgres", "postgres")
    if not commands.succeeds(["runuser", "-u", "postgres", "--", "test", "-w", folder]):
        raise Trouble(
            f"The user postgres cannot reach {folder}: choose an IPAI_STATE whose parent folders everyone may enter."
        )
    _as_postgres(
        commands,
        settings,
        "initdb",
        "--pgdata",
        _data(settings),
        "--encoding",
        "UTF8",
        "--locale",
        "C.UTF-8",
        "--auth-local",
        "peer",
        why="The management database cluster could not be made",
    )
    with (_data(settings) / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS.format(socket=folder))


def _start(commands, settings):
    log = socket_folder(settings) / "postgresql.log"
    _as_postgres(
        commands,
        settings,
        "pg_ctl",
        "start",
        "--pgdata",
        _data(settings),
        "--log",
        log,
        "--wait",
        "--timeout",
        "60",
        why=f"PostgreSQL did not start (see {log})",
    )


def _ensure_role(commands, settings):
    role = getpass.getuser()
    there = _as_postgres(
        commands,
        settings,
        "psql",
        "--host",
        socket_folder(settings),
        "--tuples-only",
        "--no-align",
        "--command",
        f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'",
        why="PostgreSQL does not answer",
    )
    if not there.strip():
        _as_postgres(
            commands,
            settings,
            "createuser",
            "--host",
            socket_folder(settings),
            "--superuser",
            role,
            why="The role could not be made",
        )


def _as_postgres(commands, settings, program, *words, why):
    command = ["runuser", "-u", "postgres", "--", _program(settings, program), *words]
    return commands.run(command, timeout=120, why=why, cwd="/")


def _program(settings, name):
    """PostgreSQL's program of that name: of the cluster's own version, or of the newest installed."""
    installed = {
        int(path.parts[4]): path for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
    }
    if not installed:
        raise Trouble(
            "PostgreSQL's server programs are missing: install Debian's package postgresql."
        )
    made_by = _data(settings) / "PG_VERSION"
    version = int(made_by.read_text()) if made_by.exists() else max(installed)
    if version not in installed:
        raise Trouble(
            f"The management database was made by PostgreSQL {version}, which is not installed any "
            f"more: install postgresql-{version}."
        )
    return installed[version].with_name(name)
