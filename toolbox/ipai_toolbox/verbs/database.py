"""Makes the role and the empty database of a target, as often as it is asked."""

import os

from ..bus_database import close_shared, ensure_bus
from ..job import Job
from ..odoo_conf import read_options
from ..outcome import Failure
from ..postgres import NEW_MARK, Server, identifier, literal, scram_verifier, server_of
from ..spec import FAULT

TRIGRAMS = "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"
UNACCENT = """CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public;
ALTER FUNCTION public.unaccent(text) IMMUTABLE"""


def run(job: Job) -> dict:
    name, role = job.spec.text("database"), job.spec.text("role")
    options = read_options(job.places.odoo_conf)
    password = options.get("db_password", "")
    if not password or password.lower() == "false":
        raise Failure("The job's odoo.conf has no db_password", FAULT)
    with server_of(job.spec.part("server"), job.places) as server:
        server.wait()
        _role(server, role, password)
        close_shared(server)
        if job.spec.get("bus"):
            ensure_bus(server, role)
        if job.spec.get("role_only"):
            return {"created": False, "size_bytes": 0}
        created = bool(job.spec.get("create", True)) and _database(server, name, role)
        _protect(server, name, role)
        _extensions(job, server, name, options)
        size = int(server.value(f"SELECT pg_database_size({literal(name)})"))
    job.events.info(f"Database {name}: {'created' if created else 'was there'}, {size} bytes")
    return {"created": created, "size_bytes": size}


def _role(server: Server, role: str, password: str) -> None:
    known = server.value(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(role)}")
    if not known:
        complaint = server.attempt(f"CREATE ROLE {identifier(role)}")
        if complaint and "already exists" not in complaint:
            raise Failure(f"The role {role} cannot be made: {complaint}", "Retry the run")
    verifier = scram_verifier(password, os.urandom(16))
    options = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
    server.run(f"ALTER ROLE {identifier(role)} {options} PASSWORD {literal(verifier)}")


def _database(server: Server, name: str, role: str) -> bool:
    """True when it was made now."""
    if _exists(server, name):
        _mark(server, name)
        return False
    options = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
    complaint = server.attempt(
        f"CREATE DATABASE {identifier(name)} OWNER {identifier(role)} {options}"
    )
    if complaint and not _exists(server, name):
        raise Failure(f"The database {name} cannot be made: {complaint}", "Retry the run")
    _mark(server, name)
    return not complaint


def _mark(server: Server, name: str) -> None:
    """An empty database is one that Odoo has yet to fill: the update then also sets its password."""
    if server.value("SELECT to_regclass('public.ir_module_module') IS NULL", name) == "t":
        server.run(f"COMMENT ON DATABASE {identifier(name)} IS {literal(NEW_MARK)}")


def _protect(server: Server, name: str, role: str) -> None:
    if not _exists(server, name):
        raise Failure(
            f"The database {name} does not exist",
            "Deploy the environment again with a new database",
        )
    server.run(
        f"ALTER DATABASE {identifier(name)} OWNER TO {identifier(role)};\n"
        f"REVOKE CONNECT, TEMPORARY ON DATABASE {identifier(name)} FROM PUBLIC;\n"
        f"GRANT CONNECT, TEMPORARY ON DATABASE {identifier(name)} TO {identifier(role)};"
    )


def _extensions(job: Job, server: Server, name: str, options: dict[str, str]) -> None:
    """What Odoo itself adds to databases it makes; a server without contrib works without them."""
    wants_unaccent = options.get("unaccent", "").lower() in ("true", "1", "yes", "on")
    for statements in (TRIGRAMS, UNACCENT) if wants_unaccent else (TRIGRAMS,):
        complaint = server.attempt(statements, name)
        if complaint:
            job.events.info(f"The database works without an extension: {complaint}")


def _exists(server: Server, name: str) -> bool:
    return bool(server.value(f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}"))
