"""``/v1/entities/{entity}/...``: the chambers that the caller was granted, together."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Caller, Parts, access_to
from services.api.auth.entities import EntityAccess, member
from services.api.container import Container
from services.api.entity import service
from services.api.entity.schemas import (
    MOST_YEARS,
    ChambersFilter,
    EntityYear,
    EntryFilter,
    FromYear,
    ToYear,
)
from services.api.errors import Refusal
from services.api.openapi import refusals
from services.api.readers import service as readers
from services.api.responses import resource_response
from shared.contracts.consolidated import (
    BenchmarkYear,
    ConsolidatedYear,
    EntityPlan,
    SideBySide,
    Trend,
)
from shared.contracts.issues import Issue
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/entities/{entity}", tags=["ente"])

Member = Annotated[EntityAccess, Depends(member)]

_GRANTS = ("entity_unknown", "reading_not_granted", "chamber_not_granted")


async def _opened(
    parts: Container, access: EntityAccess, subject: str, asked: str | None
) -> tuple[str, ...]:
    today = parts.clock.now().date()
    return await readers.opened(parts.database, access, today, subject, asked)


def _years(first: int, last: int) -> range:
    if not first <= last < first + MOST_YEARS:
        issue = Issue(
            pointer="/query/to_year",
            code="out_of_range",
            it=f"da from_year si chiedono al più {MOST_YEARS} anni, in ordine",
            en=f"at most {MOST_YEARS} years from from_year on, in order",
        )
        raise Refusal("validation_failed", issues=[issue])
    return range(first, last + 1)


@router.get(
    "/chambers",
    operation_id="entity_chambers",
    summary="Camere a confronto",
    description="Risultato complessivo, semaforo e giudizio di ogni camera in ogni anno, secondo "
    "le regole di ciascuna. Ogni lettura resta nel registro delle camere lette.",
    response_model=SideBySide,
    responses=refusals(*_GRANTS),
)
async def show_chambers(
    request: Request,
    access: Member,
    parts: Parts,
    from_year: FromYear,
    to_year: ToYear,
    chambers: ChambersFilter = None,
) -> Response:
    """Chambers side by side."""
    years = _years(from_year, to_year)
    codes = await _opened(parts, access, f"results/{from_year}-{to_year}", chambers)
    found = await service.side_by_side(parts.database, parts.results, access.entity, codes, years)
    return resource_response(request, found.model_dump_json().encode())


@router.get(
    "/consolidated/{year}",
    operation_id="entity_consolidated",
    summary="Indicatori consolidati",
    description="Gli indicatori condivisi, sommando le misure e poi applicando la formula; "
    "ciascuno con le camere su cui si regge, quelle che mancano e perché, e come è fatta ogni "
    "misura.",
    response_model=ConsolidatedYear,
    responses=refusals(*_GRANTS),
)
async def show_consolidated(
    request: Request,
    year: EntityYear,
    access: Member,
    parts: Parts,
    chambers: ChambersFilter = None,
    entry: EntryFilter = None,
) -> Response:
    """One figure for several chambers."""
    codes = await _opened(parts, access, f"consolidated/{year}", chambers)
    found = await service.consolidated(parts.database, access.entity, codes, year, entry)
    return resource_response(request, found.model_dump_json().encode())


@router.get(
    "/benchmark/{year}",
    operation_id="entity_benchmark",
    summary="Confronto fra camere",
    description="Di ogni indicatore condiviso: la cifra di ciascuna camera, la differenza da "
    "quella consolidata, il posto in graduatoria, la mediana.",
    response_model=BenchmarkYear,
    responses=refusals(*_GRANTS),
)
async def show_benchmark(
    request: Request,
    year: EntityYear,
    access: Member,
    parts: Parts,
    chambers: ChambersFilter = None,
    entry: EntryFilter = None,
) -> Response:
    """Each chamber against the others and the entity."""
    codes = await _opened(parts, access, f"benchmark/{year}", chambers)
    found = await service.compared(parts.database, access.entity, codes, year, entry)
    return resource_response(request, found.model_dump_json().encode())


@router.get(
    "/trend",
    operation_id="entity_trend",
    summary="Andamento negli anni",
    description="Gli indicatori condivisi anno per anno, consolidati e camera per camera; ogni "
    "anno con la versione del catalogo valida allora.",
    response_model=Trend,
    responses=refusals(*_GRANTS),
)
async def show_trend(
    request: Request,
    access: Member,
    parts: Parts,
    from_year: FromYear,
    to_year: ToYear,
    chambers: ChambersFilter = None,
    entry: EntryFilter = None,
) -> Response:
    """Figures over the years."""
    years = _years(from_year, to_year)
    codes = await _opened(parts, access, f"trend/{from_year}-{to_year}", chambers)
    found = await service.trend(parts.database, access.entity, codes, years, entry)
    return resource_response(request, found.model_dump_json().encode())


@router.get(
    "/plans/{year}/consolidated",
    operation_id="entity_plan",
    summary="Piano e relazione consolidati dell'ente",
    description="Il piano dell'ente con i risultati, la scheda di ogni camera con tutti i suoi, e "
    "gli indicatori condivisi consolidati e spiegati.",
    response_model=EntityPlan,
    responses=refusals(*_GRANTS),
)
async def show_entity_plan(
    request: Request,
    year: EntityYear,
    access: Member,
    caller: Caller,
    parts: Parts,
    chambers: ChambersFilter = None,
) -> Response:
    """Everything of a year in one document."""
    codes = await _opened(parts, access, f"plan/{year}", chambers)
    own = await access_to(parts, caller, access.entity)
    found = await service.entity_plan(
        parts, access.entity, codes, year, own=own.allows(Action.RESULT_READ)
    )
    return resource_response(request, found.model_dump_json().encode())
