"""``.../plans/{year}/deviations`` and ``.../analyses``."""

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.api.auth.access import ReadCall, WriteCall, reading, writing
from services.api.boundaries import service as boundaries
from services.api.boundaries.cuts import case_without_sheets
from services.api.boundaries.service import Reach
from services.api.deviations import service
from services.api.deviations.schemas import (
    Analysis,
    AnalysisList,
    CodePath,
    Deviation,
    DeviationList,
    Explanation,
    KeyPath,
    NewAnalysis,
    NewExplanation,
    UnitDebt,
)
from services.api.deviations.service import Account
from services.api.evaluations.schemas import Withdrawal
from services.api.openapi import refusals
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import PlanYear
from services.api.responses import require_read, resource_response, version_etag
from services.api.statements import service as statements
from services.api.statements.topics import ANALYSIS, DEVIATION, About
from shared.contracts.results import exact
from shared.domain.confidentiality import hidden_in
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/plans/{year}", tags=["valutazioni"])

Reading = Annotated[ReadCall, Depends(reading(Action.EVALUATION_READ), scope="function")]
Explaining = Annotated[WriteCall, Depends(writing(Action.DEVIATION_EXPLAIN), scope="function")]
ReadingTexts = Annotated[ReadCall, Depends(reading(Action.NARRATIVE_READ), scope="function")]
Writing = Annotated[WriteCall, Depends(writing(Action.NARRATIVE_WRITE), scope="function")]

_WRITING = (
    "plan_not_found",
    "subject_not_found",
    "statement_refused",
    "outside_units",
    "precondition_required",
    "stale_version",
    "chamber_suspended",
)
_WITHDRAWING = (
    "plan_not_found",
    "statement_not_found",
    "precondition_required",
    "stale_version",
    "chamber_suspended",
)


def _about(key: str) -> About:
    kind, _, code = key.partition(":")
    return About(DEVIATION.name, kind, code)


def _actions(reach: Reach, action: Action, kind: str, code: str) -> list[str]:
    """What the caller may do about a row: nothing to what is of other units."""
    allowed = reach.access.actions(action)
    return [str(one) for one in allowed if reach.covers(one, kind, code)]


def _written(line: sa.Row[Any], reach: Reach, action: Action) -> dict[str, Any]:
    return {
        "version": line.number,
        "written_at": line.written_at,
        "written_by": line.written_by,
        "allowed_actions": _actions(reach, action, line.subject_kind, line.subject_code),
    }


def _explanation(line: sa.Row[Any], reach: Reach) -> Explanation:
    return Explanation(
        key=f"{line.subject_kind}:{line.subject_code}",
        cause=line.body["cause"],
        explanation=line.body["explanation"],
        corrective_action=line.body.get("corrective_action"),
        **_written(line, reach, Action.DEVIATION_EXPLAIN),
    )


def _deviation(account: Account, reach: Reach) -> Deviation:
    found, line = account.found, account.line
    return Deviation(
        key=f"{account.kind}:{account.code}",
        subject_kind="objective" if account.kind == "objective" else "indicator",
        subject_code=account.code,
        title=account.title,
        scope=account.scope,
        result=None if found is None else exact(found.result),
        required=found is not None,
        owed_by=[] if found is None else list(found.owners),
        explanation=None if line is None else _explanation(line, reach),
        allowed_actions=_actions(reach, Action.DEVIATION_EXPLAIN, account.kind, account.code),
    )


