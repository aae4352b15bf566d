"""The life of a report that is there: what it is by its kind, its plan and who signs it."""

from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.errors import Refusal
from services.api.reports.addresses import job_path
from shared.domain.report_states import Life, ReportMove, ReportState, life_of
from shared.domain.workflow import MoveRefusedError


def life(row: sa.Row[Any]) -> Life:
    """The steps that a report takes."""
    return life_of(row.kind, own_plan=row.plan_id is not None, signed=bool(row.signatories))


def after(session: ReadSession, row: sa.Row[Any], move: ReportMove) -> ReportState:
    """The state of a report after a move.

    Raises:
        Refusal: its state does not allow the move, or its kind never makes it.
    """
    try:
        return life(row).after(ReportState(row.state), move)
    except MoveRefusedError as error:
        job = job_path(session.chamber, row.job_id)
        raise Refusal(error.code, job=job, version=row.version) from error
