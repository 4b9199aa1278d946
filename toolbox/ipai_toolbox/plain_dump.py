"""Reads a plain dump of pg_dump line by line: what an ordinary login may run of it, and whether it is whole."""

import re
from collections.abc import Iterable, Iterator

from . import extensions
from .outcome import Failure
from .sql_lines import Script

SKIPPED = re.compile(
    rb"^(\\(un)?restrict [0-9A-Za-z]+$|COMMENT ON EXTENSION |ALTER .* OWNER TO |"
    rb"SET transaction_timeout|SET default_table_access_method|GRANT |REVOKE |ALTER DEFAULT PRIVILEGES )"
)
CLOSING = b"-- PostgreSQL database dump complete"
COLUMNS = re.compile(rb"COPY .*? \((.*)\) FROM stdin;")
QUOTED = re.compile(rb'"(?:[^"]|"")*"')
END_OF_DATA = b"\\."
LONGEST_NAME = 80
AGAIN = "Nothing was changed; make the archive again and upload the new one"
FROM_ODOO = "Nothing was changed; use an archive that Odoo itself has made"


def refuse_cut(where: str) -> Failure:
    return Failure(f"The archive is refused: its dump.sql is cut off: {where}", AGAIN)


def refuse_commands() -> Failure:
    return Failure("The archive is refused: its dump.sql holds commands for psql", FROM_ODOO)


class PlainDump:
    """One reading of a dump; `wanted` has the extensions that it names."""

    def __init__(self):
        self.wanted: set[str] = set()
        self._script = Script()
        self._table, self._tabs = "", None  # whose rows are being read, and how many tabs each has
        self._is_closed = False

    def allowed(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines without those that only the administrator could run.

        Data is left as it is, and so is a part of a longer statement: a text, a function's body.
        """
        return (line for line in lines if self._is_allowed(line))

    def require_whole(self, lines: Iterable[bytes]) -> None:
        """Read it to its end. Raises Failure when the end is missing or psql itself is addressed."""
        for _line in self.allowed(self._plausible(lines)):
            pass
        if self._table:
            raise refuse_cut(f"it ends within the rows of {self._table}")
        if not self._script.is_between:
            raise refuse_cut("it ends within a statement")
        if not self._is_closed:
            raise refuse_cut("the closing comment of pg_dump is missing")

    def _plausible(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            if self._table:
                self._check_row(line)
            elif line.startswith(b"\\") and self._begins_statement() and not SKIPPED.match(line):
                raise refuse_commands()
            yield line

    def _check_row(self, line: bytes) -> None:
        """Tabs within a value are escaped, so a line with another number of them is no row of the table."""
        is_row = self._tabs in (None, line.count(b"\t"))
        if line.rstrip(b"\r\n") != END_OF_DATA and line.endswith(b"\n") and not is_row:
            raise refuse_cut(f"the rows of {self._table} have no end")

    def _begins_statement(self) -> bool:
        return not self._table and self._script.is_between

    def _is_allowed(self, line: bytes) -> bool:
        if self._table:
            if line.rstrip(b"\r\n") == END_OF_DATA:
                self._table = ""
            return True
        if self._begins_statement() and self._is_left_out(line):
            return False
        self._script.read(line)
        return True

    def _is_left_out(self, line: bytes) -> bool:
        """Look at the first line of a statement."""
        if line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;"):
            self._table = line.split()[1].decode("utf-8", "replace")[:LONGEST_NAME]
            columns = COLUMNS.match(line)
            self._tabs = QUOTED.sub(b"", columns.group(1)).count(b",") if columns else None
        elif line.startswith(b"CREATE EXTENSION "):
            name = extensions.named_in(line.decode("utf-8", "replace"))
            self.wanted |= {name} - {""}
            return bool(name)  # made before, where the server offers it
        elif line.rstrip() == CLOSING:
            self._is_closed = True
        return bool(SKIPPED.match(line))
