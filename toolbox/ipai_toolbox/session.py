"""One connection to a target's database, for verbs that rewrite it in SQL."""

from contextlib import contextmanager

from .odoo_facts import connect
from .outcome import Failure

SETTINGS = (
    "-c jit=off -c client_min_messages=warning -c lock_timeout=60s -c search_path=public,pg_temp"
    " -c standard_conforming_strings=on"
)


class Session:
    """Runs statements; outside of `transaction()` each one stands alone."""

    def __init__(self, connection):
        self._connection = connection
        connection.autocommit = True

    def rows(self, query: str, values=None) -> list[tuple]:
        """The rows of a query. `values` fills %s; without values a % stays a %."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def value(self, query: str, values=None):
        """The first field of the first row; None when there is no row."""
        rows = self.rows(query, values)
        return rows[0][0] if rows else None

    def run(self, statement: str, values=None) -> int:
        """The number of rows a statement touched."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.rowcount

    def answer(self, statements: str, most: int) -> tuple[tuple[str, ...], list[tuple], int]:
        """Column names, at most so many rows, and the rows touched, of the last of the statements."""
        with self._connection.cursor() as cursor:
            cursor.execute(statements)
            if cursor.description is None:
                return (), [], max(cursor.rowcount, 0)
            names = tuple(column.name for column in cursor.description)
            return names, cursor.fetchmany(most), cursor.rowcount

    def copy_out(self, query: str, sink) -> None:
        """Stream the rows of a query into `sink.write(bytes)`, as COPY writes them."""
        with self._connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({query}) TO STDOUT", sink)

    @contextmanager
    def transaction(self):
        """All or nothing."""
        self._connection.autocommit = False
        try:
            with self._connection:
                yield
        finally:
            self._connection.autocommit = True


@contextmanager
def target_session(options: dict[str, str], name: str, settings: str = ""):
    """A session on the database `name`; `settings` travel in the handshake, never in a statement.

    What the server refuses is a Failure with the server's own words.
    """
    import psycopg2

    connection = connect(options, name, options=f"{SETTINGS} {settings}".strip())
    try:
        yield Session(connection)
    except psycopg2.Error as error:
        raise _refused(error) from error
    finally:
        connection.close()


def quoted(name: str) -> str:
    """The name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text quoted for SQL; the server's standard_conforming_strings is on."""
    return "'" + text.replace("'", "''") + "'"


def _refused(error) -> Failure:
    if error.pgcode == "53100":
        return Failure("The disk of the database server is full", "Free space there, then retry")
    words = (getattr(error.diag, "message_primary", "") or str(error)).strip()
    place = f" ({error.diag.table_name})" if getattr(error.diag, "table_name", None) else ""
    return Failure(
        f"The database server refused a statement: {words}{place}",
        "The copy is not released; read the log, then retry the run",
    )
