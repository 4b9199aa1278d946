"""The audit trail as JSON lines: a signed head, checkpoints, rows, a signed end.

The head says which rows follow, and whether they are all or those of some days; the end says how
many there were and bears the SHA-256 of every line before it. Both are signed with the trail's key
when the export is written, so a line that was taken out, put in, moved or changed is found without
the database. Exports of version 1 had neither.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .audit_chain import FIELDS, Checkpoint, Link, Verdict, public_text, verify

VERSION = 2
ROW = {"seq", "hash", "entry"}
CHECKPOINT = {"seq", "hash", "at", "is_cut", "signature"}


@dataclass(frozen=True)
class Scope:
    """Which rows an export holds: ``first`` follows a row with the hash ``before``.

    ``since`` and ``until`` are times where it is only a part of the trail, else blank.
    """

    first: int
    before: str
    last: int
    hash: str
    since: str = ""
    until: str = ""


def export_lines(
    key: Ed25519PrivateKey,
    scope: Scope,
    checkpoints: Iterable[Checkpoint],
    links: Iterable[Link],
    at: str,
) -> Iterator[str]:
    """Yield the lines of an export that was begun at the time ``at``."""
    digest, counts = hashlib.sha256(), {"checkpoints": 0, "rows": 0}
    head = {"ipai_audit": VERSION, "public_key": public_text(key), "fields": FIELDS, "at": at}
    for kind, content in _contents(
        _signed(key, head | {"scope": asdict(scope)}), checkpoints, links
    ):
        line = json.dumps(content, ensure_ascii=False)
        digest.update(f"{line}\n".encode())
        counts[kind] = counts.get(kind, 0) + 1
        yield line
    end = {
        **{name: counts[name] for name in ("checkpoints", "rows")},
        "last": scope.last,
        "hash": scope.hash,
        "at": at,
        "sha256": digest.hexdigest(),
    }
    yield json.dumps(_signed(key, {"end": end}))


def _contents(
    head: dict, checkpoints: Iterable[Checkpoint], links: Iterable[Link]
) -> Iterator[tuple[str, dict]]:
    yield "head", head
    for each in checkpoints:
        yield "checkpoints", {"checkpoint": each.__dict__}
    for link in links:
        entry = dict(zip(FIELDS, link.values, strict=True)) if link.values else None
        yield "rows", {"seq": link.seq, "hash": link.hash, "entry": entry}


def _content(facts: dict) -> bytes:
    return (
        b"ipai audit export\n" + json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    )


def _signed(key: Ed25519PrivateKey, facts: dict) -> dict:
    return facts | {"signature": base64.b64encode(key.sign(_content(facts))).decode()}


def _is_genuine(signed: dict, public: str) -> bool:
    facts = {name: value for name, value in signed.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        signature = base64.b64decode(str(signed.get("signature")), validate=True)
        key.verify(signature, _content(facts))
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(signature).decode() == signed["signature"]  # one spelling alone


class _Fault(Exception):
    """What is wrong with an export, in one sentence."""


def verify_export(lines: Iterable[str], public: str) -> Verdict:
    """Verify an export with a public key that was kept elsewhere; ValueError if it is none."""
    reading = _Reading(lines, public)
    head = reading.head()
    if head.get("ipai_audit") == 1:
        return reading.old()
    try:
        return reading.judged(head)
    except _Fault as fault:
        return Verdict(0, 0, "", reading.number, str(fault))


class _Reading:
    """Reads an export once, line by line, and remembers what its end is compared with."""

    def __init__(self, lines: Iterable[str], public: str):
        self.lines = iter(lines)
        self.public = public
        self.number = 0
        self.line = ""
        self.digest = hashlib.sha256()
        self.digest_at_end = ""  # of the lines before the last that was read
        self.checkpoints: list[Checkpoint] = []
        self.rows = 0
        self.end: dict | None = None

    def head(self) -> dict:
        try:
            head = self._next()
        except _Fault:
            head = None
        if not isinstance(head, dict) or head.get("ipai_audit") not in (1, VERSION):
            raise ValueError("This file is no export of an audit trail.")
        return head

    def judged(self, head: dict) -> Verdict:
        if not _is_genuine(head, self.public):
            raise _Fault(
                "The head does not bear this key's signature: it was changed, or another instance "
                "wrote this export."
            )
        scope = Scope(**head["scope"])
        links = self._links()
        first = next(links, None)  # the checkpoints come before it
        known = [each for each in self.checkpoints if scope.first <= each.seq <= scope.last]
        known += [each for each in self.checkpoints if each not in known and not scope.since]
        start = (scope.first - 1, scope.before)
        verdict = verify(_joined(first, links), known, self.public, start)
        if verdict.is_good:
            self._check_end(scope, verdict)
        part = f"from {scope.since or 'its beginning'} until {scope.until or 'now'}"
        is_part = scope.since or scope.until
        return Verdict(**asdict(verdict) | {"part": part if is_part else ""})

    def _check_end(self, scope: Scope, verdict: Verdict) -> None:
        if verdict.last_seq < scope.last:
            raise _Fault(
                f"Row {verdict.last_seq + 1} is missing: the export was signed for rows "
                f"{scope.first} to {scope.last}."
            )
        if self.end is None:
            raise _Fault(f"The export is cut off behind row {verdict.last_seq}: it has no end.")
        if not _is_genuine(self.end, self.public):
            raise _Fault("The end does not bear this key's signature: it was changed.")
        seen = {
            "rows": self.rows,
            "checkpoints": len(self.checkpoints),
            "last": verdict.last_seq,
            "hash": verdict.last_hash,
            "sha256": self.digest_at_end,
        }
        if any(self.end["end"].get(name) != value for name, value in seen.items()):
            raise _Fault(
                "The lines are not those that the end was signed for: one was taken out, put in or "
                "changed, or the end is another export's."
            )

    def old(self) -> Verdict:
        """Judge an export without signed ends: what it holds, and that the rest cannot be said."""
        try:
            links = self._links()
            first = next(links, None)
            verdict = verify(_joined(first, links), self.checkpoints, self.public)
        except _Fault as fault:
            return Verdict(0, 0, "", self.number, str(fault))
        said = (
            f"Rows up to {verdict.last_seq} hold, but whether more followed cannot be said: this "
            "export has no signed head and end. Make a new one from the database."
        )
        return Verdict(**asdict(verdict) | {"problem": verdict.problem or said})

    def _links(self) -> Iterator[Link]:
        """Yield the rows; keep the checkpoints before them and the end behind them."""
        while (each := self._next()) is not None:
            if "end" in each:
                self._take_end(each)
                return
            if "checkpoint" in each:
                self._check_names(each["checkpoint"], CHECKPOINT, {*each} - {"checkpoint"})
                self.checkpoints.append(Checkpoint(**each["checkpoint"]))
                continue
            yield self._link(each)

    def _take_end(self, end: dict) -> None:
        self._check_names(end, {"end", "signature"})
        self.end = end
        if self.line != json.dumps(end):
            raise _Fault(f"Line {self.number}, the end, is not written as the product writes it.")
        if self._next() is not None:
            raise _Fault(f"Line {self.number} stands behind the export's end: it was put in.")

    def _link(self, row: dict) -> Link:
        entry = row.get("entry")
        self._check_names(row, ROW)
        if entry is not None:
            self._check_names(entry, set(FIELDS))
        self.rows += 1
        return Link(
            row["seq"], row["hash"], tuple(entry[name] for name in FIELDS) if entry else None
        )

    def _check_names(self, found: object, wanted: set[str], more: Iterable[str] = ()) -> None:
        names = set(found) if isinstance(found, dict) else set()
        if unknown := sorted({*names - wanted, *more}):
            raise _Fault(f"Line {self.number} has something that is not signed: “{unknown[0]}”.")
        if missing := sorted(wanted - names):
            raise _Fault(f"Line {self.number} lacks “{missing[0]}”: it was taken out.")

    def _next(self) -> dict | None:
        """Return the next line's object, or None behind the last line."""
        line = next(self.lines, None)
        if line is None:
            return None
        self.number += 1
        self.line = line.removesuffix("\n")
        self.digest_at_end = self.digest.hexdigest()  # of what stands before this line
        self.digest.update(f"{self.line}\n".encode("utf-8", "surrogatepass"))
        try:
            found = json.loads(line, object_pairs_hook=self._object)
        except ValueError as exc:
            raise _Fault(f"Line {self.number} is no JSON: it was changed.") from exc
        if not isinstance(found, dict):
            raise _Fault(f"Line {self.number} is no JSON object: it was put in.")
        return found

    def _object(self, pairs: list[tuple[str, object]]) -> dict:
        names = [name for name, _value in pairs]
        if len(names) > len(set(names)):
            raise _Fault(f"Line {self.number} names something twice.")
        return dict(pairs)


def _joined(first: Link | None, rest: Iterator[Link]) -> Iterator[Link]:
    if first is not None:
        yield first
        yield from rest


def sentence(verdict: Verdict) -> str:
    """Return what a verdict on an export says, for people."""
    if verdict.problem:
        return verdict.problem
    if not verdict.part:
        return f"Whole: {verdict.count} rows, the last is row {verdict.last_seq}."
    first = verdict.last_seq - verdict.count + 1
    rows = f"rows {first} to {verdict.last_seq}" if verdict.count else "no row"
    return f"A part of the trail, {verdict.part}, whole in itself: {verdict.count} rows, {rows}."
