"""The data a document carries with it: snapshot, result tables, explanations.

Attached as PDF/A-3 associated files: the snapshot as the source of the document, the
tables and explanations as its data, in forms that outlive any program of ours.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from shared.contracts import open_data
from shared.contracts.snapshot import ReportSnapshot, YearContent, canonical_bytes

Relationship = Literal["Source", "Data"]
_MEDIA_TYPES = {"json": "application/json", "csv": "text/csv"}


@dataclass(frozen=True)
class AttachmentCard:
    """What the annex says about an attachment."""

    name: str
    description: str
    relationship: Relationship

    @property
    def media_type(self) -> str:
        """By the end of the name."""
        return _MEDIA_TYPES[self.name.rpartition(".")[2]]


@dataclass(frozen=True)
class AttachedFile:
    """An attachment with its bytes."""

    card: AttachmentCard
    content: bytes


SNAPSHOT = AttachmentCard(
    "snapshot.json", "Tutti i dati del documento, come congelati alla richiesta (JSON)", "Source"
)
INDICATORS = AttachmentCard(
    "indicatori.csv", "Indicatori: peso, target, valore, risultato, semaforo (CSV)", "Data"
)
OBJECTIVES = AttachmentCard(
    "obiettivi.csv", "Obiettivi: livello, peso, risultato, semaforo (CSV)", "Data"
)
RESOURCES = AttachmentCard("risorse.csv", "Risorse previste e spese per obiettivo (CSV)", "Data")
EXPLANATIONS = AttachmentCard(
    "spiegazioni.json", "Spiegazione di ogni risultato: misure, regola, pesi (JSON)", "Data"
)
CONSOLIDATED = AttachmentCard(
    "consolidati.csv", "Indicatori consolidati e cifre di ogni camera, anno per anno (CSV)", "Data"
)
ATTACHMENTS = (SNAPSHOT, INDICATORS, OBJECTIVES, RESOURCES, EXPLANATIONS)


def cards(snapshot: ReportSnapshot) -> tuple[AttachmentCard, ...]:
    """What is attached to a document, in the order the annex lists it."""
    return ATTACHMENTS if snapshot.entity is None else (*ATTACHMENTS, CONSOLIDATED)


def snapshot_bytes(snapshot: ReportSnapshot) -> bytes:
    """The snapshot as attached: the very bytes that were frozen and hashed."""
    return canonical_bytes(snapshot)


def snapshot_sha256(snapshot: ReportSnapshot) -> str:
    """SHA-256 of the attached snapshot, printed on the verification page."""
    return hashlib.sha256(snapshot_bytes(snapshot)).hexdigest()


def attached_files(snapshot: ReportSnapshot) -> tuple[AttachedFile, ...]:
    """Every attachment of a document, in the order the annex lists them."""
    explanations = [
        {**_whose(snapshot, year), **item.model_dump(mode="json")}
        for year in open_data.years_told(snapshot)
        for item in year.explanations
    ]
    told = json.dumps(explanations, ensure_ascii=False, indent=1).encode()
    files = [
        AttachedFile(SNAPSHOT, snapshot_bytes(snapshot)),
        AttachedFile(INDICATORS, open_data.to_csv(open_data.INDICATORS, snapshot)),
        AttachedFile(OBJECTIVES, open_data.to_csv(open_data.OBJECTIVES, snapshot)),
        AttachedFile(RESOURCES, open_data.to_csv(open_data.RESOURCES, snapshot)),
        AttachedFile(EXPLANATIONS, told),
    ]
    if snapshot.entity is not None:
        consolidated = open_data.to_csv(open_data.CONSOLIDATED, snapshot)
        files.append(AttachedFile(CONSOLIDATED, consolidated))
    return tuple(files)


def _whose(snapshot: ReportSnapshot, year: YearContent) -> dict[str, str]:
    """The chamber, in documents of several."""
    return {} if snapshot.entity is None else {"chamber": year.chamber.code}
