"""What keeps a new value out, and the rules that a chamber has set.

A closed plan, a closed period and a validated measurement hold their values. Whoever brings
another one is told: a person at once, a file as a whole, a system by the item waiting in
quarantine.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import emit
from services.api.states import repository
from services.api.states.repository import Change
from shared.contracts.issues import Issue
from shared.domain.calendar import YEAR, Frequency, covered_by
from shared.domain.collection import CollectionRules
from shared.domain.completeness import Requirement
from shared.domain.measurement_states import MOVES, Move, State, state_of

BY_SOURCE = "integration"
"""In place of a role: the move was made by the system that sent the value."""


MONITORING_DUE = "monitoring.check"
"""Topic: measurements were validated, perhaps the last ones of a period. It stays inside."""


@dataclass(frozen=True, slots=True)
class Datum:
    """A value that would be recorded: of which plan, about which time, in whose place.

    ``year`` is absent where the plan's own goes without saying; ``measurement_id`` and
    ``version`` are those of the measurement that stands, if there is one.
    """

    plan_id: str
    plan_year: int
    year: int | None
    period: str | None
    measurement_id: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Barriers:
    """Closed periods by plan, the version validated by id of measurement, closed plans.

    ``by_source`` has the measurements that a measuring system has validated, not a person.
    """

    closed: Mapping[str, frozenset[str]]
    validated: Mapping[str, int]
    plans: frozenset[str] = frozenset()
    by_source: frozenset[str] = frozenset()

    @property
    def none(self) -> bool:
        """Whether nothing is held."""
        return not self.closed and not self.validated and not self.plans

    def is_validated(self, measurement_id: str, version: int) -> bool:
        """Whether this version of a measurement was validated, by whomever."""
        return self.validated.get(measurement_id) == version

    def fault(self, datum: Datum, pointer: str, *, own: bool = False) -> Issue | None:
        """Why a datum may not change now, if it may not.

        ``own``: it would be changed by the system that sent what stands. What that system has
        validated itself does not hold it; what a person has validated does.
        """
        if datum.plan_id in self.plans:
            return _plan_closed(pointer, datum.plan_year)
        closed = covering(self.closed.get(datum.plan_id, frozenset()), datum)
        if closed is not None:
            return period_closed(pointer, closed, datum.plan_year)
        if datum.measurement_id is None or not datum.version:
            return None
        if own and datum.measurement_id in self.by_source:
            return None
        if self.is_validated(datum.measurement_id, datum.version):
            return Issue(
                pointer=pointer,
                code="measurement_validated",
                it="la rilevazione è validata: va riaperta, con il motivo, prima di cambiarla",
                en="the measurement is validated: reopen it, with a reason, before changing it",
            )
        return None


async def barriers(
    session: ReadSession, plans: Collection[str], measurement_ids: Collection[str]
) -> Barriers:
    """What holds values of these plans and measurements. Read it with the plans locked."""
    closed: dict[str, set[str]] = {}
    validated: dict[str, int] = {}
    over: set[str] = set()
    by_source: set[str] = set()
    for row in await repository.barriers(session, plans, measurement_ids):
        if row.kind == "period":
            closed.setdefault(row.owner, set()).add(row.name)
        elif row.kind == "plan":
            over.add(row.owner)
        else:
            validated[row.name] = row.version
            if row.role == BY_SOURCE:
                by_source.add(row.name)
    periods = {plan: frozenset(names) for plan, names in closed.items()}
    return Barriers(periods, validated, frozenset(over), frozenset(by_source))


async def validate_from_source(
    session: WriteSession, plan_id: str, versions: Mapping[str, int]
) -> frozenset[str]:
    """Takes values on to validated, step by step, because their source answers for them.

    Args:
        session: holds the plan.
        plan_id: the plan they belong to.
        versions: the version that was validated, by id of measurement.

    Returns:
        Those that were not validated yet.
    """
    last = await repository.last_changes(session, plan_id, versions)
    submitted: list[Change] = []
    validated: list[Change] = []
    for name, version in sorted(versions.items()):
        number, state, about = last.get(name, (0, State.RECORDED, 0))
        current = state_of(version, (state, about))
        if current is State.VALIDATED:
            continue
        if current in MOVES[Move.SUBMIT].origins:
            number += 1
            submitted.append(Change(name, number, MOVES[Move.SUBMIT].result, version))
        validated.append(Change(name, number + 1, MOVES[Move.VALIDATE].result, version))
    for made in (submitted, validated):
        await repository.append_changes(session, plan_id, made, role=BY_SOURCE, reason=None)
    return frozenset(change.measurement_id for change in validated)


async def tell_validated(session: WriteSession, year: int, rows: Iterable[tuple[Any, int]]) -> None:
    """Tells who subscribed, and who makes monitoring reports, what was validated.

    Args:
        session: the transaction in which it was.
        year: that of the plan.
        rows: rows of measurements, each with the version that was validated.
    """
    told = [
        {
            "subject": row.subject_kind,
            "code": row.subject_code,
            "year": row.year,
            "period": row.period or YEAR,
            "version": version,
        }
        for row, version in rows
    ]
    payload = {"year": year, "measurements": told}
    await emit(session, "measurement.validated", f"plan/{year}", payload)
    await emit(session, MONITORING_DUE, f"monitoring/{year}", {"year": year})


async def closed_periods(session: ReadSession, plan_id: str) -> frozenset[str]:
    """The periods of a plan that are closed."""
    return (await barriers(session, [plan_id], [])).closed.get(plan_id, frozenset())


def covering(closed: Collection[str], datum: Datum) -> str | None:
    """The closed period that a datum falls in; values of other years fall in none."""
    if datum.year not in {None, datum.plan_year}:
        return None
    return covered_by(datum.period, closed)


def period_closed(pointer: str, period: str, year: int) -> Issue:
    """A datum of a closed period, told to whoever wants to change it."""
    italian = f"l'anno {year}" if period == YEAR else f"il periodo {period} del {year}"
    english = f"the year {year}" if period == YEAR else f"period {period} of {year}"
    return Issue(
        pointer=pointer,
        code="period_closed",
        it=f"{italian} è chiuso: va riaperto, con il motivo, prima di cambiarne i dati",
        en=f"{english} is closed: reopen it, with a reason, before changing its data",
    )


def _plan_closed(pointer: str, year: int) -> Issue:
    return Issue(
        pointer=pointer,
        code="plan_closed",
        it=f"il piano {year} è chiuso: va riaperto, con il motivo, prima di cambiarne i dati",
        en=f"the plan of {year} is closed: reopen it, with a reason, before changing its data",
    )


async def rules(session: ReadSession) -> CollectionRules:
    """How the chamber of the session collects its data."""
    given, _ = await repository.settings(session)
    return rules_from(given)


def rules_from(given: Mapping[str, Any]) -> CollectionRules:
    """Stored settings as rules; what is not there is as by default."""
    default = CollectionRules()
    return CollectionRules(
        frequency=Frequency(given.get("frequency", default.frequency)),
        deadline_days=int(given.get("deadline_days", default.deadline_days)),
        requirement=Requirement(given.get("requirement", default.requirement)),
        own_validation=bool(given.get("own_validation", default.own_validation)),
        local_holidays=tuple(given.get("local_holidays", default.local_holidays)),
    )
