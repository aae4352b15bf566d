"""The document of the OIV's decision on a report: made by itself when the OIV decides."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import WriteSession
from services.api.reports import repository
from services.api.reports.repository import Series
from services.api.reports.requesting import Wish, request
from services.api.reports.snapshot import described
from shared.contracts.case import Act
from shared.contracts.snapshot import Act as ActView
from shared.contracts.snapshot import ReportSnapshot, YearContent
from shared.contracts.snapshot_validation import DecidedDocument, ValidationView
from shared.contracts.validation_checks import validation_checks
from shared.domain.confidentiality import INDIVIDUAL_KINDS
from shared.domain.report_states import ReportMove, ReportState


async def request_decision(
    parts: Container,
    session: WriteSession,
    row: sa.Row[Any],
    act: Act,
    said: Mapping[str, str | None],
) -> None:
    """Freezes the decision on a report that was just decided on, and asks for its PDF.

    Args:
        parts: the application's.
        session: the transaction of the decision; the plan is held in it.
        row: the report, in its state after the decision.
        act: date and number of the decision.
        said: conditions and remarks, or the reason.
    """
    frozen = await repository.snapshot(session, row.report_id)
    decided = ReportSnapshot.model_validate_json(frozen.snapshot)
    approvals = [
        move.act
        for move in await repository.moves(session, row.report_id)
        if move.move == ReportMove.APPROVE
    ]
    view = ValidationView(
        outcome="refused" if row.state == ReportState.REFUSED else "validated",
        date=act.date or "",
        number=act.number,
        conditions=said.get("conditions"),
        remarks=said.get("remarks"),
        reason=said.get("reason"),
        document=DecidedDocument(
            report_id=row.report_id,
            kind=row.kind,
            year=row.year,
            version=row.version,
            pdf_sha256=row.pdf_sha256,
            snapshot_sha256=row.snapshot_sha256,
            verification_url=decided.verification_url,
            approval=ActView.model_validate(approvals[-1]) if approvals else None,
        ),
        checks=validation_checks(decided),
    )
    wish = Wish(
        series=Series(row.year, "validazione", row.report_id),
        plan_id=row.plan_id,
        plan_revision=row.plan_revision,
        with_sheets=False,
    )
    content = as_decided(decided)
    await request(parts, session, wish, lambda facts: described(content, facts, validation=view))


def as_decided(report: ReportSnapshot) -> YearContent:
    """What the document shows of the report that was decided on: the chamber's results in brief."""
    fields = {name: getattr(report, name) for name in YearContent.model_fields}
    own = (
        row
        for row in report.objectives
        if row.scope == "chamber" and row.kind not in INDIVIDUAL_KINDS
    )
    brief = {"narrative": None, "indicators": (), "resources": (), "description": None}
    fields |= {
        "objectives": tuple(row.model_copy(update=brief) for row in own),
        "indicators": (),
        "explanations": (),
        "evaluations": tuple(row for row in report.evaluations if row.scope == "chamber"),
        "narratives": (),
        "tables": (),
        "deviations": None,
        "analyses": (),
        "judgements": (),
        "amendments": (),
        "trends": (),
        "period": None,
    }
    return YearContent(**fields)
