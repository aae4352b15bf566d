"""Who signs a document, in which order: pure rules.

Signatures are put on one after another, each on what the one before has made, by different
persons (the Segretario generale proposes and answers for the management, the President or
Commissario for the body: one person cannot be both).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Standing(StrEnum):
    """Where an expected signature is."""

    MADE = "made"
    NEXT = "next"
    """Whoever holds the office may sign now."""
    WAITING = "waiting"
    """Others sign before, or the document is not there yet."""


def next_office(expected: Sequence[str], made: Mapping[str, str]) -> str | None:
    """The first office that has not signed; ``None`` when all have."""
    return next((office for office in expected if office not in made), None)


def standings(
    expected: Sequence[str], made: Mapping[str, str], *, open_now: bool
) -> dict[str, Standing]:
    """Where each expected signature is; ``open_now``: the state of the document allows signing."""
    following = next_office(expected, made)
    return {
        office: Standing.MADE
        if office in made
        else Standing.NEXT
        if open_now and office == following
        else Standing.WAITING
        for office in expected
    }


def refusal(
    expected: Sequence[str], made: Mapping[str, str], office: str, person: str
) -> str | None:
    """The code of why this person cannot sign for this office now, or ``None``.

    ``made``: office -> who signed for it.
    """
    if office not in expected:
        return "office_not_expected"
    if office in made:
        return "signature_already_made"
    if office != next_office(expected, made):
        return "signature_not_next"
    if person in made.values():
        return "signer_signed_already"
    return None
