"""The data a document carries with it: snapshot, result tables, explanations.

Attached as PDF/A-3 associated files: the snapshot as the source of the document, the
tables and explanations as its data, in forms that outlive any program of ours.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.contracts.snapshot import ReportSnapshot, canonical_bytes

Relationship = Literal["Source", "Data"]


@dataclass(frozen=True)
class AttachmentCard:
    """What the annex says about an attachment."""

    name: str
    description: str
    relationship: Relationship


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
ATTACHMENTS = (SNAPSHOT, INDICATORS, OBJECTIVES, RESOURCES, EXPLANATIONS)


def snapshot_bytes(snapshot: ReportSnapshot) -> bytes:
    """The snapshot as attached: the very bytes that were frozen and hashed."""
    return canonical_bytes(snapshot)


def snapshot_sha256(snapshot: ReportSnapshot) -> str:
    """SHA-256 of the attached snapshot, printed on the verification page."""
    return hashlib.sha256(snapshot_bytes(snapshot)).hexdigest()


def attached_files(snapshot: ReportSnapshot) -> tuple[AttachedFile, ...]:
    """Every attachment of a document, in the order the annex lists them."""
    explanations = [item.model_dump(mode="json") for item in snapshot.explanations]
    return (
        AttachedFile(SNAPSHOT, snapshot_bytes(snapshot)),
        AttachedFile(INDICATORS, _indicators(snapshot)),
        AttachedFile(OBJECTIVES, _objectives(snapshot)),
        AttachedFile(RESOURCES, _resources(snapshot)),
        AttachedFile(EXPLANATIONS, json.dumps(explanations, ensure_ascii=False, indent=1).encode()),
    )


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """RFC 4180 with a byte order mark, so that office programs read the accents."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _indicators(snapshot: ReportSnapshot) -> bytes:
    head = (
        "code",
        "objective",
        "title",
        "typology",
        "formula",
        "unit",
        "value_type",
        "weight",
        "target_op",
        "target",
        "target2",
        "value",
        "value_text",
        "status",
        "met",
        "measured",
        "recognised",
        "shown",
        "light",
        "assessed",
        "reason",
    )
    return _csv(
        head,
        [
            [
                item.code,
                item.objective,
                item.title,
                item.typology,
                item.formula,
                item.unit,
                item.value_type,
                item.weight,
                item.target.op if item.target else None,
                item.target.value if item.target else None,
                item.target.value2 if item.target else None,
                item.value,
                item.value_text,
                item.status,
                item.met,
                item.figure.measured,
                item.figure.recognised,
                item.figure.shown,
                item.figure.light,
                item.figure.assessed,
                item.figure.reason,
            ]
            for item in snapshot.indicators
        ],
    )


def _objectives(snapshot: ReportSnapshot) -> bytes:
    head = (
        "code",
        "kind",
        "parent",
        "scope",
        "title",
        "weight",
        "measured",
        "recognised",
        "shown",
        "light",
        "assessed",
        "reason",
    )
    return _csv(
        head,
        [
            [
                item.code,
                item.kind,
                item.parent,
                item.scope,
                item.title,
                item.weight,
                item.figure.measured,
                item.figure.recognised,
                item.figure.shown,
                item.figure.light,
                item.figure.assessed,
                item.figure.reason,
            ]
            for item in snapshot.objectives
        ],
    )


def _resources(snapshot: ReportSnapshot) -> bytes:
    head = (
        "objective",
        "type",
        "year",
        "initial",
        "changes",
        "budgeted",
        "committed",
        "approved",
        "actual",
        "available",
        "currency",
    )
    return _csv(
        head,
        [
            [
                item.code,
                row.type,
                row.year,
                row.initial,
                row.changes,
                row.budgeted,
                row.committed,
                row.approved,
                row.actual,
                row.available,
                row.currency,
            ]
            for item in snapshot.objectives
            for row in item.resources
        ],
    )
