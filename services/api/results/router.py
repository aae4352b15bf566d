"""Results of a plan, their explanations, and their reconciliation with what was published."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, permitted
from services.api.openapi import refusals
from services.api.plans.schemas import PlanYear
from services.api.responses import resource_response
from services.api.results import service, simulation
from services.api.results.schemas import (
    DifferenceView,
    ExplanationView,
    ReconciliationView,
    Simulated,
    Simulation,
)
from shared.contracts.results import ResultsDocument, exact
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}", tags=["risultati"])

Seeing = Annotated[Access, Depends(permitted(Action.RESULT_READ))]


@router.get(
    "/results",
    operation_id="results",
    summary="Risultati del piano",
    description="Il risultato della camera, degli obiettivi e degli indicatori: misurato, "
    "riconosciuto e mostrato. I decimali esatti sono stringhe.",
    response_model=ResultsDocument,
    responses=refusals("plan_not_found"),
)
async def show_results(request: Request, year: PlanYear, access: Seeing, parts: Parts) -> Response:
    """Stored bytes, made again only when an input has changed; sheets for who may see them."""
    found = await parts.results.seen_by(access, year)
    return resource_response(request, found.body, etag=found.etag)


@router.post(
    "/results/simulation",
    operation_id="results_simulation",
    summary="E se: risultati con valori, target, pesi o regole diversi",
    description="I risultati che il piano avrebbe con le modifiche date, e ogni cifra che "
    "cambierebbe. Non registra nulla.",
    response_model=Simulated,
    responses=refusals("plan_not_found", "simulation_refused"),
)
async def simulate(
    request: Request, year: PlanYear, changes: Simulation, access: Seeing, parts: Parts
) -> Response:
    """What if."""
    found = await simulation.simulate(parts.database, access, year, changes)
    return resource_response(request, found)


@router.get(
    "/results/{code}",
    operation_id="result_explanation",
    summary="Spiegazione di un risultato",
    description="Perché una cifra è quella che è: valore, misure con la loro versione, target, "
    "regola, pesi, esclusioni con il motivo. `overall` è il risultato della camera.",
    response_model=ExplanationView,
    responses=refusals("plan_not_found", "figure_not_found"),
)
async def explain_result(
    request: Request,
    year: PlanYear,
    code: Annotated[
        str,
        Path(
            max_length=100,
            pattern=r"^[^\[\]]+$",
            description="Codice di un obiettivo o indicatore, o `overall`.",
            examples=["A4"],
        ),
    ],
    access: Seeing,
    parts: Parts,
    scope: Annotated[
        str | None,
        Query(
            max_length=100,
            pattern=r"^[^\[\]]+$",
            description="`chamber` o il codice di una scheda; se manca, l'ambito dell'elemento.",
        ),
    ] = None,
) -> Response:
    """Everything that a figure was made of."""
    explanation = await service.explain(parts.database, access, year, code, scope)
    return resource_response(request, explanation.model_dump_json().encode())


@router.get(
    "/reconciliation",
    operation_id="reconciliation",
    summary="Riconciliazione con le cifre pubblicate",
    description="Ogni cifra mostrata diversa da quella del documento ufficiale, con la ragione "
    "probabile.",
    response_model=ReconciliationView,
    responses=refusals("plan_not_found"),
)
async def reconcile(request: Request, year: PlanYear, access: Seeing, parts: Parts) -> Response:
    """Computed against published."""
    scored, found = await service.reconciliation(parts.database, access, year)
    view = ReconciliationView(
        **service.computed_on(scored),
        chamber=access.chamber,
        compared=found.compared,
        differences=[
            DifferenceView(
                subject=difference.subject,  # type: ignore[arg-type]  # one of the four words
                code=difference.code,
                computed=exact(difference.computed),
                shown=difference.shown,
                published=difference.published,
                reason=difference.reason,
            )
            for difference in found.differences
        ],
    )
    return resource_response(request, view)
