"""Who signs the documents of a chamber, in which order: what is configured, what is frozen."""

import re
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.verification import PadesLevel

OFFICE_PATTERN: Final = r"^[a-z][a-z0-9_]{1,39}$"

SEAL: Final = "sigillo"
"""Stands for an office where the seal of the chamber is one signature among others."""

TIME_STAMP: Final = "marca_temporale"
"""Stands for an office where the time stamps of a document are renewed."""

TIME_STAMP_TITLE: Final = "Rinnovo delle marche temporali"

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


Fingerprint = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        max_length=64,
        description="Impronta SHA-256 del certificato (DER), esadecimale.",
    ),
]


class ExpectedSigner(Contract):
    """Il certificato di chi firma; ogni indicazione data deve corrispondere."""

    common_name: Annotated[
        str | None,
        Field(max_length=200, pattern=r"^\S(.*\S)?$", description="Nome comune (CN) del soggetto."),
    ] = None
    serial_number: Annotated[
        str | None,
        Field(
            max_length=64,
            pattern=r"^\S+$",
            description="Numero di serie del soggetto (per una firma qualificata `TINIT-` e il "
            "codice fiscale), non del certificato.",
        ),
    ] = None
    certificates: Annotated[
        tuple[Fingerprint, ...],
        Field(
            max_length=10, description="Certificati ammessi: il nuovo e il vecchio, nel rinnovo."
        ),
    ] = ()


SignedKind = Literal["relazione", "relazione_ente", "piano", "validazione"]
"""Kinds of documents that persons may sign: those that go out."""

Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", max_length=64)]


class ExpectedSignature(SignatureSlot):
    """Una firma attesa: l'ufficio, come compare, con quale identità e di chi."""

    identity: Annotated[
        Identity | None,
        Field(
            description="Nome dell'identità nel renderer; se manca, il codice della camera, un "
            "trattino e l'ufficio.",
            examples=["PI-segretario_generale"],
        ),
    ] = None
    signer: ExpectedSigner = ExpectedSigner()
    documents: Annotated[
        tuple[SignedKind, ...],
        Field(
            min_length=1,
            max_length=4,
            description="Quali documenti firma. Il Piano è adottato con l'atto che approva il "
            "piano, la validazione è dell'OIV: le persone li firmano se qui è scritto.",
            examples=[["relazione", "relazione_ente", "piano"]],
        ),
    ] = ("relazione", "relazione_ente")

    def slot(self) -> SignatureSlot:
        """What the document says of it."""
        return SignatureSlot(office=self.office, title=self.title)

    def identity_in(self, chamber: str) -> str:
        """The name of its identity."""
        return self.identity or f"{chamber}-{self.office}"


SIGNATORIES: Final = (
    ExpectedSignature(office="segretario_generale", title="Il Segretario generale"),
    ExpectedSignature(office="presidente", title="Il Presidente"),
)
"""Who signs where a chamber says nothing: the Segretario generale, who answers for the
management, then the President (the Commissario in a chamber that has one)."""


class Signing(Contract):
    """Chi firma i documenti della camera dopo il suo sigillo, e a quale livello."""

    identity: Annotated[
        Identity | None,
        Field(
            description="Nome dell'identità del sigillo, che il renderer custodisce; mai la "
            "chiave. Se manca, il codice della camera.",
            examples=["PI"],
        ),
    ] = None
    level: Annotated[
        PadesLevel | None,
        Field(description="Livello PAdES delle firme; se manca, quello del renderer."),
    ] = None
    signatures: Annotated[
        tuple[ExpectedSignature, ...],
        Field(
            max_length=6,
            description="Le firme che i documenti attendono, nell'ordine, prima di essere "
            "pubblicati. Vuoto: basta il sigillo.",
        ),
    ] = SIGNATORIES

    def expected_on(self, kind: str) -> tuple[SignatureSlot, ...]:
        """Who signs a document of this kind, in order."""
        return tuple(item.slot() for item in self.signatures if kind in item.documents)

    def of(self, office: str) -> ExpectedSignature | None:
        """What is set for an office."""
        return next((item for item in self.signatures if item.office == office), None)


def seal_field_of(chamber: str) -> str:
    """Name of the field of a chamber's seal."""
    return f"Sigillo_{chamber}"


def field_of(office: str) -> str:
    """Name of the field of a person's signature."""
    if not re.fullmatch(OFFICE_PATTERN, office):
        raise ValueError(f"not an office: {office!r}")
    return f"Firma_{office}"
