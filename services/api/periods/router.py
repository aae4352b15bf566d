"""``/v1/chambers/{chamber}/plans/{year}/periods`` and ``.../measurement-rules``."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.openapi import refusals
from services.api.periods import service
from services.api.periods.collecting import PeriodStanding
from services.api.periods.schemas import (
    LackingDatum,
    NewRules,
    OfficeDebt,
    Period,
    PeriodClosure,
    PeriodCompletion,
    PeriodDetail,
    PeriodList,
    PeriodMove,
    PeriodPath,
    PeriodReopening,
    Rules,
)
from services.api.periods.working_days import italian_day
from services.api.plans import service as plans
from services.api.plans.schemas import PlanYear
from services.api.responses import require_match, resource_response, version_etag
from shared.contracts.results import exact
from shared.domain.calendar import Frequency
from shared.domain.collection import CollectionRules
from shared.domain.completeness import Requirement
from shared.domain.confidentiality import Hidden
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}", tags=["rilevazioni"])

Reading = Annotated[ReadCall, Depends(reading(Action.PERIOD_READ), scope="function")]


def _period(found: PeriodStanding, access: Access, today: date, *, plan_open: bool) -> Period:
    actions: list[Action] = []
    if plan_open and found.closed:
        actions = [Action.PERIOD_REOPEN]
    elif plan_open and today > found.span.last:
        actions = [Action.PERIOD_CLOSE]
    last = found.history[-1] if found.closed else None
    return Period(
        period=found.span.code,
        first_day=found.span.first,
        last_day=found.span.last,
        deadline=found.deadline,
        state="closed" if found.closed else "open",
        overdue=not found.closed and bool(found.lacking) and today > found.deadline,
        due=found.figures.due,
        entered=found.figures.entered,
        in_time=found.figures.in_time,
        timeliness=exact(found.figures.share),
        missing=len(found.lacking),
        closed_at=None if last is None else last.changed_at,
        closed_by=None if last is None else last.changed_by,
        allowed_actions=[str(action) for action in access.actions(*actions)],
    )


def _detail(
    found: PeriodStanding, access: Access, today: date, hidden: Hidden, *, plan_open: bool
) -> PeriodDetail:
    lacking = [
        LackingDatum(
            subject_kind=lack.duty.subject.value,
            subject_code=lack.duty.code,
            title=lack.duty.title,
            period=lack.duty.period,
            reason=lack.reason,  # type: ignore[arg-type]  # one of the words
            owed_by=list(lack.duty.owners),
            not_sent_by=list(found.not_sent.get(lack, ())),
        )
        for lack in found.lacking
        if not hidden.hides(lack.duty.subject.value, lack.duty.code)
    ]
    history = [
        PeriodMove(
            state=row.state,
            at=row.changed_at,
            by=row.changed_by,
            reason=row.reason,
            exceptions=row.exceptions,
        )
        for row in found.history
    ]
    return PeriodDetail(
        **_period(found, access, today, plan_open=plan_open).model_dump(),
        lacking=lacking,
        offices=[OfficeDebt(office=name, missing=n) for name, n in found.owed().items()],
        history=history,
        completions=[
            PeriodCompletion(
                integration=row.integration,
                completed_at=row.completed_at,
                announced=row.announced,
                held=row.held,
            )
            for row in found.completions
        ],
    )


@router.get(
    "/plans/{year}/periods",
    operation_id="periods",
    summary="Periodi di raccolta",
    description="I periodi dell'anno, tutti: termine, quanto manca, che cosa è in ritardo.",
    response_model=PeriodList,
    responses=refusals("plan_not_found"),
)
async def list_periods(request: Request, year: PlanYear, call: Reading, parts: Parts) -> Response:
    """The few periods of a year, in order."""
    head = await plans.head(call.session, year)
    found = await service.overview(call.session, head)
    today = italian_day(parts.clock.now())
    still = head.standing.open_to_measurements
    items = [_period(one, call.access, today, plan_open=still) for one in found]
    return resource_response(request, PeriodList(items=items))


@router.get(
    "/plans/{year}/periods/{period}",
    operation_id="period",
    summary="Un periodo di raccolta",
    description="Che cosa manca, chi lo deve, e ogni chiusura e riapertura.",
    response_model=PeriodDetail,
    responses=refusals("plan_not_found", "period_not_found"),
)
async def show_period(
    request: Request, year: PlanYear, period: PeriodPath, call: Reading, parts: Parts
) -> Response:
    """One period."""
    head = await plans.head(call.session, year)
    found = await service.period(call.session, head, period)
    today = italian_day(parts.clock.now())
    still = head.standing.open_to_measurements
    hidden = await boundaries.hidden_elements(call.session, head, call.access)
    return resource_response(request, _detail(found, call.access, today, hidden, plan_open=still))


@router.post(
    "/plans/{year}/periods/{period}/closure",
    operation_id="period_close",
    summary="Chiusura di un periodo",
    description="Ferma i dati del periodo; quelli che arrivano dopo attendono in quarantena. Se "
    "qualcosa manca la risposta lo elenca, con chi lo deve: si chiude solo con un'eccezione "
    "motivata per ciascun dato.",
    response_model=PeriodDetail,
    responses=refusals(
        "plan_not_found",
        "plan_closed",
        "period_not_found",
        "period_already_closed",
        "period_not_over",
        "period_incomplete",
        "chamber_suspended",
    ),
)
async def close_period(
    request: Request,
    year: PlanYear,
    period: PeriodPath,
    given: PeriodClosure,
    call: Annotated[WriteCall, Depends(writing(Action.PERIOD_CLOSE), scope="function")],
    parts: Parts,
) -> Response:
    """Holds the data of a period."""
    today = italian_day(parts.clock.now())
    found = await service.close(call.session, year, period, given.exceptions, today)
    head = await plans.head(call.session, year)
    hidden = await boundaries.hidden_elements(call.session, head, call.access)
    return resource_response(request, _detail(found, call.access, today, hidden, plan_open=True))


@router.post(
    "/plans/{year}/periods/{period}/reopening",
    operation_id="period_reopen",
    summary="Riapertura di un periodo",
    description="I dati del periodo possono di nuovo cambiare; il motivo resta agli atti.",
    response_model=PeriodDetail,
    responses=refusals(
        "plan_not_found",
        "plan_closed",
        "period_not_found",
        "period_not_closed",
        "year_closed",
        "chamber_suspended",
    ),
)
async def reopen_period(
    request: Request,
    year: PlanYear,
    period: PeriodPath,
    given: PeriodReopening,
    call: Annotated[WriteCall, Depends(writing(Action.PERIOD_REOPEN), scope="function")],
    parts: Parts,
) -> Response:
    """Lets the data of a period change again."""
    today = italian_day(parts.clock.now())
    found = await service.reopen(call.session, year, period, given.reason)
    head = await plans.head(call.session, year)
    hidden = await boundaries.hidden_elements(call.session, head, call.access)
    return resource_response(request, _detail(found, call.access, today, hidden, plan_open=True))


def _rules(rules: CollectionRules, access: Access) -> Rules:
    return Rules(
        frequency=rules.frequency.value,
        deadline_days=rules.deadline_days,
        requirement=rules.requirement.value,
        own_validation=rules.own_validation,
        local_holidays=rules.local_holidays,
        allowed_actions=[str(action) for action in access.actions(Action.CHAMBER_UPDATE)],
    )


@router.get(
    "/measurement-rules",
    operation_id="measurement_rules",
    summary="Regole di raccolta dei dati",
    description="Ogni quanto, entro quando, e chi può validare che cosa in questa camera.",
    response_model=Rules,
)
async def show_rules(
    request: Request,
    call: Annotated[ReadCall, Depends(reading(Action.CHAMBER_READ), scope="function")],
) -> Response:
    """The chamber's own rules."""
    rules, version = await service.read_rules(call.session)
    return resource_response(request, _rules(rules, call.access), etag=version_etag(version))


@router.put(
    "/measurement-rules",
    operation_id="measurement_rules_change",
    summary="Modifica delle regole di raccolta",
    description="Sostituisce le regole; ciò che manca torna com'è per tutte. Richiede If-Match.",
    response_model=Rules,
    responses=refusals("precondition_required", "stale_version", "chamber_suspended"),
)
async def change_rules(
    request: Request,
    given: NewRules,
    call: Annotated[WriteCall, Depends(writing(Action.CHAMBER_UPDATE), scope="function")],
) -> Response:
    """Sets the chamber's own rules."""
    _, version = await service.read_rules(call.session, lock=True)
    require_match(request, version_etag(version))
    rules = CollectionRules(
        frequency=Frequency(given.frequency),
        deadline_days=given.deadline_days,
        requirement=Requirement(given.requirement),
        own_validation=given.own_validation,
        local_holidays=given.local_holidays,
    )
    await service.change_rules(call.session, rules)
    changed, version = await service.read_rules(call.session)
    return resource_response(request, _rules(changed, call.access), etag=version_etag(version))
