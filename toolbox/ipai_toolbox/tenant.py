"""A job's own login in one tenant's database: no superuser, no member of one, gone when the job is done.

Whatever code of the tenant it meets there runs with the rights of the database's owner at most. A login of
a job that was killed can do nothing more, is valid for hours only, and is dropped by a later job.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .login import Login, identifier, literal, literals, scram_verifier, write_passfile
from .outcome import Failure
from .ownership import database_given
from .postgres import JOB_LOGIN, MADE_FOR, SAFE_PATH, Server
from .spec import FAULT

VALID = "12 hours"
END_MILLISECONDS = 10_000
RIGHTS = "LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS"
MIGHTY = """SELECT r.rolname FROM pg_roles r
WHERE r.rolname IN ({roles}) AND (r.rolsuper OR r.rolcreaterole OR r.rolreplication
  OR starts_with(r.rolname, 'pg_') OR EXISTS (SELECT FROM pg_roles m
    WHERE (m.rolsuper OR starts_with(m.rolname, 'pg_')) AND pg_has_role(r.oid, m.oid, 'MEMBER')
      AND m.rolname <> 'pg_database_owner'))"""
UNUSED = """DO $ipai$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT oid, rolname FROM pg_roles WHERE {which} LOOP
    BEGIN
      EXECUTE format('DROP ROLE %I', one.rolname);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      PERFORM 1;  -- what it owns goes with a database; until then nobody can be it
      EXECUTE format('ALTER ROLE %I NOLOGIN NOBYPASSRLS VALID UNTIL ''-infinity''', one.rolname);
      EXECUTE coalesce((SELECT string_agg(format('REVOKE %I FROM %I', g.rolname, one.rolname), ';')
        FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = one.oid), '');
    WHEN undefined_object OR internal_error THEN
      PERFORM 1;  -- another job drops the same one at this moment
    END;
  END LOOP;
END
$ipai$;"""
GIVEN = """DO $ipai$
DECLARE
  one name;
BEGIN
  FOR one IN SELECT nspname FROM pg_namespace WHERE nspowner = {old}::regrole LOOP
    EXECUTE format('ALTER SCHEMA %I OWNER TO %I', one, {new});
  END LOOP;
END
$ipai$;"""
EXPIRED = f"starts_with(rolname, '{JOB_LOGIN}') AND rolvaliduntil < now()"


@contextmanager
def tenant(server: Server, database: str, *roles: str) -> Iterator[Login]:
    """A login in the database that has what these roles have, and acts as the first one.

    `as_itself(login)` acts as itself: it reads what row security hides from the owner, and has the
    rights of all the roles at once. Raises Failure when a role could do more than a tenant may.
    """
    require_ordinary(server, *roles)
    with _made(server, database, MADE_FOR + roles[0], roles) as login:
        yield replace(login, role=roles[0])


@contextmanager
def filling(server: Server, database: str, role: str) -> Iterator[Login]:
    """A login that owns a new database and nothing else; all it leaves there is the role's at the end.

    A dump runs as this login: it can reach no other database of the role, nor the role's password.
    """
    require_ordinary(server, role)
    with _made(server, database, MADE_FOR + role, ()) as login:
        server.run(f"ALTER DATABASE {identifier(database)} OWNER TO {identifier(login.user)}")
        yield login
        _hand_over(server, login, role)


def as_itself(login: Login) -> Login:
    """The same login, acting as itself instead of as its first role; it finds the server's own functions alone."""
    return replace(login, role="", search_path=SAFE_PATH)


def require_ordinary(server: Server, *roles: str) -> None:
    """The roles are a tenant's: none is, or can become, more. Raises Failure."""
    if not all(roles):
        raise Failure("The job's specification names no role of the database", FAULT)
    mighty = server.value(MIGHTY.format(roles=literals(roles)))
    if mighty or any(role.startswith(JOB_LOGIN) for role in roles):
        raise Failure(
            f"The role {mighty or roles[0]} is not the role of an environment",
            "Nothing was changed; check the environment's database server and its roles",
        )


def forgotten(*which: str) -> str:
    """The statement that drops logins of jobs that are over, and those that are named."""
    return UNUSED.format(which=f"({EXPIRED}) OR rolname IN ({literals(which)})")


@contextmanager
def _made(server: Server, database: str, about: str, roles: tuple[str, ...]) -> Iterator[Login]:
    name, password = f"{JOB_LOGIN}{secrets.token_hex(12)}", secrets.token_urlsafe(24)
    _create(server, name, password, about, roles)
    try:
        with tempfile.TemporaryDirectory(prefix="ipai-login-") as folder:
            passfile = write_passfile(Path(folder), password)
            yield Login(server.host, server.port, passfile, name, database)
    finally:
        server.attempt(f"{_ended(name)}{forgotten(name)}")


def _create(server: Server, name: str, password: str, about: str, roles: tuple[str, ...]) -> None:
    verifier, role = scram_verifier(password, os.urandom(16)), identifier(name)
    granted = "".join(f"GRANT {identifier(one)} TO {role};\n" for one in roles)
    valid = literal(VALID)
    server.run(
        f"{forgotten()}\nCREATE ROLE {role} {RIGHTS} PASSWORD {literal(verifier)};\n"
        f"COMMENT ON ROLE {role} IS {literal(about)};\n{granted}"
        f"SELECT format('ALTER ROLE %I VALID UNTIL %L', {literal(name)}, now() + interval {valid}) \\gexec"
    )


def _hand_over(server: Server, login: Login, role: str) -> None:
    """Nobody else may be the login any more before it gets the rights to give its things away."""
    password = secrets.token_urlsafe(24)
    verifier, name = scram_verifier(password, os.urandom(16)), identifier(login.user)
    server.run(
        f"ALTER ROLE {name} PASSWORD {literal(verifier)};\n{_ended(login.user, keeps_login=True)}"
        f"GRANT {identifier(role)} TO {name};\n{database_given(login.database, role)}\n"
        f"ALTER DATABASE {identifier(login.database)} RESET ALL"
    )
    write_passfile(login.passfile.parent, password)
    given = GIVEN.format(old=literal(login.user), new=literal(role))
    as_itself(login).run(
        f"{given}\nREASSIGN OWNED BY {name} TO {identifier(role)};\nDROP OWNED BY {name};"
    )


def _ended(name: str, keeps_login: bool = False) -> str:
    closed = "" if keeps_login else f"ALTER ROLE {identifier(name)} NOLOGIN;\n"
    return (
        f"{closed}SELECT count(pg_terminate_backend(pid, {END_MILLISECONDS})) "
        f"FROM pg_stat_activity WHERE usename = {literal(name)};\n"
    )
