"""The form field that waits for the chamber's seal, as the document carries it.

The renderer puts it into the unsigned document, inside a ``Form`` element of the structure
tree, so that assistive programs know the seal by name; the signer fills it in.
"""

from dataclasses import dataclass

from shared.contracts.snapshot import ChamberCard

OFF_PAGE = (-9999.0, -9999.0, -9999.0, -9999.0)
"""Where the invisible widget lies: PDF/UA wants it off the page, PDF/A not hidden."""

PRINT_FLAG = 4


@dataclass(frozen=True)
class SealField:
    """Name of the field and the words that assistive programs read."""

    name: str
    label: str


def seal_field(chamber: ChamberCard) -> SealField:
    """The field of a chamber's seal."""
    return SealField(f"Sigillo_{chamber.code}", f"Sigillo elettronico: {chamber.name}")
