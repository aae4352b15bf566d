"""``ciclo/snapshot@1``: everything a report may show, frozen and already computed.

The API writes it when a report is requested; the renderer turns it into a document and
attaches it to the PDF. Nothing in it is computed again: a template may format a figure,
never derive one. Its rows are in :mod:`shared.contracts.snapshot_views`.
"""

import json
from typing import Any, Literal

from shared.contracts.document_layout import LayoutView
from shared.contracts.signing import SignatureSlot
from shared.contracts.snapshot_entity import EntityView
from shared.contracts.snapshot_history import RegisterRow, StepView
from shared.contracts.snapshot_validation import ValidationView
from shared.contracts.snapshot_views import (
    Act,
    AmendmentView,
    AnalysisView,
    ChamberCard,
    Contribution,
    DateText,
    DecimalText,
    DeviationView,
    EvaluationView,
    Explanation,
    FieldChangeView,
    Figure,
    IndicatorView,
    JudgementView,
    LackView,
    Light,
    NarrativeView,
    ObjectiveView,
    OverallJudgementView,
    PeriodView,
    PolicyView,
    ProRataView,
    Resource,
    TableView,
    TargetChangeView,
    TargetView,
    UsedMeasure,
    YearContent,
)

__all__ = [
    "LATER_FIELDS",
    "Act",
    "AmendmentView",
    "AnalysisView",
    "ChamberCard",
    "Contribution",
    "DateText",
    "DecimalText",
    "DeviationView",
    "EvaluationView",
    "Explanation",
    "FieldChangeView",
    "Figure",
    "IndicatorView",
    "JudgementView",
    "LackView",
    "Light",
    "NarrativeView",
    "ObjectiveView",
    "OverallJudgementView",
    "PeriodView",
    "PolicyView",
    "ProRataView",
    "ReportKind",
    "ReportSnapshot",
    "Resource",
    "TableView",
    "TargetChangeView",
    "TargetView",
    "UsedMeasure",
    "YearContent",
    "canonical_bytes",
]

ReportKind = Literal[
    "relazione", "monitoraggio", "relazione_ente", "piano", "scheda", "validazione"
]
"""The yearly report, the monitoring report of a period, the report of an entity, the plan, an
individual sheet, the decision of the OIV on a report."""


class ReportSnapshot(YearContent):
    """The frozen content of one report of one chamber for one year."""

    format: Literal["ciclo/snapshot@1"] = "ciclo/snapshot@1"
    report_id: str
    version: int
    kind: ReportKind
    language: Literal["it"] = "it"
    created_at: str
    """RFC 3339 UTC instant of the freeze; also the document's date."""
    development: bool
    """True when the seal has no legal value; every page says so."""
    verification_url: str
    reason: str | None = None
    """Why this version was made although an earlier one had been approved."""
    layout: LayoutView | None = None
    """How the chamber wants the document; ``None`` as is usual."""
    steps: tuple[StepView, ...] = ()
    """The cycle of the year, in order."""
    cycle_documents: tuple[RegisterRow, ...] = ()
    """The documents of the cycle."""
    entity: EntityView | None = None
    """Of the report of an entity."""
    preview: bool = False
    """True when this is no document: every page says so."""
    validation: ValidationView | None = None
    """Of the decision of the OIV."""
    signatures: tuple[SignatureSlot, ...] = ()
    """Of persons, in order, beside the seal; what was frozen before them waits for none."""


LATER_FIELDS = (
    "deviations",
    "analyses",
    "judgements",
    "overall_judgement",
    "amendments",
    "reason",
    "period",
    "layout",
    "steps",
    "cycle_documents",
    "trends",
    "entity",
    "preview",
    "signatures",
    "validation",
)
"""Fields that the first snapshots do not have. They are not written where they say nothing, so
that what was frozen before them keeps its bytes and its hash."""


def canonical_bytes(snapshot: ReportSnapshot) -> bytes:
    """The one way a snapshot is written: what is frozen, hashed and attached to the PDF.

    JSON in UTF-8 with sorted names and no blanks; a snapshot that is read back and written
    again gives the same bytes.
    """
    document = snapshot.model_dump(mode="json")
    _leave_out_later(document, snapshot)
    if snapshot.entity is not None:
        chapters = zip(document["entity"]["chapters"], snapshot.entity.chapters, strict=True)
        for written, chapter in chapters:
            _leave_out_later(written, chapter)
        for card in document["entity"]["chambers"]:
            _leave_out_accent(card)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _leave_out_later(document: dict[str, Any], content: YearContent) -> None:
    """Takes out what an older version of the contract would not have written."""
    for name in LATER_FIELDS:
        field = type(content).model_fields.get(name)
        if field is not None and getattr(content, name) == field.default:
            del document[name]
    _leave_out_accent(document["chamber"])


def _leave_out_accent(card: dict[str, Any]) -> None:
    if card["accent_colour"] is None:
        del card["accent_colour"]
