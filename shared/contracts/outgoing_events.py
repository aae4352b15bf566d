"""Events that chambers subscribe to, version 1: what each is called and what it carries.

Facts and references only: who is told something fetches the rest with its own permissions,
so an event that goes astray gives nothing away. The models are the published contract
(section ``webhooks`` of the OpenAPI document).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field

from shared.contracts.base import Contract
from shared.domain.periods import PERIOD_PATTERN

VERSION = 1
"""Version of the contract; every event names it."""

Chamber = Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$", examples=["PI"])]
Year = Annotated[int, Field(ge=1990, le=2200, description="Anno del piano.", examples=[2020])]
Identifier = Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
Name = Annotated[str, Field(max_length=256, pattern=r"^[^\x00-\x1f]*$")]
Period = Annotated[str, Field(max_length=3, pattern=rf"^(Y|{PERIOD_PATTERN})$")]
Number = Annotated[int, Field(ge=0, le=2**53 - 1, json_schema_extra={"format": "int64"})]
Sha256 = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z_]*$")]


class PlanMoved(Contract):
    """Il piano è passato a un altro stato."""

    year: Year
    version: Annotated[Number, Field(description="Versione in vigore, o in corso di scrittura.")]
    state: Literal["draft", "approved", "amending", "closed"]
    revision: Number
    sha256: Annotated[
        Sha256 | None, Field(description="Impronta del contenuto approvato, se approvato ora.")
    ] = None


class PeriodMoved(Contract):
    """Un periodo è stato chiuso o riaperto."""

    year: Year
    period: Period


class ValidatedMeasurement(Contract):
    """Una rilevazione validata."""

    subject: Literal["measure", "indicator", "objective"]
    code: Name
    year: Year
    period: Period
    version: Number


class MeasurementsValidated(Contract):
    """Rilevazioni validate insieme."""

    year: Year
    measurements: Annotated[tuple[ValidatedMeasurement, ...], Field(max_length=5000)]


class ResultsChanged(Contract):
    """I risultati del piano vanno letti di nuovo."""

    year: Year
    revision: Number
    cause: Word


class ReportReady(Contract):
    """Il documento è pronto, sigillato e verificato."""

    report_id: Identifier
    pdf_sha256: Sha256


class ReportSigned(Contract):
    """Una firma è stata apposta al documento: il sigillo della camera, o quella di un ufficio."""

    report_id: Identifier
    pdf_sha256: Sha256
    signer: Name
    level: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9-]+$", examples=["B-B"])]


class ReportMoved(Contract):
    """Il documento ha compiuto un passo."""

    report_id: Identifier
    year: Year
    version: Number
    state: Literal["approved", "validated", "refused", "published"]


class ReportSignatureFailed(Contract):
    """Una firma chiesta non è stata apposta; il documento è rimasto com'era."""

    report_id: Identifier
    office: Name
    code: Word


class ReportFailed(Contract):
    """Il documento non si è potuto comporre."""

    report_id: Identifier


TextSubject = Annotated[
    str,
    Field(
        max_length=1020,
        pattern=r"^(objective|section):.+$",
        description="Di che cosa parla il testo.",
        examples=["section:2"],
    ),
]


class TextMoved(Contract):
    """Un testo è stato scritto o tolto."""

    year: Year
    key: TextSubject
    version: Number


class TextAssigned(Contract):
    """È cambiato chi deve un testo, o entro quando."""

    year: Year
    key: TextSubject


class CommentMoved(Contract):
    """Una discussione su un testo ha una riga in più."""

    year: Year
    key: TextSubject
    thread_id: Identifier
    number: Number
    move: Literal["open", "answer", "resolve", "reopen"]


class QuarantineAdded(Contract):
    """Rilevazioni che attendono una decisione."""

    integration: Name
    message_id: Name
    items: Number


class ChamberCreated(Contract):
    """La camera esiste."""

    chamber: Chamber


