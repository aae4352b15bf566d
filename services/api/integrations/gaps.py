"""``GET .../integrations/{integration}/gaps``: statements that a system numbered and never sent."""

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from services.api.integrations import repository, service
from services.api.integrations.router import IntegrationPath, Reading
from services.api.integrations.service import DEFAULTS
from services.api.measurements.schemas import Period
from services.api.openapi import refusals
from services.api.paging import ListItem, Page, list_response, page
from services.api.plans.schemas import Code, Cursor
from services.api.responses import Resource
from shared.domain.source_versions import missing

router = APIRouter(prefix="/v1/chambers/{chamber}/integrations", tags=["integrazioni"])

_MOST_RANGES = 1000

SourceVersion = Annotated[int, Field(ge=0, le=2**53 - 1, json_schema_extra={"format": "int64"})]
Year = Annotated[int, Field(ge=1990, le=2200)]


class MissingVersions(Resource):
    """Versioni di seguito che non sono arrivate."""

    first: SourceVersion
    last: SourceVersion


class Gap(ListItem):
    """Un dato di cui manca una versione: la prima, o una fra altre due."""

    measurement_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    plan_year: Annotated[Year, Field(description="Anno del piano.")]
    subject_kind: Literal["measure", "indicator", "objective"]
    subject_code: Code
    year: Annotated[Year | None, Field(description="Anno del dato; assente se è del piano.")]
    period: Period | None
    held_version: Annotated[SourceVersion | None, Field(description="Versione che vale ora.")]
    missing: Annotated[list[MissingVersions], Field(max_length=_MOST_RANGES)]


class GapList(Resource):
    """Le lacune nelle versioni di un sistema."""

    items: Annotated[list[Gap], Field(max_length=500)]
    next: Cursor


@router.get(
    "/{integration}/gaps",
    operation_id="integration_gaps_list",
    summary="Lacune nelle versioni",
    description="I dati di cui il sistema ha saltato una versione: un messaggio non è arrivato. La "
    "lacuna resta finché la versione non arriva; il valore che vale è comunque l'ultimo. "
    "`sort`: `code`.",
    response_model=GapList,
    responses=refusals("invalid_cursor"),
)
async def list_gaps(
    request: Request,
    integration: IntegrationPath,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
) -> Response:
    """What was numbered and never came."""
    row = await service.integration(call.session, integration)
    from_start = row.settings.get("versions_from_start", DEFAULTS["versions_from_start"])
    found = await repository.list_gaps(call.session, integration, asked)
    return list_response(
        request, [_gap(row, from_start=from_start) for row in found.rows], found.next, asked, Gap
    )


def _gap(row: sa.Row[Any], *, from_start: bool) -> Gap:
    return Gap(
        measurement_id=row.measurement_id,
        plan_year=row.plan_year,
        subject_kind=row.subject_kind,
        subject_code=row.subject_code,
        year=row.year,
        period=row.period,
        held_version=row.source_version,
        missing=[
            MissingVersions(first=first, last=last)
            for first, last in missing(row.versions_seen, from_start=from_start)[:_MOST_RANGES]
        ],
    )
