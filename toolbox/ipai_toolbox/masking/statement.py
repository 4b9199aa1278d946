"""The one UPDATE that replaces all masked columns of a table."""

from ..catalog import Column
from .digests import Digests, RowDigests, letters
from .kinds import CONSTANTS, KINDS, NAMES, Source, with_token
from .policy import DAYS, NUMBERS, Decision
from .words import Words

EMPTY = {"jsonb": "'{}'::jsonb", "json": "'{}'::json", "bytea": "''::bytea"}
PLAIN_ITEMS = "('number', 'boolean', 'null')"


def update_of(
    decisions: list[Decision], words: Words, repeated: frozenset[str] = frozenset()
) -> str:
    """UPDATE of one table: the rows of `selection_of`, met again by their place."""
    relation = decisions[0].column.relation
    names = [decision.column.sql for decision in decisions]
    given = ", ".join(f"{name} = made.f{place}" for place, name in enumerate(names))
    return (
        f"UPDATE ONLY {relation} AS own SET {given}"
        f" FROM ({selection_of(decisions, words, repeated)}) AS made WHERE own.ctid = made.place"
    )


def selection_of(
    decisions: list[Decision], words: Words, repeated: frozenset[str] = frozenset()
) -> str:
    """SELECT of each row's place and its fakes f0, f1…; a value's digest is computed once per row.

    Columns of few values, named in `repeated`, are joined by themselves, so that the planner can
    keep the fakes it has made (Memoize).
    """
    digests, joins, fakes = RowDigests(), [], []
    for place, decision in enumerate(decisions):
        if decision.column.name not in repeated or not _depends_on_itself(decision):
            fakes.append(fake_of(decision, digests, words))
            continue
        joins.append(f" CROSS JOIN LATERAL ({_alone(decision, words, place)}) AS m{place}")
        fakes.append(_kept_or(decision, f"m{place}.fake"))
    return _selection(decisions, fakes, digests.joins + "".join(joins))


def _selection(decisions: list[Decision], fakes: list[str], joins: str) -> str:
    relation = decisions[0].column.relation
    names = [decision.column.sql for decision in decisions]
    touched = " OR ".join(f"t.{name} IS NOT NULL" for name in names)
    made = ", ".join(f"{fake} AS f{place}" for place, fake in enumerate(fakes))
    return (
        f"SELECT t.ctid AS place, {made} FROM ONLY {relation} AS t{joins} WHERE {touched} OFFSET 0"
    )


def _alone(decision: Decision, words: Words, place: int) -> str:
    """SELECT of one column's fake that depends on that column only."""
    own, value = RowDigests(f"k{place}"), f"t.{decision.column.sql}"
    fake = _fake(decision, own, words)
    return (
        f"SELECT CASE WHEN {value} IS NULL THEN NULL ELSE {fake} END AS fake"
        f" FROM (SELECT {value} OFFSET 0) AS t{own.joins} OFFSET 0"
    )


def _depends_on_itself(decision: Decision) -> bool:
    return decision.kind not in ("partner", "complete_name")


def fake_of(decision: Decision, digests: Digests, words: Words) -> str:
    """The SQL expression of one column's new value."""
    return _kept_or(decision, _fake(decision, digests, words))


def _kept_or(decision: Decision, fake: str) -> str:
    raw = f"t.{decision.column.sql}"
    kept = f"{raw} IS NULL" + (f" OR NOT ({decision.when})" if decision.when else "")
    return f"CASE WHEN {kept} THEN {raw} ELSE {fake} END"


def _fake(decision: Decision, digests: Digests, words: Words) -> str:
    column = decision.column
    raw = f"t.{column.sql}"
    if decision.kind in CONSTANTS or column.type in ("json", "bytea"):
        fake = _constant(decision)
    elif column.type == "jsonb":
        fake = _json(decision, raw, words)
    elif column.type in DAYS + NUMBERS:
        own_type = f"{raw}::date" if column.type in DAYS else raw
        fake = KINDS[decision.kind](Source(f"{raw}::text", digests, words, own_type))
    else:
        fake = _text(decision, Source(_as_text(column, raw), digests, words))
    return f"({fake})::{_type(column)}"


def _text(decision: Decision, source: Source) -> str:
    fake = _unique(decision, source) if decision.column.is_unique else _plain(decision, source)
    fits = f"left({fake}, {decision.column.length})" if decision.column.length else fake
    return f"CASE WHEN {source.value} = '' THEN '' ELSE {fits} END"


def _plain(decision: Decision, source: Source) -> str:
    return KINDS["text" if decision.kind == "json" else decision.kind](source)


def _unique(decision: Decision, source: Source) -> str:
    """Where the database wants values to differ, the fake carries enough of the digest to differ."""
    if decision.kind in NAMES:
        return with_token(_plain(decision, source), source)
    if decision.kind in ("digits", "zip"):
        return f"upper({letters(source.digests.of(source.value), 14)})"
    return _plain(decision, source)


def _json(decision: Decision, raw: str, words: Words) -> str:
    """Each text of an object (a translation, a company's value, a property) by itself."""
    inner = Digests("j")
    fake = _plain(decision, Source("j.said", inner, words))
    item = (
        f"CASE WHEN jsonb_typeof(j.item) = 'string' AND j.said <> '' THEN to_jsonb({fake})"
        f" WHEN jsonb_typeof(j.item) IN {PLAIN_ITEMS} OR j.said = '' THEN j.item"
        " ELSE 'null'::jsonb END"
    )
    items = f"SELECT key, value AS item, value #>> '{{}}' AS said FROM jsonb_each({raw})"
    whole = (
        f"(SELECT jsonb_object_agg(j.key, {item}) FROM"
        f" (SELECT j.*, {inner.columns} FROM ({items}) AS j OFFSET 0) AS j)"
    )
    return (
        f"CASE WHEN jsonb_typeof({raw}) = 'object' THEN coalesce({whole}, '{{}}'::jsonb)"
        f" ELSE {_nothing(decision.column)} END"
    )


def _constant(decision: Decision) -> str:
    if decision.kind == "empty_list" and decision.column.is_text:
        return "'[]'"
    return _nothing(decision.column)


def _nothing(column: Column) -> str:
    if not column.is_required:
        return "NULL"
    return EMPTY.get(column.type, "0" if column.type in NUMBERS else "''")


def _as_text(column: Column, raw: str) -> str:
    return raw if column.type == "text" else f"{raw}::text"


def _type(column: Column) -> str:
    return {"bpchar": "text", "varchar": "text"}.get(column.type, column.type)