class SubscriptionDisabled(Contract):
    """Un'iscrizione non riceve più nulla finché non la si riattiva."""

    subscription_id: Identifier
    reason: Literal["gone", "failing"]


class SubscriptionTest(Contract):
    """Un messaggio di prova, chiesto da chi amministra l'iscrizione."""

    subscription_id: Identifier


Data = TypeVar("Data", bound=Contract)


class Event(Contract, Generic[Data]):
    """Un evento, come viene inviato."""

    type: Annotated[str, Field(max_length=64, pattern=r"^[a-z]+\.[a-z_]+$")]
    version: Literal[1]
    timestamp: Annotated[datetime, Field(description="Quando è successo, in UTC.")]
    chamber: Chamber
    subject: Annotated[
        Name, Field(description="Di che cosa si parla; gli eventi di uno stesso sono in ordine.")
    ]
    data: Data


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: what its ``data`` is, and what it tells, in Italian."""

    data: type[Contract]
    summary: str


TEST = "subscription.test"
"""The one kind that is sent on request, to one subscriber, and not subscribed to."""

EVENTS: Mapping[str, EventKind] = MappingProxyType(
    {
        "plan.approved": EventKind(PlanMoved, "Piano approvato"),
        "plan.amendment_opened": EventKind(PlanMoved, "Variazione del piano aperta"),
        "plan.amendment_withdrawn": EventKind(PlanMoved, "Variazione del piano ritirata"),
        "plan.amended": EventKind(PlanMoved, "Variazione del piano approvata"),
        "plan.closed": EventKind(PlanMoved, "Piano chiuso"),
        "plan.reopened": EventKind(PlanMoved, "Piano riaperto"),
        "measurement.validated": EventKind(MeasurementsValidated, "Rilevazioni validate"),
        "period.closed": EventKind(PeriodMoved, "Periodo chiuso"),
        "period.reopened": EventKind(PeriodMoved, "Periodo riaperto"),
        "results.changed": EventKind(ResultsChanged, "Risultati cambiati"),
        "narrative.written": EventKind(TextMoved, "Testo scritto"),
        "narrative.removed": EventKind(TextMoved, "Testo tolto"),
        "narrative.assigned": EventKind(TextAssigned, "Testo affidato a un ufficio"),
        "comment.added": EventKind(CommentMoved, "Commento a un testo"),
        "report.ready": EventKind(ReportReady, "Documento pronto"),
        "report.signed": EventKind(ReportSigned, "Documento firmato"),
        "report.signature_failed": EventKind(ReportSignatureFailed, "Firma non riuscita"),
        "report.approved": EventKind(ReportMoved, "Documento approvato"),
        "report.validated": EventKind(ReportMoved, "Documento validato dall'OIV"),
        "report.refused": EventKind(ReportMoved, "Documento non validato dall'OIV"),
        "report.published": EventKind(ReportMoved, "Documento pubblicato"),
        "report.failed": EventKind(ReportFailed, "Documento non riuscito"),
        "quarantine.added": EventKind(QuarantineAdded, "Rilevazioni in quarantena"),
        "chamber.created": EventKind(ChamberCreated, "Camera creata"),
        "subscription.disabled": EventKind(SubscriptionDisabled, "Iscrizione disattivata"),
    }
)
"""Every kind of event that can be subscribed to."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened in a chamber; ``data`` is what its kind carries."""

    kind: str
    chamber: str
    subject: str
    at: datetime
    data: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """The body that is signed and sent; the same bytes at every attempt."""
        event = {
            "type": self.kind,
            "version": VERSION,
            "timestamp": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "chamber": self.chamber,
            "subject": self.subject,
            "data": dict(self.data),
        }
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def event_model(kind: str) -> type[Event[Any]]:
    """The model of the whole message of a kind of event.

    Raises:
        KeyError: there is no such kind.
    """
    data = SubscriptionTest if kind == TEST else EVENTS[kind].data
    return Event[data]  # type: ignore[valid-type]  # a model made at run time
