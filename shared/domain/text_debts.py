"""Who still owes what of a year's words: texts, explanations, answers to comments. Pure.

A text is owed by the offices it was assigned to, until it says something. An explanation is owed
by whoever answers for the result. A comment waits for those who write the text that it is about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.domain.responsibility import folded


class DebtKind(StrEnum):
    """What is owed."""

    TEXT = "text"
    EXPLANATION = "explanation"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A text (``objective:A1``, ``section:2``) that offices owe, perhaps by a day."""

    key: str
    offices: tuple[str, ...]
    due_on: date | None = None

    def overdue(self, today: date) -> bool:
        """Whether its day is over."""
        return self.due_on is not None and self.due_on < today


@dataclass(frozen=True, slots=True)
class Debt:
    """What somebody owes. ``offices`` is empty where nobody was named."""

    kind: DebtKind
    key: str
    offices: tuple[str, ...]
    due_on: date | None = None
    overdue: bool = False
    count: int = 1
    """How many of the kind about this subject: threads, for comments."""


@dataclass(frozen=True, slots=True)
class OfficeDebts:
    """How much one office owes."""

    office: str
    texts: int = 0
    explanations: int = 0
    comments: int = 0
    overdue: int = 0

    @property
    def total(self) -> int:
        """Everything together."""
        return self.texts + self.explanations + self.comments


def owed_texts(assigned: Iterable[Assigned], written: Iterable[str], today: date) -> list[Debt]:
    """The assigned texts that are not written.

    Args:
        assigned: what offices owe.
        written: keys of the texts that say something.
        today: a text is overdue from the day after it was due.
    """
    there = frozenset(written)
    return [
        Debt(DebtKind.TEXT, one.key, one.offices, one.due_on, one.overdue(today))
        for one in assigned
        if one.key not in there
    ]


def waiting_comments(
    threads: Mapping[str, int], writers: Mapping[str, tuple[str, ...]]
) -> list[Debt]:
    """The open threads by text, each with those who write it, where somebody was named."""
    return [
        Debt(DebtKind.COMMENT, key, writers.get(key, ()), count=count)
        for key, count in threads.items()
    ]


def by_office(debts: Iterable[Debt]) -> tuple[OfficeDebts, ...]:
    """How much each office owes, the most first; shared debts count for each.

    Spaces and capitals make no other office; it is called as it was first named.
    """
    names: dict[str, str] = {}
    found: dict[str, dict[str, int]] = {}
    for debt in debts:
        for office in debt.offices:
            (key,) = folded([office])
            names.setdefault(key, office)
            counts = found.setdefault(key, dict.fromkeys(_COUNTED, 0))
            counts[_PLURALS[debt.kind]] += debt.count
            counts["overdue"] += debt.overdue
    rows = [OfficeDebts(names[key], **counts) for key, counts in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.office)))


_PLURALS = {
    DebtKind.TEXT: "texts",
    DebtKind.EXPLANATION: "explanations",
    DebtKind.COMMENT: "comments",
}

_COUNTED = (*_PLURALS.values(), "overdue")
