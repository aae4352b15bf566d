"""The life of a plan, below ``/v1/chambers/{chamber}/plans/{year}``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Parts, ReadCall, WriteCall, reading, writing
from services.api.boundaries.cuts import content_without_sheets
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.schemas import Plan, PlanYear
from services.api.plans.views import plan_etag, plan_view
from services.api.responses import require_match, resource_response, to_json
from services.api.versions import service
from services.api.versions.schemas import (
    Motivated,
    NewAmendment,
    NewApproval,
    PlanClosure,
    PlanVersion,
    VersionDifferences,
    VersionFacts,
    VersionList,
    VersionPath,
)
from services.api.versions.service import Reasons
from services.api.versions.views import act_of, differences_view, facts
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}", tags=["versioni"])

Reading = Annotated[ReadCall, Depends(reading(Action.PLAN_READ), scope="function")]

_CONDITIONS = ("plan_not_found", "precondition_required", "stale_version", "chamber_suspended")
_KEYS = ("idempotency_key_reused", "idempotency_key_in_use")


async def _held(request: Request, call: WriteCall, year: int) -> plans.StoredPlan:
    """The plan, locked, as the caller has read it (``If-Match``)."""
    head = await plans.lock_plan(call.session, year)
    counts = await plans.count_parts(call.session, head)
    require_match(request, plan_etag(plan_view(head, counts, call.access)))
    return await plans.read_parts(call.session, head)


async def _plan(request: Request, call: WriteCall, year: int) -> Response:
    head = await plans.head(call.session, year)
    view = plan_view(head, await plans.count_parts(call.session, head), call.access)
    return resource_response(request, view, etag=plan_etag(view))


def _created(request: Request, call: WriteCall, year: int, made: service.Version) -> Response:
    location = f"/v1/chambers/{call.access.chamber}/plans/{year}/versions/{made.number}"
    return resource_response(request, facts(made), status=201, headers={"Location": location})


@router.post(
    "/approval",
    operation_id="plan_approve",
    summary="Approvazione",
    description="Approva la bozza, o la variazione aperta come versione successiva, con l'atto. "
    "Serve `If-Match` con l'ETag del piano. Pesi misti o che non sommano a 100 (oltre la "
    "tolleranza) sono errori: tutti insieme, con i puntatori nel piano esportato.",
    status_code=201,
    response_model=VersionFacts,
    responses=refusals(
        *_CONDITIONS,
        "plan_already_approved",
        "plan_closed",
        "amendment_without_changes",
        "approval_refused",
        *_KEYS,
    ),
)
async def approve(
    request: Request,
    year: PlanYear,
    new: NewApproval,
    parts: Parts,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_APPROVE), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """A version that never changes afterwards."""

    async def make() -> Response:
        stored = await _held(request, call, year)
        today = parts.clock.now().date()
        act, opinion = act_of(new.act), new.oiv_opinion
        made = await service.approve(call.session, stored, act, opinion, today)
        return _created(request, call, year, made)

    return await once(request, call.session, key, to_json(new), make)


@router.post(
    "/amendments",
    operation_id="plan_amend",
    summary="Apertura di una variazione",
    description="Il piano approvato resta in vigore; il contenuto torna modificabile con "
    "un'importazione, come bozza della versione successiva, su cui si calcolano i risultati. "
    "Serve `If-Match` con l'ETag del piano.",
    status_code=201,
    response_model=VersionFacts,
    responses=refusals(*_CONDITIONS, "plan_not_approved", "amendment_open", "plan_closed", *_KEYS),
)
async def amend(
    request: Request,
    year: PlanYear,
    new: NewAmendment,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_AMEND), scope="function")],
    key: IdempotencyKey = None,
) -> Response:
    """The next version begins as a copy of the one in force."""

    async def make() -> Response:
        stored = await _held(request, call, year)
        reasons = Reasons(None, new.motivation, new.cause, new.oiv_opinion)
        made = await service.amend(call.session, stored.head, reasons)
        return _created(request, call, year, made)

    return await once(request, call.session, key, to_json(new), make)


@router.post(
    "/withdrawal",
    operation_id="plan_amendment_withdraw",
    summary="Ritiro della variazione aperta",
    description="Il contenuto torna quello approvato. Serve `If-Match` con l'ETag del piano.",
    response_model=Plan,
    responses=refusals(
        *_CONDITIONS, "no_open_amendment", "plan_closed", "measured_element_removed"
    ),
)
async def withdraw(
    request: Request,
    year: PlanYear,
    new: Motivated,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_WITHDRAW), scope="function")],
) -> Response:
    """As if the amendment had never been opened, except for its trace."""
    stored = await _held(request, call, year)
    await service.withdraw(call.session, stored, Reasons(motivation=new.motivation))
    return await _plan(request, call, year)


@router.post(
    "/closure",
    operation_id="plan_close",
    summary="Chiusura",
    description="Il piano non accetta più variazioni né rilevazioni; valutazioni, testi e "
    "relazioni continuano. Serve `If-Match` con l'ETag del piano.",
    response_model=Plan,
    responses=refusals(*_CONDITIONS, "plan_not_approved", "amendment_open", "plan_closed"),
)
async def close(
    request: Request,
    year: PlanYear,
    new: PlanClosure,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_CLOSE), scope="function")],
) -> Response:
    """The year is over."""
    stored = await _held(request, call, year)
    act = None if new.act is None else act_of(new.act)
    await service.close(call.session, stored.head, Reasons(act=act))
    return await _plan(request, call, year)


@router.post(
    "/reopening",
    operation_id="plan_reopen",
    summary="Riapertura",
    description="Annulla la chiusura, per decidere su dati tardivi. Serve `If-Match` con l'ETag "
    "del piano.",
    response_model=Plan,
    responses=refusals(*_CONDITIONS, "plan_not_closed"),
)
async def reopen(
    request: Request,
    year: PlanYear,
    new: Motivated,
    call: Annotated[WriteCall, Depends(writing(Action.PLAN_REOPEN), scope="function")],
) -> Response:
    """The version in force is the one that was closed."""
    stored = await _held(request, call, year)
    await service.reopen(call.session, stored.head, Reasons(motivation=new.motivation))
    return await _plan(request, call, year)


@router.get(
    "/versions",
    operation_id="plan_versions_list",
    summary="Versioni approvate",
    description="Dalla più recente, ciascuna con l'atto e il motivo. `sort`: `version`.",
    response_model=VersionList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_versions(
    request: Request, year: PlanYear, call: Reading, asked: Annotated[Page, Depends(page)]
) -> Response:
    """Versions without their contents."""
    head = await plans.head(call.session, year)
    found = await service.approved_versions(call.session, head, asked)
    items = [facts(service.approved_version(head, row)) for row in found.rows]
    state = head.standing.state.value
    return list_response(request, items, found.next, asked, VersionFacts, state=state)


@router.get(
    "/versions/{version}",
    operation_id="plan_version",
    summary="Una versione",
    description="Il contenuto esatto di una versione, con l'atto e il suo hash; anche della "
    "versione in preparazione.",
    response_model=PlanVersion,
    responses=refusals("plan_not_found", "version_not_found"),
)
async def show_version(
    request: Request, year: PlanYear, version: VersionPath, call: Reading
) -> Response:
    """What an act approved."""
    head = await plans.head(call.session, year)
    known = await service.version(call.session, head, version)
    content = await service.content(call.session, head, version)
    seen = content_without_sheets(content, call.access.sight)
    return resource_response(request, PlanVersion(facts=facts(known), content=seen))


@router.get(
    "/versions/{version}/differences/{other}",
    operation_id="plan_version_differences",
    summary="Differenze fra due versioni",
    description="Che cosa cambia da `version` a `other`, campo per campo; i target vecchi e "
    "nuovi a fianco, e il motivo di ogni versione.",
    response_model=VersionDifferences,
    responses=refusals("plan_not_found", "version_not_found"),
)
async def show_differences(
    request: Request, year: PlanYear, version: VersionPath, other: VersionPath, call: Reading
) -> Response:
    """Any two versions, in either direction."""
    head = await plans.head(call.session, year)
    sight = call.access.sight
    changes = await service.differences_between(call.session, head, version, other, sight)
    reasons = await service.reasons_between(call.session, head, version, other)
    place = (call.access.chamber, year, version, other)
    return resource_response(request, differences_view(place, changes, reasons))
