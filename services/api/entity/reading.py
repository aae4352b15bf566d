"""What the chambers of an entity recorded of the shared catalogue, read year by year.

A year of all chambers costs six statements, however many chambers there are; of each plan
only what the catalogue asks for is read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.catalogue import service as catalogue
from services.api.catalogue.service import StoredEntry
from services.api.db.session import ReadSession
from services.api.entity import repository
from shared.contracts.catalogue import IndicatorEntry
from shared.domain import plan as domain
from shared.domain.catalogue import OWN, Reference
from shared.domain.confidentiality import Branch, sheets_by_objective
from shared.domain.consolidation import Consolidated, SharedEntry, consolidate, shared_entry
from shared.domain.periods import Aggregation
from shared.domain.plan import Kind
from shared.domain.policy import Policy
from shared.domain.readings import absent, chamber_readings
from shared.domain.values import Status, ValueType

_NO_RULES = Policy()


@dataclass(frozen=True, slots=True)
class SharedIndicator:
    """An indicator of the catalogue in the version of a year."""

    version: int
    content: IndicatorEntry
    entry: SharedEntry


@dataclass(frozen=True, slots=True)
class Joined:
    """A shared indicator over the chambers of the session."""

    indicator: SharedIndicator
    found: Consolidated


@dataclass(frozen=True, slots=True)
class JoinedYear:
    """The shared indicators of a year, and names of entries that plans have and no figure has.

    ``unknown`` maps such a name to the chambers whose plans have it: the catalogue has no entry
    of that name in that year, or one that cannot be computed.
    """

    indicators: list[Joined]
    unknown: Mapping[str, tuple[str, ...]]


async def consolidated_year(
    session: ReadSession, versions: Sequence[StoredEntry], year: int, only: str | None = None
) -> JoinedYear:
    """Every shared indicator that some chamber of the session has adopted, in order of name.

    Args:
        session: of the chambers to bring together.
        versions: of the shared catalogue.
        year: whose plans are read.
        only: a single entry, when no other is wanted.
    """
    plans = await repository.plans_of(session, [year])
    plan_ids = [row.plan_id for row in plans]
    adopted = await _adopted(session, plan_ids)
    names = {row.catalogue for row in adopted if only in {None, row.catalogue}}
    shared = shared_indicators(versions, year, names)
    by_plan = await _plans(session, plans, adopted, [one.entry for one in shared], year)
    entries = [one.entry for one in shared]
    read = {code: chamber_readings(plan, entries) for code, plan in by_plan.items()}
    joined = [
        Joined(
            one,
            consolidate(
                one.entry,
                (
                    read[code][one.entry.ref] if code in read else absent(code)
                    for code in session.chambers
                ),
            ),
        )
        for one in shared
    ]
    lost = names - {str(one.content.ref) for one in shared}
    return JoinedYear(joined, _adopters(by_plan, lost))


async def _adopted(session: ReadSession, plan_ids: Sequence[str]) -> list[sa.Row[Any]]:
    """Indicators that name an entry, without those of individual sheets: they concern a person."""
    trees = _by_plan(await repository.branches(session, plan_ids))
    personal = {
        plan_id: sheets_by_objective(
            [Branch(r.code, Kind(r.kind), r.parent, tuple(r.members or ())) for r in rows]
        )
        for plan_id, rows in trees.items()
    }
    return [
        row
        for row in await repository.adopted(session, plan_ids)
        if row.objective not in personal[row.plan_id]
    ]


def _adopters(
    plans: Mapping[str, domain.Plan], lost: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    """The chambers whose plans have these names; what is a chamber's own is nobody else's."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(lost):
        if Reference.parse(name).source != OWN:
            found[name] = tuple(
                code
                for code, plan in sorted(plans.items())
                if any(row.catalogue == name for row in plan.indicators)
            )
    return found


def shared_indicators(
    versions: Iterable[StoredEntry], year: int, names: Iterable[str]
) -> list[SharedIndicator]:
    """Indicators of the catalogue as they were in a year, those that can be computed."""
    valid = catalogue.in_year(versions, year)
    whole = catalogue.catalogue_of(one.content for one in valid.values())
    wanted = {Reference.parse(name) for name in names} - whole.broken()
    found = [
        SharedIndicator(
            one.version, one.content, shared_entry(whole, whole.indicators[one.content.ref])
        )
        for one in valid.values()
        if isinstance(one.content, IndicatorEntry) and one.content.ref in wanted
    ]
    return sorted(found, key=lambda one: one.content.ref)


async def _plans(
    session: ReadSession,
    plans: Sequence[sa.Row[Any]],
    adopted: Sequence[sa.Row[Any]],
    entries: Sequence[SharedEntry],
    year: int,
) -> dict[str, domain.Plan]:
    """The plans with the parts that the entries ask for, by chamber."""
    plan_ids = [row.plan_id for row in plans]
    wanted = {Reference.parse(ref.code) for entry in entries for ref in entry.reads}
    codes = {ref.code for ref in wanted}
    named = await repository.named_measures(session, plan_ids, sorted(codes))
    measures = [row for row in named if row.code in codes or _names_one(row, wanted)]
    recorded = await repository.recorded(
        session,
        plan_ids,
        sorted({row.code for row in measures}),
        sorted({row.code for row in adopted}),
    )
    parts = (_by_plan(measures), _by_plan(adopted), _by_plan(recorded))
    return {
        row.chamber_id: domain.Plan(
            row.chamber_id,
            year,
            _NO_RULES,
            measures=tuple(_measure(part) for part in parts[0][row.plan_id]),
            indicators=tuple(_indicator(part) for part in parts[1][row.plan_id]),
            measurements=tuple(_measurement(part, year) for part in parts[2][row.plan_id]),
        )
        for row in plans
    }


def _names_one(row: sa.Row[Any], wanted: set[Reference]) -> bool:
    names = (row.external_ids or {}).items()
    return any(Reference(source, code) in wanted for source, code in names)


def _by_plan(rows: Iterable[sa.Row[Any]]) -> Mapping[str, list[sa.Row[Any]]]:
    found: Mapping[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.plan_id].append(row)
    return found


def _measure(row: sa.Row[Any]) -> domain.Measure:
    return domain.Measure(
        row.code,
        row.code,
        value_type=None if row.value_type is None else ValueType(row.value_type),
        aggregation=None if row.aggregation is None else Aggregation(row.aggregation),
        external_ids=row.external_ids or {},
    )


def _indicator(row: sa.Row[Any]) -> domain.Indicator:
    return domain.Indicator(
        row.code,
        row.objective,
        row.title,
        ValueType(row.value_type),
        row.formula,
        catalogue=row.catalogue,
    )


def _measurement(row: sa.Row[Any], year: int) -> domain.Measurement:
    return domain.Measurement(
        domain.Subject(row.subject_kind),
        row.subject_code,
        row.year or year,
        row.period,
        row.value,
        status=Status.MEASURED if row.status is None else Status(row.status),
    )
