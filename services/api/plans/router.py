"""``/v1/chambers/{chamber}/plans``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.cuts import seen_case
from services.api.boundaries.service import Reach
from services.api.errors import Refusal
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import repository, service
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import (
    Narrative,
    NarrativeList,
    NewNarrative,
    Plan,
    PlanList,
    PlanSummary,
    PlanYear,
)
from services.api.plans.views import plan_etag, plan_view
from services.api.responses import require_match, resource_response, version_etag
from shared.contracts.case import Case, write_case
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans", tags=["piani"])

Reading = Annotated[ReadCall, Depends(reading(Action.PLAN_READ), scope="function")]
Asked = Annotated[Page, Depends(page)]
NarrativePath = Annotated[
    str,
    Path(
        max_length=1020,
        pattern=r"^(objective|section):.+$",
        description="`objective:` e il codice, o `section:` e il numero della sezione.",
        examples=["objective:A1"],
    ),
]


@router.get(
    "",
    operation_id="plans_list",
    summary="Piani della camera",
    description="I piani, dal più recente. `sort`: `year`.",
    response_model=PlanList,
    responses=refusals("invalid_cursor"),
)
async def list_plans(request: Request, call: Reading, asked: Asked) -> Response:
    """All years of the chamber."""
    found = await repository.list_plans(call.session, asked)
    items = [
        PlanSummary.model_validate({name: row._mapping[name] for name in PlanSummary.model_fields})  # noqa: SLF001 - SQLAlchemy's public name
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, PlanSummary)


@router.get(
    "/{year}",
    operation_id="plan",
    summary="Un piano",
    description="Dati generali del piano, quanti elementi ha, e che cosa si può farvi.",
    response_model=Plan,
    responses=refusals("plan_not_found"),
)
async def show_plan(request: Request, year: PlanYear, call: Reading) -> Response:
    """A plan without its parts, which have lists of their own."""
    head = await service.head(call.session, year)
    view = plan_view(head, await service.count_parts(call.session, head), call.access)
    return resource_response(request, view, etag=plan_etag(view))


@router.get(
    "/{year}/export",
    operation_id="plan_export",
    summary="Esportazione del piano",
    description="Il file `ciclo/case@1` con tutto il piano: importato altrove dà gli stessi "
    "risultati e la stessa esportazione, byte per byte. Di una scheda individuale che chi chiama "
    "non può vedere mancano rilevazioni, valutazioni e testi (e la scheda stessa, per chi non "
    "gestisce il ciclo): `Ciclo-Withheld` dice di quante schede.",
    response_model=Case,
    responses={
        200: {
            "headers": {
                "Ciclo-Withheld": {
                    "description": "Di quante schede individuali il file non dice tutto.",
                    "schema": {"type": "integer", "format": "int32"},
                }
            }
        },
        **refusals("plan_not_found"),
    },
)
async def export_plan(
    request: Request,
    year: PlanYear,
    call: Annotated[ReadCall, Depends(reading(Action.PLAN_EXPORT), scope="function")],
) -> Response:
    """The canonical bytes of the plan's case file."""
    stored = await service.read_plan(call.session, year)
    case, withheld = seen_case(stored, call.access.sight)
    name = f"{stored.case.chamber.lower()}-{year}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if withheld:
        headers["Ciclo-Withheld"] = str(withheld)
    return resource_response(request, write_case(case), headers=headers)


