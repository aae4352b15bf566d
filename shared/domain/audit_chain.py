"""The chain of audit lines: how a line is hashed, and what is wrong with a chain.

``hash = SHA-256(previous hash, parts of the line)``; each part is written as its length in
bytes, a colon, itself and a comma (``-`` and a comma where there is none), so that no two
lines have the same text. Before the first line stand 32 zero bytes. The database computes the
same when a line is committed; here it is computed again from what is stored.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

GENESIS = bytes(32)


class FaultKind(StrEnum):
    """What can be wrong."""

    ALTERED = "altered"
    """The line says something else than when it was written."""
    REMOVED = "removed"
    """The line that the chain has is gone."""
    GAP = "gap"
    """Links are missing between this one and the one before."""
    BROKEN = "broken"
    """The link does not hold the hash of the one before it: order or content was changed."""
    UNCHAINED = "unchained"
    """A line that the chain does not have: written past the trigger."""
    TRUNCATED = "truncated"
    """The chain ends before, or otherwise than, its recorded head."""
    ANCHOR = "anchor"
    """The chain does not hold the hash that was noted earlier."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    kind: FaultKind
    sequence: int | None
    audit_id: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: number and hash of its last line."""

    sequence: int
    hash: bytes


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Link:
    """A line as the chain has it.

    ``parts`` are what is hashed, without the number of the line; ``None`` when the line is gone.
    """

    sequence: int
    audit_id: str
    previous: bytes
    hash: bytes
    parts: Sequence[str | None] | None


def line_hash(previous: bytes, parts: Iterable[str | None]) -> bytes:
    """The hash of a line after ``previous``."""
    digest = hashlib.sha256(previous)
    for part in parts:
        raw = None if part is None else part.encode()
        digest.update(b"-," if raw is None else b"%d:%b," % (len(raw), raw))
    return digest.digest()


def hash_of(link: Link) -> bytes | None:
    """What the hash of a link has to be by its line; ``None`` when that is gone."""
    if link.parts is None:
        return None
    owner, *rest = link.parts
    return line_hash(link.previous, (owner, str(link.sequence), *rest))


@dataclass(slots=True)
class Verifier:
    """Takes the links of a chain in order, and collects what is wrong."""

    anchor: Head | None = None
    retired: int = 0
    """Lines up to this one were removed by retention; a later line of the chain says so."""
    head: Head = EMPTY
    faults: list[Fault] = field(default_factory=list)

    def take(self, link: Link) -> None:
        """The next link."""
        if link.sequence != self.head.sequence + 1:
            self._fault(FaultKind.GAP, link)
        elif link.previous != self.head.hash:
            self._fault(FaultKind.BROKEN, link)
        expected = hash_of(link)
        if expected is None:
            if link.sequence > self.retired:
                self._fault(FaultKind.REMOVED, link)
        elif expected != link.hash:
            self._fault(FaultKind.ALTERED, link)
        self.head = Head(link.sequence, link.hash)
        if self.anchor is not None and self.anchor.sequence == link.sequence:
            if self.anchor.hash != link.hash:
                self._fault(FaultKind.ANCHOR, link)
            self.anchor = None

    def end(self, recorded: Head, unchained: Iterable[str]) -> None:
        """After the last link: the head that was recorded, and lines that the chain lacks."""
        if recorded != self.head:
            self.faults.append(Fault(FaultKind.TRUNCATED, recorded.sequence, None))
        self.faults += [Fault(FaultKind.UNCHAINED, None, audit_id) for audit_id in unchained]
        if self.anchor is not None and self.anchor != EMPTY:
            self.faults.append(Fault(FaultKind.ANCHOR, self.anchor.sequence, None))

    def _fault(self, kind: FaultKind, link: Link) -> None:
        self.faults.append(Fault(kind, link.sequence, link.audit_id))
