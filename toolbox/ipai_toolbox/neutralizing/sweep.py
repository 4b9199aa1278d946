"""Finds, mends, and asks again: everything of one database, in one transaction."""

from dataclasses import dataclass

from ..catalog import Column, read_columns, tables_of
from ..session import Session, quoted
from . import credentials
from .checks import load_checks
from .identity import Identity, identity_checks, write_identity

BY_FIELD = (
    ("ir_attachment", "res_field", "Files of credential fields are gone"),
    ("ir_default", "field", "Defaults of credential fields are gone"),
)
DEFAULT_FIELD = "(SELECT f.name FROM ir_model_fields f WHERE f.id = t.field_id)"


@dataclass(frozen=True)
class Swept:
    """The checks table and the columns that look like credentials."""

    checks: list[dict]
    credentials: list[Column]

    @property
    def left(self) -> list[str]:
        return [f"{row['name']} ({row['left']} left)" for row in self.checks if row["left"]]


def sweep(session: Session, identity: Identity, before: dict[str, str]) -> Swept:
    """Mend all that is found; what is left afterwards is in the table, for the caller to refuse."""
    columns = read_columns(session)
    suspects = [column for column in columns if credentials.is_credential(column)]
    with session.transaction():
        rows = _by_list(session, columns)
        rows += [_by_name(session, column) for column in suspects]
        rows += [_parameters(session)]
        rows += [_fields(session, table, *rest) for table, *rest in BY_FIELD]
        write_identity(session, identity)
    return Swept(_asked_again(session, columns, rows, identity, before), suspects)


def _by_list(session: Session, columns: list[Column]) -> list[dict]:
    tables, rows = tables_of(columns), []
    for check in load_checks():
        found = check.count(session) if check.applies(tables) else 0
        if found:
            check.mend(session, tables)
        rows.append({"name": check.name, "found": found})
    return rows


def _by_name(session: Session, column: Column) -> dict:
    found = credentials.remaining(session, column)
    if found:
        credentials.clear(session, column)
    return {"name": f"No credential in {column.label}", "found": found}


def _parameters(session: Session) -> dict:
    keys = credentials.live_parameters(session)
    credentials.clear_parameters(session, keys)
    return {"name": "No credential in the system parameters", "found": len(keys), "keys": keys}


def _fields(session: Session, table: str, field: str, name: str) -> dict:
    expression = quoted(field) if table == "ir_attachment" else DEFAULT_FIELD
    names = credentials.secret_fields_in(session, f"{quoted(table)} t", expression)
    found = 0
    if names:
        found = session.run(f"DELETE FROM {quoted(table)} t WHERE {expression} = ANY(%s)", [names])
    return {"name": name, "found": found}


def _asked_again(session, columns, rows, identity, before) -> list[dict]:
    """After the commit: each question once more, on what is really there."""
    tables = tables_of(columns)
    left = {check.name: check.count(session) for check in load_checks() if check.applies(tables)}
    by_column = {
        f"No credential in {column.label}": credentials.remaining(session, column)
        for column in filter(credentials.is_credential, columns)
    }
    left.update(by_column)
    left["No credential in the system parameters"] = len(credentials.live_parameters(session))
    for table, field, name in BY_FIELD:
        expression = quoted(field) if table == "ir_attachment" else DEFAULT_FIELD
        left[name] = len(credentials.secret_fields_in(session, f"{quoted(table)} t", expression))
    told = [_told(row, left.get(row["name"], 0)) for row in rows]
    told = [row for row in told if row["found"] or row["left"] or row["name"] not in by_column]
    return told + identity_checks(session, identity, before)


def _told(row: dict, left: int) -> dict:
    return {**row, "fixed": max(row["found"] - left, 0), "left": left}