@router.get(
    "/{year}/narratives",
    operation_id="narratives_list",
    summary="Testi del piano",
    description="I testi di obiettivi e sezioni, ciascuno con la sua versione. `sort`: `position`, "
    "`key`.",
    response_model=NarrativeList,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_narratives(
    request: Request,
    year: PlanYear,
    call: Annotated[ReadCall, Depends(reading(Action.NARRATIVE_READ), scope="function")],
    asked: Asked,
) -> Response:
    """Texts in document order."""
    head = await service.head(call.session, year)
    hidden = await boundaries.hidden(call.session, head, call.access)
    found = await repository.list_narratives(call.session, head.plan_id, asked, hidden.objectives)
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    items = [
        _narrative(service.NarrativeKey(row.subject_kind, row.subject_code), row, reach)
        for row in found.rows
    ]
    return list_response(request, items, found.next, asked, Narrative)


@router.get(
    "/{year}/narratives/{key}",
    operation_id="narrative",
    summary="Un testo",
    description="Il testo di un obiettivo o di una sezione della Relazione.",
    response_model=Narrative,
    responses=refusals("plan_not_found", "subject_not_found"),
)
async def show_narrative(
    request: Request,
    year: PlanYear,
    key: NarrativePath,
    call: Annotated[ReadCall, Depends(reading(Action.NARRATIVE_READ), scope="function")],
) -> Response:
    """A text, with the ETag that changing it asks for."""
    head = await service.head(call.session, year)
    subject = service.NarrativeKey.parse(key)
    row = await repository.find_narrative(call.session, head.plan_id, subject.kind, subject.code)
    hidden = await boundaries.hidden(call.session, head, call.access)
    if row is None or hidden.hides(subject.kind, subject.code):
        raise Refusal("subject_not_found", code=key)
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    view = _narrative(subject, row, reach)
    return resource_response(request, view, etag=version_etag(row.version))


@router.put(
    "/{year}/narratives/{key}",
    operation_id="narrative_write",
    summary="Scrittura di un testo",
    description="Scrive il testo. Se esiste già serve `If-Match` con il suo ETag; per il primo "
    "testo `If-Match` non serve, o `If-None-Match: *` per non sovrascriverne uno.",
    response_model=Narrative,
    responses=refusals(
        "plan_not_found",
        "subject_not_found",
        "outside_units",
        "precondition_required",
        "stale_version",
        "chamber_suspended",
    ),
)
async def write_narrative(
    request: Request,
    year: PlanYear,
    key: NarrativePath,
    new: NewNarrative,
    call: Annotated[WriteCall, Depends(writing(Action.NARRATIVE_WRITE), scope="function")],
) -> Response:
    """Two offices write here: nobody overwrites what they have not read."""
    head = await service.lock_plan(call.session, year)
    subject = service.NarrativeKey.parse(key)
    reach = await _reach_of_text(call, head, subject)
    place = (head.plan_id, subject.kind, subject.code)
    current = await repository.find_narrative(call.session, *place, lock=True)
    if current is not None and request.headers.get("if-none-match") == "*":
        raise Refusal("stale_version", headers={"ETag": version_etag(current.version)})
    if current is not None:
        require_match(request, version_etag(current.version))
    elif "if-match" in request.headers:
        raise Refusal("stale_version")
    await service.write_narrative(call.session, head, subject, new.text)
    written = await repository.find_narrative(call.session, *place)
    if written is None:
        raise LookupError(key)
    view = _narrative(subject, written, reach)
    return resource_response(request, view, etag=version_etag(written.version))


@router.delete(
    "/{year}/narratives/{key}",
    operation_id="narrative_remove",
    summary="Eliminazione di un testo",
    description="Richiede `If-Match` con l'ETag del testo.",
    status_code=204,
    responses=refusals(
        "plan_not_found",
        "subject_not_found",
        "outside_units",
        "precondition_required",
        "stale_version",
        "chamber_suspended",
    ),
)
async def remove_narrative(
    request: Request,
    year: PlanYear,
    key: NarrativePath,
    call: Annotated[WriteCall, Depends(writing(Action.NARRATIVE_WRITE), scope="function")],
) -> None:
    """Takes a text back, as the caller has read it."""
    head = await service.lock_plan(call.session, year)
    subject = service.NarrativeKey.parse(key)
    await _reach_of_text(call, head, subject)
    place = (head.plan_id, subject.kind, subject.code)
    current = await repository.find_narrative(call.session, *place, lock=True)
    if current is None:
        raise Refusal("subject_not_found", code=key)
    require_match(request, version_etag(current.version))
    await service.remove_narrative(call.session, head, subject)


async def _reach_of_text(call: WriteCall, head: PlanHead, key: service.NarrativeKey) -> Reach:
    """What the caller may write, this text included.

    Raises:
        Refusal: ``subject_not_found`` in a sheet that the caller does not see,
            ``outside_units``.
    """
    hidden = await boundaries.hidden(call.session, head, call.access)
    if hidden.hides(key.kind, key.code):
        raise Refusal("subject_not_found", code=str(key))
    reach = await boundaries.reach(call.session, head, call.access, Action.NARRATIVE_WRITE)
    reach.require(Action.NARRATIVE_WRITE, [(key.kind, key.code, "")])
    return reach


def _narrative(key: service.NarrativeKey, row: sa.Row[Any], reach: Reach) -> Narrative:
    actions = [
        action
        for action in reach.access.actions(Action.NARRATIVE_READ, Action.NARRATIVE_WRITE)
        if reach.covers(action, key.kind, key.code)
    ]
    return Narrative(
        key=str(key),
        text=row.text,
        version=row.version,
        updated_at=row.updated_at,
        allowed_actions=[str(action) for action in actions],
    )
