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
        _ensure_role(commands, settings)
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
    """Whoever runs this makes databases and owns their tables, and is no superuser."""
    role = getpass.getuser()
    query = f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"
    there = run_sql(commands, settings, "postgres", query, "PostgreSQL does not answer")
    verb = "ALTER" if there.strip() else "CREATE"
    text = (
        f'{verb} ROLE "{role}" LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;'
        f'GRANT pg_signal_backend TO "{role}"'  # dropdb --force, beside an autovacuum
    )
    run_sql(commands, settings, "postgres", text, "The role could not be made")


def ensure_database(commands, settings, name):
    """A database for Odoo, empty at first, with the extension that its searches use."""
    query = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"
    why = f"The database {name} could not be made"
    if not run_sql(commands, settings, "postgres", query, why).strip():
        text = f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
        run_sql(commands, settings, "postgres", text, why)
    run_sql(commands, settings, name, "CREATE EXTENSION IF NOT EXISTS pg_trgm", why)


def run_sql(commands, settings, database, text, why):
    """What PostgreSQL's own administrator is answered; several statements are one transaction."""
    psql = [_program(settings, "psql"), "--host", socket_folder(settings), "--no-psqlrc"]
    words = ["--tuples-only", "--no-align", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-"]
    is_alone = text.startswith(("CREATE DATABASE", "DROP DATABASE"))
    single = [] if is_alone else ["--single-transaction"]
    command = ["runuser", "-u", "postgres", "--", *psql, *words, *single, "--dbname", database]
    return commands.run(command, timeout=600, why=why, stdin=text, cwd="/")


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
