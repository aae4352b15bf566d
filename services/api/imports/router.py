"""``/v1/chambers/{chamber}/imports``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, permitted, reading, writing
from services.api.bodies import JSON, JsonBytes, raw_body
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.imports import repository, service
from services.api.imports.schemas import Import, ImportList, ImportRemark, SectionReports
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.requests import request_info
from services.api.responses import resource_response
from shared.contracts.case_reading import ReadCase, read_case
from shared.contracts.issues import Issue
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/imports", tags=["importazioni"])

ImportId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo dell'importazione.",
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.PLAN_READ), scope="function")]


async def posted_case(raw: JsonBytes) -> ReadCase:
    """Dependency: the case file in the body, read before any transaction begins."""
    return read_case(raw)


@router.post(
    "",
    operation_id="import_new",
    summary="Importazione di un anno",
    description="Il contenuto è un file `ciclo/case@1`. Crea o aggiorna il piano di quell'anno, "
    "tutto o niente; lo stesso file due volte non cambia nulla. Rilevazioni, valutazioni e testi "
    "assenti dal file restano. Un piano approvato non cambia: serve una variazione aperta.",
    status_code=201,
    response_model=Import,
    dependencies=[Depends(permitted(Action.PLAN_IMPORT))],
    responses=refusals(
        "case_refused",
        "measured_element_removed",
        "plan_content_fixed",
        "plan_closed",
        "chamber_suspended",
        "unsupported_media_type",
        "body_too_large",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
    openapi_extra=raw_body(JSON, {"$ref": "#/components/schemas/Case"}),
)
async def import_case(
    request: Request,
    raw: JsonBytes,
    case: Annotated[ReadCase, Depends(posted_case)],
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_IMPORT), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """A whole year, in one transaction."""

    async def make() -> Response:
        row = await service.import_case(call.session, raw, case)
        location = f"/v1/chambers/{row.chamber_id}/imports/{row.import_id}"
        return resource_response(
            request, _import(request, row), status=201, headers={"Location": location}
        )

    return await once(request, call.session, key, raw, make)


@router.get(
    "",
    operation_id="imports_list",
    summary="Importazioni",
    description="Le importazioni della camera, dalla più recente. `sort`: `import_id`.",
    response_model=ImportList,
    responses=refusals("invalid_cursor"),
)
async def list_imports(
    request: Request, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """What was imported, and when."""
    found = await repository.list_imports(call.session, asked)
    items = [_import(request, row) for row in found.rows]
    return list_response(request, items, found.next, asked, Import)


@router.get(
    "/{import_id}",
    operation_id="import",
    summary="Un'importazione",
    description="Il resoconto: quanti elementi creati o cambiati, e ogni avvertimento.",
    response_model=Import,
)
async def show_import(request: Request, import_id: ImportId, call: Reading) -> Response:
    """The report of one import."""
    row = await repository.find(call.session, import_id)
    if row is None:
        raise Refusal("not_found")
    return resource_response(request, _import(request, row))


def _import(request: Request, row: sa.Row[Any]) -> Import:
    language = request_info(request).language
    warnings = [Issue.model_validate(stored) for stored in row.report["warnings"]]
    return Import(
        import_id=row.import_id,
        chamber=row.chamber_id,
        year=row.year,
        revision=row.revision,
        created_at=row.created_at,
        sections=SectionReports.model_validate(row.report["sections"]),
        warnings=[
            ImportRemark(pointer=w.pointer, code=w.code, detail=w.detail(language))
            for w in warnings
        ],
    )
