"""Who signs the documents of a chamber, in which order: what is configured, what is frozen."""

import re
from typing import Annotated, Final

from pydantic import Field

from shared.contracts.base import Contract

OFFICE_PATTERN: Final = r"^[a-z][a-z0-9_]{1,39}$"

SEAL: Final = "sigillo"
"""Stands for an office where the seal of the chamber is one signature among others."""

Office = Annotated[
    str,
    Field(
        pattern=OFFICE_PATTERN,
        max_length=40,
        description="Ufficio che firma; lo stesso fra le unità (`units`) di chi ha il ruolo "
        "`signer`.",
        examples=["segretario_generale"],
    ),
]
OfficeTitle = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        pattern=r"^\S(.*\S)?$",
        description="Come l'ufficio compare nel documento.",
        examples=["Il Segretario generale"],
    ),
]


class SignatureSlot(Contract):
    """A signature that a document waits for; frozen with its content."""

    office: Office
    title: OfficeTitle


SIGNATORIES: Final = (
    SignatureSlot(office="segretario_generale", title="Il Segretario generale"),
    SignatureSlot(office="presidente", title="Il Presidente"),
)
"""Who signs where a chamber says nothing: the Segretario generale, who answers for the
management, then the President (the Commissario in a chamber that has one)."""


def seal_field_of(chamber: str) -> str:
    """Name of the field of a chamber's seal."""
    return f"Sigillo_{chamber}"


def field_of(office: str) -> str:
    """Name of the field of a person's signature."""
    if not re.fullmatch(OFFICE_PATTERN, office):
        raise ValueError(f"not an office: {office!r}")
    return f"Firma_{office}"
