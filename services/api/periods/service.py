"""Use cases of periods: how far they are, closing, reopening; and a chamber's rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.api.completions import service as completions
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.measurements import service as measurements
from services.api.periods import collecting, repository
from services.api.periods.collecting import PeriodStanding, Stored
from services.api.periods.schemas import NewException
from services.api.plans import service as plans
from services.api.plans.rows import MEASUREMENTS, PlanHead
from services.api.states import service as states
from shared.contracts.case import CaseMeasurement
from shared.contracts.issues import Issue
from shared.domain.calendar import YEAR
from shared.domain.collection import CollectionRules
from shared.domain.completeness import MISSING, Lack, Requirement
from shared.domain.system_measures import Fed, fed_values


async def overview(session: ReadSession, head: PlanHead) -> tuple[PeriodStanding, ...]:
    """Every period of a plan's year, and how far the collection of its data is."""
    return collecting.periods(await _stored(session, head))


async def fully_validated(session: ReadSession, head: PlanHead) -> tuple[str, ...]:
    """The periods all of whose data are validated, whatever the chamber's rules ask for."""
    stored = await _stored(session, head)
    rules = replace(stored.rules, requirement=Requirement.VALIDATED)
    found = collecting.periods(replace(stored, rules=rules))
    return tuple(p.span.code for p in found if p.figures.due and not p.lacking)


async def _stored(session: ReadSession, head: PlanHead) -> Stored:
    return Stored(
        plan=await plans.read_parts(session, head),
        states=await repository.states(session, head.plan_id),
        entered=await repository.first_entered(session, head.plan_id),
        closures=await repository.closure_history(session, head.plan_id),
        rules=await states.rules(session),
        completions=await completions.of_plan(session, head.plan_id, head.year),
    )


async def period(session: ReadSession, head: PlanHead, code: str) -> PeriodStanding:
    """One period of a plan's year.

    Raises:
        Refusal: ``period_not_found``.
    """
    return _find(await overview(session, head), code)


def _find(found: Sequence[PeriodStanding], code: str) -> PeriodStanding:
    one = next((standing for standing in found if standing.span.code == code), None)
    if one is None:
        raise Refusal("period_not_found", period=code)
    return one


async def close(
    session: WriteSession,
    year: int,
    code: str,
    exceptions: Sequence[NewException],
    today: date,
) -> PeriodStanding:
    """Closes a period: its data are held from now on.

    Raises:
        Refusal: ``plan_not_found``, ``plan_closed``, ``period_not_found``,
            ``period_already_closed``, ``period_not_over``, or ``period_incomplete`` with
            everything that is lacking and has no exception, and every exception that excuses
            nothing.
    """
    head = await plans.lock_plan(session, year)
    plans.refuse_measuring_when_closed(head)
    found = await overview(session, head)
    standing = _find(found, code)
    if standing.closed:
        raise Refusal("period_already_closed", period=code)
    if today <= standing.span.last:
        raise Refusal("period_not_over", last=standing.span.last.isoformat())
    lacking = collecting.closing_lacks(found, standing)
    excused = {at: _excused(exceptions, lack) for at, lack in enumerate(lacking)}
    used = {id(exception) for exception in excused.values()}
    faults = [_lack_fault(lacking[at]) for at, given in excused.items() if given is None]
    faults += [_useless(at) for at, exception in enumerate(exceptions) if id(exception) not in used]
    if faults:
        raise Refusal("period_incomplete", issues=faults)
    made = [
        {**_named(lacking[at]), "lacking": lacking[at].reason, "reason": given.reason}
        for at, given in excused.items()
        if given is not None
    ]
    await _feed(session, head, found, standing)
    await _append(session, head, standing, {"state": "closed", "exceptions": made})
    detail = {"exceptions": len(made)}
    await audit(session, "period.closed", f"plan/{year}/{code}", detail)
    await emit(session, "period.closed", f"plan/{year}", {"year": year, "period": code})
    return await period(session, head, code)


async def _feed(
    session: WriteSession,
    head: PlanHead,
    found: Sequence[PeriodStanding],
    closing: PeriodStanding,
) -> None:
    """Records what the system counts of a period, before its data are held.

    A period that is closed after its year adds nothing: the year has been counted whole. What
    a file says stays: it was counted where the year was managed then.
    """
    if any(one.closed for one in found if one.span.code == YEAR):
        return
    stored = await plans.read_parts(session, head)
    filed = {
        (row["subject_code"], row["period"])
        for row in stored.rows[MEASUREMENTS.name]
        if row["source"] == measurements.FILE.source and row["year"] == head.year
    }
    figures = {one.span.code: one.figures for one in found}
    items = [
        CaseMeasurement(
            measure=fed.code,
            year=head.year,
            period=fed.period,
            value=str(fed.value),
            note=_counted(closing, fed),
        )
        for fed in fed_values(stored.to_domain(), closing.span.code, figures)
        if (fed.code, fed.period) not in filed
    ]
    rows = measurements.to_rows(items, head.year)
    written = await measurements.record(session, head, rows, measurements.COUNTED)
    await measurements.close(session, head, written, measurements.COUNTED)


