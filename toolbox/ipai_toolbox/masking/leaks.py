"""Looks for remembered originals in every text of the masked copy; one that survived fails it."""

import re
from collections import defaultdict

from ..catalog import Column
from ..session import Session
from .samples import Sample

BLOCK_BYTES = 1 << 20
TOLD = 20
WORD = re.compile(r"[^\W_]+")
PHONE = re.compile(r"\+?\d[\d \t()./-]{6,22}\d")
ESCAPES = ((b"\\\\n", b" "), (b"\\\\t", b" "), (b"\\n", b" "), (b"\\t", b" "), (b"\\r", b" "))
TEXT_MIMES = "mimetype LIKE 'text/%' OR mimetype ~ '(json|xml|svg|javascript)'"


class Finder:
    """Finds any of the samples in a text; fast, because few words of a text are a sample's anchor."""

    def __init__(self, samples: list[Sample]):
        self._anchors: dict[str, set[Sample]] = defaultdict(set)
        self._phones: dict[str, Sample] = {}
        for sample in samples:
            if sample.family == "phone":
                self._phones[_digits(sample.value)] = sample
            anchor = max(WORD.findall(sample.value.lower()) or [""], key=len)
            self._anchors[anchor].add(sample)

    def find(self, text: str) -> set[Sample]:
        """The samples that the text holds, whatever the case."""
        lowered = text.lower()
        hits = self._anchors.keys() & set(WORD.findall(lowered))
        found = {
            sample
            for anchor in hits
            for sample in self._anchors[anchor]
            if sample.value.lower() in lowered
        }
        if self._phones:
            numbers = map(_digits, PHONE.findall(text))
            found |= {self._phones[number] for number in numbers if number in self._phones}
        return found


class Sink:
    """Takes a COPY stream and searches it block by block, lines whole."""

    def __init__(self, finder: Finder):
        self._finder, self._rest = finder, b""
        self._parts: list[bytes] = []
        self._size = 0
        self.found: set[Sample] = set()

    def write(self, data: bytes) -> int:
        self._parts.append(data)
        self._size += len(data)
        if self._size >= BLOCK_BYTES:
            self._search(*self._cut())
        return len(data)

    def close(self) -> set[Sample]:
        """What was found in the whole stream."""
        self._search(b"".join(self._parts), b"")
        return self.found

    def _cut(self) -> tuple[bytes, bytes]:
        whole, _line_end, rest = b"".join(self._parts).rpartition(b"\n")
        return whole, rest

    def _search(self, whole: bytes, rest: bytes) -> None:
        self._parts, self._size = ([rest] if rest else []), len(rest)
        for escaped, plain in ESCAPES:
            whole = whole.replace(escaped, plain)
        self.found |= self._finder.find(whole.decode("utf-8", "replace"))


def scan_tables(session: Session, tables: list[list[Column]], samples: list[Sample]) -> list[dict]:
    """Leaks as {"where": table.column, "family", "rows"}; the originals themselves are not told."""
    finder = Finder(samples)
    leaks = []
    for columns in tables:
        sink = Sink(finder)
        texts = ", ".join(_searched(column) for column in columns)
        session.copy_out(f"SELECT {texts} FROM {columns[0].relation} AS t", sink)
        found = sorted(sink.close(), key=lambda sample: (sample.family, sample.value))
        for family in dict.fromkeys(sample.family for sample in found):
            leaks += _places(session, columns, [s for s in found if s.family == family])
    return _summed(leaks)


def _places(session: Session, columns: list[Column], found: list[Sample]) -> list[dict]:
    """In which columns of their table the found samples are: one look at the table for all."""
    values = [sample.value.lower() for sample in found[:TOLD]]
    counts = ", ".join(
        f"count(*) FILTER (WHERE EXISTS (SELECT 1 FROM unnest(%(values)s::text[]) AS v"
        f" WHERE strpos(lower({_searched(column).replace('%', '%%')}), v) > 0))"
        for column in columns
    )
    query = f"SELECT {counts} FROM {columns[0].relation} AS t"
    numbers = session.rows(query, {"values": values})[0]
    family = found[0].family
    places = [
        {"where": column.label, "family": family, "rows": rows}
        for column, rows in zip(columns, numbers, strict=True)
        if rows
    ]
    return places or [{"where": f"{columns[0].table_label}.*", "family": family, "rows": 1}]


def _searched(column: Column) -> str:
    if column.type == "bytea":
        return f"CASE WHEN {TEXT_MIMES} THEN encode(t.{column.sql}, 'escape') END"
    return f"t.{column.sql}::text"


def _summed(leaks: list[dict]) -> list[dict]:
    total: dict[tuple[str, str], int] = defaultdict(int)
    for leak in leaks:
        total[leak["where"], leak["family"]] += leak["rows"]
    return [
        {"where": where, "family": family, "rows": rows}
        for (where, family), rows in sorted(total.items())
    ]


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