@router.get(
    "/deviations",
    operation_id="deviations",
    summary="Scostamenti",
    description="I risultati sotto la soglia del SMVP (`explain_below`), calcolati ora, ciascuno "
    "con la causa registrata e con chi la deve; e quelli spiegati senza che fosse dovuto.",
    response_model=DeviationList,
    responses=refusals("plan_not_found"),
)
async def list_deviations(
    request: Request,
    year: PlanYear,
    call: Reading,
    state: Annotated[
        Literal["owed", "explained"] | None,
        Query(description="Solo quelli da spiegare, o solo quelli spiegati."),
    ] = None,
) -> Response:
    """What fell short, and what still owes an explanation."""
    stored, found = await service.accounts(call.session, call.access, year)
    shown = [a for a in found if state is None or (a.line is None) == (state == "owed")]
    policy = stored.case.policy
    reach = await _reach(call, stored.head, Action.DEVIATION_EXPLAIN)
    units = [UnitDebt(unit=name, missing=n) for name, n in service.debts(found).items()]
    body = DeviationList(
        items=[_deviation(account, reach) for account in shown],
        threshold=policy.explain_below,
        missing=sum(account.owed for account in found),
        units=units,
    )
    return resource_response(request, body)


@router.get(
    "/deviations/{key}",
    operation_id="deviation_explanation",
    summary="La causa di uno scostamento",
    description="Ciò che è stato registrato, con l'ETag per modificarlo.",
    response_model=Explanation,
    responses=refusals("plan_not_found", "statement_not_found"),
)
async def show_explanation(
    request: Request, year: PlanYear, key: KeyPath, call: Reading
) -> Response:
    """What was said of one result."""
    head = await plans.head(call.session, year)
    about = _about(key)
    await boundaries.require_seen(
        call.session, head, call.access, about.subject_kind, about.subject_code
    )
    line = await statements.find(call.session, head.plan_id, about)
    reach = await _reach(call, head, Action.DEVIATION_EXPLAIN)
    etag = version_etag(line.number)
    return resource_response(request, _explanation(line, reach), etag=etag)


@router.put(
    "/deviations/{key}",
    operation_id="deviation_explain",
    summary="Registrazione della causa",
    description="Causa, spiegazione e azione correttiva. Se già registrate serve `If-Match`; "
    "per la prima volta non serve, o `If-None-Match: *`. Ciò che c'era resta nella storia.",
    response_model=Explanation,
    responses=refusals(*_WRITING),
)
async def explain(
    request: Request, year: PlanYear, key: KeyPath, given: NewExplanation, call: Explaining
) -> Response:
    """Why a result fell short."""
    head = await plans.lock_plan(call.session, year)
    about = _about(key)
    reach = await _require_own(call, head, Action.DEVIATION_EXPLAIN, about)
    await _require_read(request, call, head.plan_id, about)
    said = (given.model_dump(exclude={"reason"}), given.reason)
    line = await service.write(call.session, head, DEVIATION, about, said)
    etag = version_etag(line.number)
    return resource_response(request, _explanation(line, reach), etag=etag)


@router.post(
    "/deviations/{key}/withdrawal",
    operation_id="deviation_withdraw",
    summary="Ritiro della causa",
    description="Lo scostamento torna da spiegare. Richiede `If-Match`.",
    status_code=204,
    responses=refusals(*_WITHDRAWING),
)
async def withdraw_explanation(
    request: Request, year: PlanYear, key: KeyPath, given: Withdrawal, call: Explaining
) -> None:
    """Takes an explanation back."""
    await _take_back(request, call, year, (Action.DEVIATION_EXPLAIN, _about(key)), given.reason)


async def _reach(call: ReadCall | WriteCall, head: PlanHead, action: Action) -> Reach:
    return await boundaries.reach(call.session, head, call.access, action)


async def _require_own(call: WriteCall, head: PlanHead, action: Action, about: About) -> Reach:
    """Keeps writers to what they see, and to their own units."""
    kind, code = about.subject_kind, about.subject_code
    await boundaries.require_seen(call.session, head, call.access, kind, code)
    reach = await _reach(call, head, action)
    reach.require(action, [(kind, code, "")])
    return reach


async def _require_read(request: Request, call: WriteCall, plan_id: str, about: About) -> None:
    line = await statements.standing_line(call.session, plan_id, about)
    require_read(request, None if line is None else version_etag(line.number))


