"""What a person asks a target's database: reading by default, and then the server itself lets nothing be written.

A transaction that has begun to read cannot be made a writing one, and a function cannot end it: so the
text runs inside a function, inside a read-only transaction. Neither trusts a look at the text.
"""

import json
from dataclasses import dataclass

from .outcome import Failure
from .session import Session

MOST_ROWS = 1000
WIDEST = 60
FUNCTION = """
CREATE FUNCTION pg_temp.ipai_ask(query text, most int) RETURNS SETOF json LANGUAGE plpgsql AS $$
DECLARE
    found record; number int := 0;
BEGIN
    FOR found IN EXECUTE query LOOP
        number := number + 1;
        EXIT WHEN number > most;
        RETURN NEXT (SELECT json_agg(json_build_array(key, value))
                       FROM json_each_text(row_to_json(found)));
    END LOOP;
END $$
"""
READ_ONLY = "SET default_transaction_read_only = on"
WOULD_WRITE = (
    "25006",
    "42P11",
)  # read_only_sql_transaction, invalid_cursor_definition: no one query


@dataclass(frozen=True)
class Answer:
    """The rows of a statement as texts, or how many rows it touched."""

    names: tuple[str, ...]
    rows: list[tuple[str, ...]]
    touched: int = 0
    is_cut: bool = False

    def lines(self) -> list[str]:
        """A table for people, its columns as wide as what they hold."""
        if not self.names:
            return [f"{self.touched} rows touched"]
        widths = [
            min(max(len(cell) for cell in column), WIDEST)
            for column in zip(self.names, *self.rows, strict=True)
        ]
        lines = [_line(self.names, widths), "-+-".join("-" * width for width in widths)]
        lines += [_line(row, widths) for row in self.rows]
        more = f", more were left out after {MOST_ROWS}" if self.is_cut else ""
        return [*lines, f"({len(self.rows)} rows{more})"]


def ask(session: Session, text: str) -> Answer:
    """The rows of one query. Raises Failure in the server's words, also where it would write."""
    with _refusals():
        session.run(FUNCTION)
        session.run(READ_ONLY)
        query = "SELECT * FROM pg_temp.ipai_ask(%s, %s)"
        found = session.rows(query, [text.strip().rstrip(";"), MOST_ROWS + 1])
    names = tuple(name for name, _value in found[0][0]) if found else ("no rows",)
    rows = [tuple(_cell(value) for _name, value in pairs) for (pairs,) in found]
    return Answer(names, rows[:MOST_ROWS], is_cut=len(rows) > MOST_ROWS)


def change(session: Session, text: str) -> Answer:
    """Run statements that may write, all of them or none, and tell what the last one said."""
    with _refusals(), session.transaction():
        names, rows, touched = session.answer(text, MOST_ROWS + 1)
    cells = [tuple(_cell(value) for value in row) for row in rows[:MOST_ROWS]]
    return Answer(names, cells, touched, is_cut=len(rows) > MOST_ROWS)


class _refusals:
    """What the server refuses is a Failure with its own words."""

    def __enter__(self):
        return self

    def __exit__(self, _kind, error, _traceback):
        from psycopg2 import Error

        if not isinstance(error, Error):
            return
        words = getattr(error.diag, "message_primary", "") or str(error).strip()
        if error.pgcode in WOULD_WRITE:
            hint = "Ask one query, or say that it may change data, if that is what you want"
        else:
            hint = "Correct the statement and run it again; nothing was changed"
        raise Failure(f"The database server refused it: {words}", hint) from error


def _cell(value) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text.replace("\n", "⏎")


def _line(cells, widths) -> str:
    shown = (
        cell.ljust(width) if len(cell) <= width else f"{cell[: width - 1]}…"
        for cell, width in zip(cells, widths, strict=True)
    )
    return " | ".join(shown).rstrip()
