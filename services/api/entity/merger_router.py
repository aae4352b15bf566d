"""``/v1/entities/{entity}/plans/{year}/merger``: the entity's plan out of its chambers'."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Caller, Parts, access_to
from services.api.auth.entities import EntityAccess, member
from services.api.bodies import JSON, JsonBytes, raw_body
from services.api.entity import merging
from services.api.entity.schemas import (
    DryRun,
    EntityYear,
    Merger,
    MergerRemark,
    UnmappedElement,
)
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.requests import request_info
from services.api.responses import resource_response
from shared.contracts.issues import Language
from shared.contracts.merger import MergerMapping, MergerRefusedError, read_mapping
from shared.contracts.merging import Merged
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/entities/{entity}/plans/{year}/merger", tags=["ente"])


async def _posted(raw: JsonBytes) -> MergerMapping:
    """The mapping in the body, read before any transaction begins."""
    try:
        return read_mapping(raw)
    except MergerRefusedError as refused:
        raise Refusal(refused.code, issues=refused.issues) from refused


async def _planning(
    access: Annotated[EntityAccess, Depends(member)], caller: Caller, parts: Parts
) -> EntityAccess:
    """The caller may import plans of the entity's own chamber, which has the entity's code."""
    if access.entity not in access.chambers:
        raise Refusal("entity_without_chamber", entity=access.entity)
    own = await access_to(parts, caller, access.entity)
    if not own.allows(Action.PLAN_IMPORT):
        raise Refusal("forbidden")
    return access


@router.post(
    "",
    operation_id="entity_merger",
    summary="Accorpamento",
    description="Fa la bozza del piano dell'ente dai piani delle camere dell'anno prima, con una "
    "corrispondenza esplicita di obiettivi e indicatori (`ciclo/merger@1`); i valori di partenza "
    "sono quelli consolidati. Elenca ciò che nessuna riga nomina. Con `dry_run` non registra "
    "nulla; altrimenti la bozza è il piano della camera che ha il codice dell'ente.",
    status_code=201,
    response_model=Merger,
    responses={
        200: {"model": Merger, "description": "La bozza che si avrebbe (`dry_run`)."},
        **refusals(
            "entity_unknown",
            "entity_without_chamber",
            "reading_not_granted",
            "chamber_not_granted",
            "merger_refused",
            "plan_exists",
            "chamber_suspended",
            "unsupported_media_type",
            "body_too_large",
            "idempotency_key_reused",
            "idempotency_key_in_use",
        ),
    },
    openapi_extra=raw_body(JSON, {"$ref": "#/components/schemas/MergerMapping"}),
)
async def merge_plans(
    request: Request,
    year: EntityYear,
    access: Annotated[EntityAccess, Depends(_planning)],
    raw: JsonBytes,
    mapping: Annotated[MergerMapping, Depends(_posted)],
    parts: Parts,
    *,
    dry_run: DryRun = False,
    key: IdempotencyKey = None,
) -> Response:
    """The plans of the year before become one."""
    draft = await merging.merged(parts, access, mapping, year)
    language = request_info(request).language
    body = _merger(mapping, draft, access.entity, language, dry_run=dry_run)
    if dry_run:
        return resource_response(request, body)
    async with parts.database.write([access.entity], access.author) as session:

        async def make() -> Response:
            await merging.write(session, draft)
            headers = {"Location": f"/v1/chambers/{access.entity}/plans/{year}"}
            return resource_response(request, body, status=201, headers=headers)

        return await once(request, session, key, raw, make)


def _merger(
    mapping: MergerMapping, draft: Merged, entity: str, language: Language, *, dry_run: bool
) -> Merger:
    return Merger(
        entity=entity,
        year=draft.read.case.year,
        dry_run=dry_run,
        unmapped=[
            UnmappedElement(
                chamber=row.chamber,
                section=row.section,  # type: ignore[arg-type]  # one of the two words
                code=row.code,
                title=row.title,
            )
            for row in draft.unmapped
        ],
        left_behind=list(mapping.left_behind),
        without_target=list(draft.without_target),
        without_baseline=list(draft.without_baseline),
        warnings=[
            MergerRemark(pointer=w.pointer, code=w.code, detail=w.detail(language))
            for w in draft.read.warnings
        ],
        draft=draft.read.case,
    )