def _counted(closing: PeriodStanding, fed: Fed) -> str:
    """What was counted, for the note of the measurement: in Italian, as the plan is."""
    last = closing.deadline.strftime("%d/%m/%Y")
    whole = "nell'anno" if closing.span.code == YEAR else f"con {closing.span.code}"
    until = "entro i termini" if closing.span.code == YEAR else f"entro il {last}"
    return f"Dati attesi {whole}: {fed.due}; immessi {until}: {fed.in_time}."


async def reopen(session: WriteSession, year: int, code: str, reason: str) -> PeriodStanding:
    """Opens a closed period again: its data may change.

    Raises:
        Refusal: ``plan_not_found``, ``plan_closed``, ``period_not_found``,
            ``period_not_closed``, or ``year_closed`` while the whole year is.
    """
    head = await plans.lock_plan(session, year)
    plans.refuse_measuring_when_closed(head)
    found = await overview(session, head)
    standing = _find(found, code)
    if code != YEAR and _find(found, YEAR).closed:
        raise Refusal("year_closed")
    if not standing.closed:
        raise Refusal("period_not_closed", period=code)
    values = {"state": "reopened", "exceptions": [], "reason": reason}
    await _append(session, head, standing, values)
    await audit(session, "period.reopened", f"plan/{year}/{code}", {"reason": reason})
    await emit(session, "period.reopened", f"plan/{year}", {"year": year, "period": code})
    return await period(session, head, code)


async def change_rules(session: WriteSession, rules: CollectionRules) -> None:
    """Sets how the chamber collects its data."""
    given = {
        "frequency": rules.frequency.value,
        "deadline_days": rules.deadline_days,
        "requirement": rules.requirement.value,
        "own_validation": rules.own_validation,
        "local_holidays": list(rules.local_holidays),
    }
    before, _ = await repository.settings(session)
    await repository.write_settings(session, given)
    await audit(session, "measurement_rules.changed", session.chamber, before=before, after=given)


async def read_rules(session: ReadSession, *, lock: bool = False) -> tuple[CollectionRules, int]:
    """How the chamber collects its data, and the version of the chamber that says so."""
    given, version = await repository.settings(session, lock=lock)
    return states.rules_from(given), version


async def _append(
    session: WriteSession, head: PlanHead, standing: PeriodStanding, values: Mapping[str, Any]
) -> None:
    place = {"period": standing.span.code, "number": len(standing.history) + 1}
    await repository.append_closure(session, head.plan_id, {**place, **values})


def _excused(exceptions: Sequence[NewException], lack: Lack) -> NewException | None:
    duty = lack.duty
    return next(
        (
            exception
            for exception in exceptions
            if exception.subject_kind == duty.subject
            and exception.subject_code == duty.code
            and exception.period in {None, duty.period}
        ),
        None,
    )


def _named(lack: Lack) -> dict[str, str | None]:
    duty = lack.duty
    return {
        "subject_kind": duty.subject.value,
        "subject_code": duty.code,
        "period": duty.period,
    }


_KINDS = {"measure": "misura", "indicator": "indicatore", "objective": "obiettivo"}


def _lack_fault(lack: Lack) -> Issue:
    duty = lack.duty
    when = "" if duty.period is None else f" ({duty.period})"
    owners = ", ".join(duty.owners)
    if lack.reason == MISSING:
        italian, english = "manca", "missing"
    else:
        italian, english = f"non è validata ({lack.reason})", f"not validated ({lack.reason})"
    return Issue(
        pointer="/exceptions",
        code="datum_missing" if lack.reason == MISSING else "datum_not_validated",
        it=f"{_KINDS[duty.subject]} {duty.code}{when}: {italian}"
        + (f"; la deve {owners}" if owners else ""),
        en=f"{duty.subject} {duty.code}{when}: {english}"
        + (f"; owed by {owners}" if owners else ""),
    )


def _useless(place: int) -> Issue:
    return Issue(
        pointer=f"/exceptions/{place}",
        code="nothing_to_excuse",
        it="l'eccezione non riguarda alcun dato che manca",
        en="the exception is about no datum that is lacking",
    )
