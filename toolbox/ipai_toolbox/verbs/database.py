"""Makes the role and the empty database of a target, as often as it is asked."""

import os

from ..bus_database import close_shared, ensure_bus
from ..job import Job
from ..new_database import NewDatabase
from ..odoo_conf import read_options
from ..outcome import Failure
from ..ownership import require_owned
from ..postgres import NEW_MARK, Server, identifier, literal, scram_verifier, server_of
from ..spec import FAULT
from ..tenant import require_ordinary, tenant

INSTALLED = "SELECT 1 FROM pg_extension WHERE extname = {name}"
MADE = "CREATE EXTENSION IF NOT EXISTS {name} SCHEMA public"


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
        require_owned(server, [name], [role])
        created = bool(job.spec.get("create", True)) and _database(server, name, role, options)
        _protect(server, name, role)
        _extensions(job, server, name, role, options)
        size = int(server.value(f"SELECT pg_database_size({literal(name)})"))
    job.events.info(f"Database {name}: {'created' if created else 'was there'}, {size} bytes")
    return {"created": created, "size_bytes": size}


def _role(server: Server, role: str, password: str) -> None:
    require_ordinary(server, role)
    known = server.value(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(role)}")
    if not known:
        complaint = server.attempt(f"CREATE ROLE {identifier(role)}")
        if complaint and "already exists" not in complaint:
            raise Failure(f"The role {role} cannot be made: {complaint}", "Retry the run")
    verifier = scram_verifier(password, os.urandom(16))
    options = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    server.run(f"ALTER ROLE {identifier(role)} {options} PASSWORD {literal(verifier)}")


def _database(server: Server, name: str, role: str, options: dict[str, str]) -> bool:
    """True when it was made now. An empty one is marked: the update then also sets its password."""
    if _exists(server, name):
        _mark(server, name, role)
        return False
    made = NewDatabase(server, name, NEW_MARK, role)
    made.create_empty(unaccent=_wants_unaccent(options))
    made.finish()
    return True


def _mark(server: Server, name: str, role: str) -> None:
    """An empty database is one that Odoo has yet to fill."""
    with tenant(server, name, role) as login:
        is_empty = not login.value("SELECT to_regclass('public.ir_module_module')")
    if is_empty:
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


def _extensions(job: Job, server: Server, name: str, role: str, options: dict[str, str]) -> None:
    """What Odoo itself adds to databases it makes; a server without contrib works without them."""
    wanted = ("pg_trgm", "unaccent") if _wants_unaccent(options) else ("pg_trgm",)
    with tenant(server, name, role) as login:
        for extension in wanted:
            if login.value(INSTALLED.format(name=literal(extension))):
                continue
            complaint = login.attempt(MADE.format(name=identifier(extension)))
            if complaint:
                job.events.info(f"The database works without an extension: {complaint}")


def _wants_unaccent(options: dict[str, str]) -> bool:
    return options.get("unaccent", "").lower() in ("true", "1", "yes", "on")


def _exists(server: Server, name: str) -> bool:
    return bool(server.value(f"SELECT 1 FROM pg_database WHERE datname = {literal(name)}"))
