"""Results by period, by level and by office of a plan, and over the years of a chamber."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, permitted
from services.api.figures import service
from services.api.figures.schemas import (
    IndicatorResult,
    IndicatorResults,
    ObjectiveResult,
    ObjectiveResults,
    PeriodSummaries,
    TrendList,
    UnitResult,
    UnitResults,
)
from services.api.figures.service import Figures
from services.api.openapi import refusals
from services.api.paging import Page, Rank, list_response, page, slice_of
from services.api.periods.schemas import PeriodPath
from services.api.plans.schemas import Code, PlanYear
from services.api.responses import resource_response
from services.api.results.service import scored_plan
from shared.contracts.period_results import PeriodResults
from shared.domain.explanation import OVERALL
from shared.domain.permissions import Action
from shared.domain.plan import Kind

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["risultati"])

Seeing = Annotated[Access, Depends(permitted(Action.RESULT_READ))]
Asked = Annotated[Page, Depends(page)]
OfficeFilter = Annotated[
    str | None,
    Query(
        max_length=1000,
        pattern=r"^[^\x00]+$",
        description="Solo ciò di cui risponde un ufficio.",
    ),
]
LightFilter = Annotated[
    str | None,
    Query(
        max_length=1000,
        pattern=r"^[^\x00]+$",
        description="Solo le cifre con questo semaforo.",
        examples=["red"],
    ),
]
CodeFilter = Annotated[str | None, Query(max_length=100, pattern=r"^[^\[\]\x00]+$")]

Row = TypeVar("Row", ObjectiveResult, IndicatorResult)


@router.get(
    "/plans/{year}/period-results",
    operation_id="period_results_overview",
    summary="Risultati periodo per periodo",
    description="Per ogni periodo di raccolta della camera, il risultato che si avrebbe se l'anno "
    "finisse con esso.",
    response_model=PeriodSummaries,
    responses=refusals("plan_not_found"),
)
async def list_period_results(
    request: Request, year: PlanYear, access: Seeing, parts: Parts
) -> Response:
    """The chamber's figure at the end of every period."""
    found = await service.by_period(parts.database, access, year)
    return resource_response(request, found)


@router.get(
    "/plans/{year}/period-results/{period}",
    operation_id="period_results",
    summary="Risultati alla fine di un periodo",
    description="I valori accumulati fino alla fine del periodo, a confronto con i target "
    "dell'anno, e i risultati che darebbero. Dove il valore si somma nell'anno c'è anche il "
    "target in proporzione ai mesi trascorsi (`pro_rata`): non entra in nessuna media.",
    response_model=PeriodResults,
    responses=refusals("plan_not_found"),
)
async def show_period_results(
    request: Request, year: PlanYear, period: PeriodPath, access: Seeing, parts: Parts
) -> Response:
    """The year to date."""
    found = await service.at_period(parts.database, access, year, period)
    return resource_response(request, found.model_dump_json().encode())


