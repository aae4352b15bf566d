"""From rows to the bodies that callers see."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.render_jobs.states import JobState
from services.api.reports.addresses import job_path, report_path
from services.api.reports.life import life
from services.api.reports.schemas import (
    JobFailure,
    RenderJob,
    Report,
    ReportDetail,
    ReportDocument,
    ReportMoveMade,
    SealFacts,
)
from shared.contracts.issues import Language
from shared.domain.designation import Decided, Designation
from shared.domain.permissions import Action
from shared.domain.report_states import ReportState

_ACTIONS = (
    Action.REPORT_READ,
    Action.REPORT_REQUEST,
    Action.REPORT_RENDER,
    Action.REPORT_APPROVE,
    Action.REPORT_VALIDATE,
    Action.REPORT_SIGN,
    Action.REPORT_PUBLISH,
)


def report_view(row: sa.Row[Any], access: Access, *, withheld: bool = False) -> Report:
    """A report as its caller sees it; ``withheld`` is one that they may know of, and not read."""
    state = ReportState(row.state)
    return Report(
        report_id=row.report_id,
        chamber=access.chamber,
        year=row.year,
        kind=row.kind,
        title=designation(row).title,
        mark=designation(row).mark or None,
        period=row.subject if row.kind == "monitoraggio" else None,
        sheet=row.subject if row.kind == "scheda" else None,
        about=report_path(access.chamber, row.subject) if row.kind == "validazione" else None,
        chambers=row.subject.split(",") if row.kind == "relazione_ente" else [],
        version=row.version,
        state=row.state,
        plan_revision=row.plan_revision,
        snapshot_sha256=row.snapshot_sha256,
        document=_document(row, access.chamber),
        job=job_path(access.chamber, row.job_id),
        created_at=row.created_at,
        rendered_at=row.rendered_at,
        reason=row.reason,
        individual_sheets="roles" if row.with_sheets else "omitted",
        allowed_actions=[
            str(action)
            for action in access.actions(*((Action.REPORT_READ,) if withheld else _ACTIONS))
            if life(row).allows(state, action)
        ],
    )


def report_detail(
    row: sa.Row[Any], moves: Sequence[sa.Row[Any]], access: Access, *, withheld: bool = False
) -> ReportDetail:
    """A report with the moves it has made."""
    made = [
        ReportMoveMade(
            move=move.move,
            act=move.act,
            conditions=move.conditions,
            remarks=move.remarks,
            reason=move.reason,
            at=move.moved_at,
            by=move.moved_by,
        )
        for move in moves
    ]
    view = report_view(row, access, withheld=withheld)
    return ReportDetail(**view.model_dump(), moves=made)


def _document(row: sa.Row[Any], chamber: str) -> ReportDocument | None:
    if row.pdf_sha256 is None:
        return None
    return ReportDocument(
        href=f"{report_path(chamber, row.report_id)}/pdf",
        sha256=row.pdf_sha256,
        size=row.pdf_size,
        pages=row.pdf_pages,
        seal=None if row.signature is None else SealFacts(**row.signature),
    )


def job_view(row: sa.Row[Any], access: Access, language: Language) -> RenderJob:
    """A job as its caller sees it."""
    state = JobState(row.state)
    report = report_path(access.chamber, row.report_id)
    failure = row.failure if state is JobState.FAILED else None
    may_cancel = () if state.over else access.actions(Action.REPORT_CANCEL)
    return RenderJob(
        job_id=row.job_id,
        kind=row.kind,
        office=row.office,
        state=row.state,
        stage=row.stage,
        progress=row.progress,
        attempt=row.attempt,
        failure=None
        if failure is None
        else JobFailure(code=failure["code"], detail=failure[language], section=failure["section"]),
        report=report,
        document=f"{report}/pdf" if state is JobState.DONE else None,
        events=f"{job_path(access.chamber, row.job_id)}/events",
        created_at=row.created_at,
        finished_at=row.finished_at,
        allowed_actions=[*map(str, access.actions(Action.REPORT_READ)), *map(str, may_cancel)],
    )


def designation(row: sa.Row[Any]) -> Designation:
    """Which document a report is a version of."""
    decided = None
    if row.decided_version is not None:
        decided = Decided(row.decided_kind, row.decided_subject, row.decided_version)
    return Designation(row.kind, row.year, row.subject, decided)


def file_name(row: sa.Row[Any], chamber: str) -> str:
    """Name under which a person saves the PDF."""
    return f"{designation(row).title} - {chamber} - versione {row.version}.pdf"
