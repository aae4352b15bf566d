"""The form fields that wait for signatures, as the document carries them.

The renderer puts them into the unsigned document, inside ``Form`` elements of the structure
tree, so that assistive programs know each by name; the signers fill them in, one by one. A field
that is there from the beginning needs no change of pages when it is signed.
"""

from dataclasses import dataclass

from shared.contracts.signing import SignatureSlot, field_of, seal_field_of
from shared.contracts.snapshot import ChamberCard, ReportSnapshot

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
    return SealField(seal_field_of(chamber.code), f"Sigillo elettronico: {chamber.name}")


def signature_field(slot: SignatureSlot) -> SealField:
    """The field of a person's signature."""
    return SealField(field_of(slot.office), f"Firma: {slot.title}")


def stamp_field(number: int) -> SealField:
    """The field of a document time stamp, counted from one."""
    return SealField(f"Marca_{number}", f"Marca temporale {number}")


def fields_of(snapshot: ReportSnapshot) -> tuple[SealField, ...]:
    """Every field of a document: seal and signatures in their order, then a stamp for each.

    The stamps are for level B-LTA; a field that is made later hangs nowhere in the tags. A
    document that nobody signs after the seal has none.
    """
    signed = (seal_field(snapshot.chamber), *map(signature_field, snapshot.signatures))
    if not snapshot.signatures:
        return signed
    return signed + tuple(stamp_field(number) for number in range(1, len(signed) + 1))
