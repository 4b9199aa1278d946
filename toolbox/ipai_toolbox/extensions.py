"""Which extensions a new database gets, while nobody but the administrator has ever been in it.

Only there may the administrator make one: it runs the extension's script as superuser. A trusted extension
may be made by any owner of a database; of the others only those that are listed here.
"""

import re
from collections.abc import Iterable

from .outcome import Failure
from .postgres import Server, identifier, literals

USUAL = ("pg_trgm",)
UNACCENT = "unaccent"
LISTED = ("vector", "postgis")
HOME_SCHEMAS = ("public", "pg_catalog")
STATEMENT = re.compile(
    r"CREATE EXTENSION (?:IF NOT EXISTS )?\"?([A-Za-z_0-9-]+)\"?(?: WITH)?(?: SCHEMA \"?([^\s\";]+)\"?)?",
)
OFFERED = """SELECT DISTINCT name FROM pg_available_extension_versions
WHERE name IN ({names}) AND (trusted OR name IN ({listed}))"""
IMMUTABLE = "ALTER FUNCTION public.unaccent(text) IMMUTABLE"


def named_in(line: str) -> str:
    """The extension that a statement of a dump wants in a schema that every database has, if any."""
    found = STATEMENT.match(line)
    if not found or (found.group(2) or "public") not in HOME_SCHEMAS:
        return ""
    return found.group(1)


def make(server: Server, database: str, wanted: Iterable[str], unaccent: bool) -> list[str]:
    """Make them in a new database; gives the server's complaints. A server may lack the usual ones."""
    names = {*USUAL, *wanted, *((UNACCENT,) if unaccent else ())}
    statements = [_statement(name) for name in sorted(offered(server, names))]
    if UNACCENT in names:
        statements.append(IMMUTABLE)
    complaints = (server.run_in_new(database, text) for text in statements)
    return [complaint for complaint in complaints if complaint]


def require_offered(server: Server, wanted: Iterable[str], what: str) -> None:
    """Raises Failure when a dump wants an extension that cannot be made here."""
    missing = sorted(set(wanted) - offered(server, wanted))
    if missing:
        raise Failure(
            f"{what} needs the PostgreSQL extension {missing[0]}, which the database server "
            "does not offer to an environment",
            "Install it on the database server if it may be used there, or leave it out of the data",
        )


def offered(server: Server, names: Iterable[str]) -> set[str]:
    query = OFFERED.format(names=literals(sorted(names)), listed=literals(LISTED))
    return {name for (name,) in server.rows(query)}


def _statement(name: str) -> str:
    schema = "" if name == "plpgsql" else " SCHEMA public"
    return f"CREATE EXTENSION IF NOT EXISTS {identifier(name)}{schema}"