@router.get(
    "/plans/{year}/objective-results",
    operation_id="objective_results_list",
    summary="Risultati per livello: prospettive, aree, obiettivi, schede",
    description="Ogni obiettivo nel proprio ambito, con semaforo e giudizio. `sort`: `position`, "
    "`code`.",
    response_model=ObjectiveResults,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_objective_results(
    request: Request,
    year: PlanYear,
    access: Seeing,
    parts: Parts,
    asked: Asked,
    kind: Annotated[Kind | None, Query(description="Solo un livello.")] = None,
    parent: Annotated[CodeFilter, Query(description="Solo ciò che sta sotto un obiettivo.")] = None,
    office: OfficeFilter = None,
    light: LightFilter = None,
) -> Response:
    """Perspectives, areas, objectives, sheets: whatever stands in the tree."""
    figures = Figures(await scored_plan(parts.database, access, year))
    rows = [
        row
        for row in figures.objectives()
        if (kind is None or row.kind is kind) and (parent is None or row.parent == parent)
    ]
    items, following = _slice(_matching(rows, office, light), figures.places, asked)
    return list_response(request, items, following, asked, ObjectiveResult, **figures.computed_on)


@router.get(
    "/plans/{year}/indicator-results",
    operation_id="indicator_results_list",
    summary="Risultati degli indicatori",
    description="Ogni indicatore con valore, target, semaforo e giudizio. `sort`: `position`, "
    "`code`.",
    response_model=IndicatorResults,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_indicator_results(
    request: Request,
    year: PlanYear,
    access: Seeing,
    parts: Parts,
    asked: Asked,
    objective: Annotated[
        CodeFilter, Query(description="Solo quelli di un obiettivo, da lì in giù.")
    ] = None,
    status: Annotated[
        Literal["measured", "missing", "suspended", "struck"] | None,
        Query(description="Solo quelli in questo stato."),
    ] = None,
    office: OfficeFilter = None,
    light: LightFilter = None,
) -> Response:
    """Rows of the plan."""
    figures = Figures(await scored_plan(parts.database, access, year))
    rows = [
        row
        for row in figures.indicators()
        if (objective is None or figures.is_below(row.code, objective))
        and (status is None or row.status == status)
    ]
    items, following = _slice(_matching(rows, office, light), figures.places, asked)
    return list_response(request, items, following, asked, IndicatorResult, **figures.computed_on)


@router.get(
    "/plans/{year}/unit-results",
    operation_id="unit_results_list",
    summary="Risultati degli uffici",
    description="Per ogni ufficio nominato dagli obiettivi, quelli di cui risponde e la loro "
    "media per peso. Di più obiettivi dello stesso ramo conta il più alto. `sort`: `unit`.",
    response_model=UnitResults,
    responses=refusals("plan_not_found", "invalid_cursor"),
)
async def list_unit_results(
    request: Request, year: PlanYear, access: Seeing, parts: Parts, asked: Asked
) -> Response:
    """Offices and their objectives."""
    figures = Figures(await scored_plan(parts.database, access, year))
    rows = list(figures.units())
    items, following = slice_of(rows, asked, {"unit": lambda row: row.unit}, lambda row: row.unit)
    return list_response(request, items, following, asked, UnitResult, **figures.computed_on)


@router.get(
    "/trends",
    operation_id="trends",
    summary="Andamento negli anni",
    description="Valore, target, risultato e semaforo di indicatori, obiettivi e camera "
    "(`overall`) in ogni anno di cui c'è il piano, con la versione su cui sono calcolati. Le "
    "cifre si ritrovano di anno in anno per codice.",
    response_model=TrendList,
    responses=refusals("chamber_not_found"),
)
async def show_trends(
    request: Request,
    access: Seeing,
    parts: Parts,
    code: Annotated[
        list[Code] | None,
        Query(max_length=50, description="Codici, più volte; se manca, il risultato della camera."),
    ] = None,
    first: Annotated[int, Query(ge=1990, le=2200, description="Primo anno.")] = 1990,
    last: Annotated[int, Query(ge=1990, le=2200, description="Ultimo anno.")] = 2200,
) -> Response:
    """Figures over the years."""
    codes = list(dict.fromkeys(code or [OVERALL]))
    items = await service.trends(
        parts.database, parts.results, access, codes, range(first, last + 1)
    )
    return resource_response(request, TrendList(items=items))


def _matching(rows: Iterable[Row], office: str | None, light: str | None) -> list[Row]:
    return [
        row
        for row in rows
        if (office is None or office in row.offices)
        and (light is None or row.figure.light == light)
    ]


def _slice(rows: list[Row], places: Mapping[str, int], asked: Page) -> tuple[list[Row], str | None]:
    ranks: dict[str, Rank] = {
        "position": lambda row: places[row.code],
        "code": lambda row: row.code,
    }
    items, following = slice_of(rows, asked, ranks, lambda row: row.code)
    return list(items), following
