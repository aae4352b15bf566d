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


_FIGURE = ("measured", "recognised", "shown", "light", "assessed", "reason")
"""Columns of a result; as every name below, also the attribute that holds it."""


def _fields(row: object, names: Sequence[str]) -> list[object]:
    return [getattr(row, name) for name in names]


def _indicators(snapshot: ReportSnapshot) -> bytes:
    about = ("code", "objective", "title", "typology", "formula", "unit", "value_type", "weight")
    bounds = ("op", "value", "value2")
    measured = ("value", "value_text", "status", "met")
    return _csv(
        (*about, "target_op", "target", "target2", *measured, *_FIGURE),
        [
            [
                *_fields(item, about),
                *(_fields(item.target, bounds) if item.target else [None] * len(bounds)),
                *_fields(item, measured),
                *_fields(item.figure, _FIGURE),
            ]
            for item in snapshot.indicators
        ],
    )


def _objectives(snapshot: ReportSnapshot) -> bytes:
    about = ("code", "kind", "parent", "scope", "title", "weight")
    return _csv(
        (*about, *_FIGURE),
        [[*_fields(item, about), *_fields(item.figure, _FIGURE)] for item in snapshot.objectives],
    )


def _resources(snapshot: ReportSnapshot) -> bytes:
    amounts = ("initial", "changes", "budgeted", "committed", "approved", "actual", "available")
    about = ("type", "year", *amounts, "currency")
    return _csv(
        ("objective", *about),
        [
            [item.code, *_fields(row, about)]
            for item in snapshot.objectives
            for row in item.resources
        ],
    )
