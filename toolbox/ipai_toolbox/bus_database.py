"""The database in which an environment's Odoo tells its own processes of messages and due crons.

It is a database of its own, not the environment's: those who listen stay connected all the time, while
the environment's database is copied, renamed and replaced, which ends every connection to it. Its name
is that of the role that owns it, as PostgreSQL itself would choose.
"""

import os
from pathlib import Path

from .odoo_conf import read_options, read_section
from .outcome import Failure
from .places import Places
from .postgres import Server, identifier, literal
from .resources import resource_text

SECTION, OPTION = "ipai", "bus_database"
VARIABLE = "IPAI_BUS_DATABASE"  # read by at_start/sitecustomize.py in each process of Odoo


def bus_variables(places: Places, database: str = "", environ=os.environ) -> dict[str, str]:
    """What sends Odoo to its bus database; a copy on trial has none and uses itself, `database`."""
    named = read_section(places.odoo_conf, SECTION).get(OPTION)
    bus = named or database or read_options(places.odoo_conf).get("db_name", "")
    if not bus or bus.lower() == "false":
        return {}
    paths = [str(Path(__file__).parent / "at_start"), environ.get("PYTHONPATH", "")]
    return {VARIABLE: bus, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def close_shared(server: Server) -> None:
    """Close what all customers of a server share; nothing changes where it is closed already."""
    server.run(resource_text("ipai_toolbox", "close_shared.sql"))


def ensure_bus(server: Server, role: str) -> None:
    """Give the role a bus database of its own, and take from it what it had before there was one."""
    name = identifier(role)
    if not server.exists(role):
        complaint = server.attempt(
            f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
        )
        if complaint and not server.exists(role):
            raise Failure(f"The bus database {role} cannot be made: {complaint}", "Retry the run")
    server.run(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
    if (
        server.value(f"SELECT has_database_privilege({literal(role)}, 'postgres', 'CONNECT')")
        == "t"
    ):
        server.run(f"REVOKE ALL ON DATABASE postgres FROM {name}")


def drop_bus(server: Server, role: str) -> bool:
    """Drop the bus database of a role that goes too; True when it was there."""
    if not _is_bus_of(server, role):
        return False
    server.run(f"DROP DATABASE IF EXISTS {identifier(role)} WITH (FORCE)")
    return True


def _is_bus_of(server: Server, role: str) -> bool:
    owner = "SELECT 1 FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba"
    return bool(
        server.value(f"{owner} WHERE datname = {literal(role)} AND rolname = {literal(role)}")
    )