async def _take_back(
    request: Request, call: WriteCall, year: int, what: tuple[Action, About], reason: str
) -> None:
    action, about = what
    head = await plans.lock_plan(call.session, year)
    await _require_own(call, head, action, about)
    line = await statements.find(call.session, head.plan_id, about)
    require_read(request, version_etag(line.number))
    await statements.take_back(call.session, (head.plan_id, year), about, reason)


def _analysis(line: sa.Row[Any], reach: Reach) -> Analysis:
    said = {name: line.body.get(name) for name in ("issues", "opportunities", "corrective_actions")}
    written = _written(line, reach, Action.NARRATIVE_WRITE)
    return Analysis(objective=line.subject_code, **said, **written)


@router.get(
    "/analyses",
    operation_id="analyses",
    summary="Criticità, opportunità, azioni correttive",
    description="Le analisi scritte, per prospettiva o obiettivo, nell'ordine del piano.",
    response_model=AnalysisList,
    responses=refusals("plan_not_found"),
)
async def list_analyses(request: Request, year: PlanYear, call: ReadingTexts) -> Response:
    """Every analysis of the year."""
    stored = await plans.read_plan(call.session, year)
    lines = await statements.standing(call.session, stored.head.plan_id)
    written = {a.subject_code: row for a, row in lines.items() if a.topic == ANALYSIS.name}
    case = case_without_sheets(stored.case, hidden_in(stored.to_domain(), call.access.sight))
    reach = await _reach(call, stored.head, Action.NARRATIVE_WRITE)
    items = [_analysis(written[row.objective], reach) for row in case.analyses]
    return resource_response(request, AnalysisList(items=items))


@router.get(
    "/analyses/{code}",
    operation_id="analysis",
    summary="L'analisi di un obiettivo",
    description="Criticità, opportunità e azioni correttive, con l'ETag per modificarle.",
    response_model=Analysis,
    responses=refusals("plan_not_found", "statement_not_found"),
)
async def show_analysis(
    request: Request, year: PlanYear, code: CodePath, call: ReadingTexts
) -> Response:
    """What was learnt about one objective."""
    head = await plans.head(call.session, year)
    about = About(ANALYSIS.name, "objective", code)
    await boundaries.require_seen(call.session, head, call.access, "objective", code)
    line = await statements.find(call.session, head.plan_id, about)
    reach = await _reach(call, head, Action.NARRATIVE_WRITE)
    etag = version_etag(line.number)
    return resource_response(request, _analysis(line, reach), etag=etag)


@router.put(
    "/analyses/{code}",
    operation_id="analysis_write",
    summary="Scrittura di un'analisi",
    description="Sostituisce i tre testi; quelli che mancano non ci sono più. Se l'analisi c'è "
    "già serve `If-Match`.",
    response_model=Analysis,
    responses=refusals(*_WRITING),
)
async def write_analysis(
    request: Request, year: PlanYear, code: CodePath, given: NewAnalysis, call: Writing
) -> Response:
    """What was learnt, in three texts."""
    head = await plans.lock_plan(call.session, year)
    about = About(ANALYSIS.name, "objective", code)
    reach = await _require_own(call, head, Action.NARRATIVE_WRITE, about)
    await _require_read(request, call, head.plan_id, about)
    said = (given.model_dump(exclude={"reason"}), given.reason)
    line = await service.write(call.session, head, ANALYSIS, about, said)
    etag = version_etag(line.number)
    return resource_response(request, _analysis(line, reach), etag=etag)


@router.post(
    "/analyses/{code}/withdrawal",
    operation_id="analysis_withdraw",
    summary="Ritiro di un'analisi",
    description="L'analisi non c'è più; resta nella storia. Richiede `If-Match`.",
    status_code=204,
    responses=refusals(*_WITHDRAWING),
)
async def withdraw_analysis(
    request: Request, year: PlanYear, code: CodePath, given: Withdrawal, call: Writing
) -> None:
    """Takes an analysis back."""
    about = About(ANALYSIS.name, "objective", code)
    await _take_back(request, call, year, (Action.NARRATIVE_WRITE, about), given.reason)
