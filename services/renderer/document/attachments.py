"""The data a document carries with it: snapshot, result tables, explanations.

Attached as PDF/A-3 associated files: the snapshot as the source of the document, the
tables and explanations as its data, in forms that outlive any program of ours.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.contracts.snapshot import ReportSnapshot, YearContent, canonical_bytes
from shared.contracts.snapshot_entity import EntityView

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
        for year in _told(snapshot)
        for item in year.explanations
    ]
    told = json.dumps(explanations, ensure_ascii=False, indent=1).encode()
    files = [
        AttachedFile(SNAPSHOT, snapshot_bytes(snapshot)),
        AttachedFile(INDICATORS, _indicators(snapshot)),
        AttachedFile(OBJECTIVES, _objectives(snapshot)),
        AttachedFile(RESOURCES, _resources(snapshot)),
        AttachedFile(EXPLANATIONS, told),
    ]
    if snapshot.entity is not None:
        files.append(AttachedFile(CONSOLIDATED, _consolidated(snapshot.entity)))
    return tuple(files)


def _told(snapshot: ReportSnapshot) -> tuple[YearContent, ...]:
    """Whose years the document tells."""
    chapters = () if snapshot.entity is None else snapshot.entity.chapters
    return (snapshot, *chapters)


def _whose(snapshot: ReportSnapshot, year: YearContent) -> dict[str, str]:
    """The chamber, in documents of several."""
    return {} if snapshot.entity is None else {"chamber": year.chamber.code}


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


Rows = Callable[[YearContent], Iterator[list[object]]]


def _table(snapshot: ReportSnapshot, head: Sequence[str], rows: Rows) -> bytes:
    """A table of the document's year; of an entity's, of every chamber that it tells of."""
    found = [
        [*_whose(snapshot, year).values(), *row] for year in _told(snapshot) for row in rows(year)
    ]
    return _csv((*_whose(snapshot, snapshot), *head), found)


def _indicators(snapshot: ReportSnapshot) -> bytes:
    about = ("code", "objective", "title", "typology", "formula", "unit", "value_type", "weight")
    bounds = ("op", "value", "value2")
    measured = ("value", "value_text", "status", "met")

    def rows(year: YearContent) -> Iterator[list[object]]:
        for item in year.indicators:
            yield [
                *_fields(item, about),
                *(_fields(item.target, bounds) if item.target else [None] * len(bounds)),
                *_fields(item, measured),
                *_fields(item.figure, _FIGURE),
            ]

    return _table(snapshot, (*about, "target_op", "target", "target2", *measured, *_FIGURE), rows)


def _objectives(snapshot: ReportSnapshot) -> bytes:
    about = ("code", "kind", "parent", "scope", "title", "weight")

    def rows(year: YearContent) -> Iterator[list[object]]:
        for item in year.objectives:
            yield [*_fields(item, about), *_fields(item.figure, _FIGURE)]

    return _table(snapshot, (*about, *_FIGURE), rows)


def _resources(snapshot: ReportSnapshot) -> bytes:
    amounts = ("initial", "changes", "budgeted", "committed", "approved", "actual", "available")
    about = ("type", "year", *amounts, "currency")

    def rows(year: YearContent) -> Iterator[list[object]]:
        for item in year.objectives:
            for row in item.resources:
                yield [item.code, *_fields(row, about)]

    return _table(snapshot, ("objective", *about), rows)


def _consolidated(entity: EntityView) -> bytes:
    """Every indicator in every year: the consolidated figure (no chamber), then each chamber's."""
    figure = ("value", "shown", "reason", "subject")
    rows: list[list[object]] = []
    for item in entity.trend:
        about = [item.facts.entry, item.facts.title, item.facts.unit]
        for point in item.points:
            rows.append([*about, point.year, None, *_fields(point, figure)])
            rows.extend(
                [*about, point.year, one.chamber, *_fields(one, figure)] for one in point.chambers
            )
            rows.extend(
                [*about, point.year, out.chamber, None, None, out.reason, out.subject]
                for out in point.left_out
            )
    return _csv(("entry", "title", "unit", "year", "chamber", *figure), rows)
