"""The stages of a document: before anybody signed, sealed, after each signature, stamped anew.

Each begins with the one before, so a file is told by the furthest of them that it begins with.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.signatures.service import Signatures


@dataclass(frozen=True, slots=True)
class Stage:
    """The document at one moment of its life; kept, but for the first."""

    sha256: str
    signature: sa.Row[Any] | None
    """What made it; ``None`` before the seal."""


def stages_of(found: Signatures) -> tuple[Stage, ...]:
    """The stages, in order; the first is left out where it was not written down."""
    first = next((row.base_sha256 for row in found.made[:1]), None)
    before = () if first is None else (Stage(first, None),)
    return before + tuple(Stage(row.pdf_sha256, row) for row in found.made)


def furthest(stages: tuple[Stage, ...], digests: Collection[str]) -> int | None:
    """The place of the last stage that has one of these digests."""
    return max((at for at, stage in enumerate(stages) if stage.sha256 in digests), default=None)
