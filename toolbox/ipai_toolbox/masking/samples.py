"""Originals remembered before the masking, to be looked for afterwards everywhere."""

import re
from dataclasses import dataclass

from ..catalog import OWN_SCHEMA, Column
from ..session import Session, literal
from .policy import Decision

FAMILIES = {
    "person": "name",
    "partner": "name",
    "company": "name",
    "email": "mail",
    "addresses": "mail",
    "login": "mail",
    "phone": "phone",
    "account": "account",
    "vat": "vat",
}
FORM_ONLY = ("phone", "account", "vat", "digits", "zip")
PER_COLUMN = 150
LOOKED_AT = 3000
# Bots and examples that a module ships are nobody; base's own administrator is somebody.
NOT_SHIPPED = (
    "NOT EXISTS (SELECT 1 FROM ir_model_data d WHERE d.res_id = t.id"
    " AND replace(d.model, '.', '_') = {table}"
    " AND d.module NOT IN ('base', '__import__', '__export__'))"
)
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
GENERIC = {
    "my company",
    "your company",
    "public user",
    "portal user",
    "portal user template",
    "default user template",
    "default user",
    "website visitor",
    "sales team",
}


@dataclass(frozen=True)
class Sample:
    """One original: its family (name, mail, phone, account, vat) and the cell it came from."""

    family: str
    value: str
    relation: str
    field: str
    row_id: int


def take_samples(session: Session, decisions: list[Decision], ids: set[str]) -> int:
    """Remember originals of all masked columns of tables that have an id; gives their number."""
    own = _own_values(session)
    rows = []
    for decision in decisions:
        column = decision.column
        if decision.kind in FAMILIES and column.is_text and column.table_label in ids:
            rows += [sample for sample in _of(session, decision) if sample[1].lower() not in own]
    for row in rows:
        session.run(f"INSERT INTO {OWN_SCHEMA}.sample VALUES (%s, %s, %s, %s, %s)", row)
    return len(rows)


def read_samples(session: Session) -> list[Sample]:
    return [Sample(*row) for row in session.rows(f"SELECT * FROM {OWN_SCHEMA}.sample")]


def unchanged(session: Session) -> list[dict]:
    """Sampled cells that still hold their original."""
    query = f"SELECT DISTINCT relation, field FROM {OWN_SCHEMA}.sample"
    found = []
    for relation, field in session.rows(query):
        number = session.value(
            f"SELECT count(*) FROM {OWN_SCHEMA}.sample s JOIN {relation} t ON t.id = s.row_id"
            f" WHERE s.relation = %s AND s.field = %s AND strpos(t.{field}::text, s.value) > 0",
            [relation, field],
        )
        if number:
            found.append({"where": _label(relation, field), "family": "unchanged", "rows": number})
    return found


def _of(session: Session, decision: Decision) -> list[tuple]:
    """Usable originals of one column, at random."""
    column, family = decision.column, FAMILIES[decision.kind]
    share = _share(session, column)
    condition = f" AND ({decision.when})" if decision.when else ""
    condition += f" AND {NOT_SHIPPED.format(table=literal(column.table))}"
    query = (
        f"SELECT t.id, t.{column.sql}::text FROM {column.relation} AS t TABLESAMPLE BERNOULLI ({share})"
        f" WHERE length(t.{column.sql}::text) BETWEEN 6 AND 200{condition}"
        f" ORDER BY random() LIMIT {PER_COLUMN}"
    )
    rows = [(row_id, usable(family, text)) for row_id, text in session.rows(query)]
    return [(family, text, column.relation, column.sql, row_id) for row_id, text in rows if text]


def usable(family: str, text: str) -> str:
    """The part of an original that is told apart from everyday words; empty when there is none."""
    text = " ".join(text.split())
    if family == "mail":
        found = MAIL.search(text)
        return found.group() if found else ""
    digits = re.sub(r"\D", "", text)
    if family == "name":
        words = re.findall(r"[^\W\d_]{2,}", text)
        return text if len(words) > 1 and len(text) > 7 and text.lower() not in GENERIC else ""
    return text if len(digits) >= (8 if family == "phone" else 6) else ""


def _share(session: Session, column: Column) -> float:
    """Per cent of the rows to look at."""
    query = f"SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = {literal(column.relation)}::regclass"
    return min(100.0, 100.0 * LOOKED_AT / float(session.value(query)))


def _own_values(session: Session) -> set[str]:
    """Name, mail, phone and VAT of the company itself: they are no person's."""
    query = """SELECT lower(v) FROM res_company c JOIN res_partner p ON p.id = c.partner_id,
               LATERAL (VALUES (c.name), (p.name), (p.email), (p.phone), (p.vat)) AS x(v)
               WHERE v IS NOT NULL"""
    return {value for (value,) in session.rows(query)}


def _label(relation: str, field: str) -> str:
    return f"{relation}.{field}".replace('"', "").removeprefix("public.")
