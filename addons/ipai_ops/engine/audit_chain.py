"""The audit trail's chain: each row's hash covers the row before it; checkpoints are signed.

A row's hash is SHA-256 over the hash of the row before it, a line end, and the row's values as a
JSON array in the order of ``FIELDS``. A checkpoint is an Ed25519 signature (RFC 8032) over
number, hash and time of one row; its key lives outside the database. A *cut* is a checkpoint up
to which rows were deleted on purpose: the chain begins there.

Verification needs neither Odoo nor a database: ``script/audit-verify`` reads an export
(``audit_export.py``).
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FIELDS = (
    "id",
    "at",
    "user_id",
    "login",
    "via",
    "address",
    "action",
    "outcome",
    "res_model",
    "res_id",
    "record_name",
    "project_id",
    "environment_id",
    "details",
)
GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """One row of the chain; ``values`` in the order of FIELDS, None where the row is gone."""

    seq: int
    hash: str
    values: tuple | None


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement: row ``seq`` had ``hash`` at the time ``at``."""

    seq: int
    hash: str
    at: str
    is_cut: bool
    signature: str

    @property
    def content(self) -> bytes:
        facts = ["ipai audit checkpoint", self.seq, self.hash, self.at, self.is_cut]
        return json.dumps(facts, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds; ``problem`` names the first row that does not."""

    count: int
    last_seq: int
    last_hash: str
    seq: int = 0
    problem: str = ""
    part: str = ""  # of an export: which days it is confined to

    @property
    def is_good(self) -> bool:
        return not self.problem


def digest(previous: str, values: Iterable) -> str:
    """Return the hash of a row that follows the row with the hash ``previous``."""
    line = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def linked(seq: int, previous: str, rows: Iterable[tuple]) -> Iterator[Link]:
    """Yield the links that continue a chain after row ``seq`` with the hash ``previous``."""
    for values in rows:
        seq, previous = seq + 1, digest(previous, values)
        yield Link(seq, previous, values)


def private_key(text: str) -> Ed25519PrivateKey:
    """Return the signing key that the text of a key file stands for."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(text.strip().encode()).digest())


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public key as base64 of its 32 bytes, as people keep it to verify with."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def signed(
    key: Ed25519PrivateKey, seq: int, last_hash: str, at: str, is_cut: bool = False
) -> Checkpoint:
    """Return a checkpoint of row ``seq``."""
    bare = Checkpoint(seq, last_hash, at, is_cut, "")
    signature = base64.b64encode(key.sign(bare.content)).decode()
    return Checkpoint(seq, last_hash, at, is_cut, signature)


def is_genuine(checkpoint: Checkpoint, public: str) -> bool:
    """Say whether the checkpoint was signed with the private half of ``public``."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(checkpoint.signature, validate=True), checkpoint.content)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify(
    links: Iterable[Link],
    checkpoints: Iterable[Checkpoint],
    public: str,
    start: tuple[int, str] | None = None,
) -> Verdict:
    """Walk the chain from its beginning, or from the last cut, and name the first fault.

    ``start``: number and hash of the row before the first, where it is known to be another.
    """
    checkpoints = sorted(checkpoints, key=lambda each: each.seq)
    for checkpoint in checkpoints:
        if not is_genuine(checkpoint, public):
            said = f"The checkpoint of row {checkpoint.seq} does not bear the key's signature."
            return Verdict(0, 0, GENESIS, checkpoint.seq, said)
    cuts = [each for each in checkpoints if each.is_cut]
    beginning = (cuts[-1].seq, cuts[-1].hash) if cuts else (0, GENESIS)
    first, before = start or beginning
    expected = {each.seq: each.hash for each in checkpoints if each.seq > first}
    return _walk(iter(links), first, before, expected)


def _walk(links: Iterator[Link], start: int, before: str, expected: Mapping[int, str]) -> Verdict:
    seq, previous = start, before
    for link, following in pairwise(chain(links, [None])):
        if link is None:  # stands behind the last row, so it begins no pair
            break
        problem = _fault(link, following, seq + 1, previous, links)
        if not problem and expected.get(link.seq, link.hash) != link.hash:
            problem = f"Row {link.seq} is another than the one its checkpoint was signed for."
        if problem:
            return Verdict(seq - start, seq, previous, seq + 1, problem)
        seq, previous = link.seq, link.hash
    last = max(expected, default=0)
    missing = f"Row {seq + 1} is missing: a checkpoint was signed for row {last}."
    problem = missing if last > seq else ""
    return Verdict(seq - start, seq, previous, seq + 1 if problem else 0, problem)


def _fault(
    link: Link, following: Link | None, number: int, previous: str, rest: Iterable[Link]
) -> str:
    """Return what is wrong with ``link`` as row ``number`` of the chain, or an empty text."""
    if link.seq != number:
        later = chain([following] if following else [], rest)
        is_later = link.seq < number or any(each.seq == number for each in later if each)
        return f"Row {number} is {'not at its place' if is_later else 'missing'}."
    if link.values is None:
        return f"Row {number} is missing: its place in the chain is left."
    if digest(previous, link.values) == link.hash:
        return ""
    if following and following.values and digest(previous, following.values) == link.hash:
        return f"Row {number} is not at its place: it changed places with row {following.seq}."
    return f"Row {number} was altered."
