"""Use cases of the views of an entity. Whoever calls has been granted the chambers.

Each year is read in a transaction of its own, so that ten years hold no more memory than one.
"""

import json
from collections.abc import Sequence

from services.api.boundaries.cuts import results_without_sheets
from services.api.catalogue import service as catalogue
from services.api.catalogue.service import StoredEntry
from services.api.container import Container
from services.api.db.session import Database
from services.api.entity import repository
from services.api.entity.reading import Joined, JoinedYear, consolidated_year
from services.api.errors import Refusal
from services.api.results.service import CurrentResults
from shared.contracts.consolidated import (
    BenchmarkYear,
    ChamberColumn,
    ChamberSheet,
    ChamberYear,
    ConsolidatedYear,
    EntityPlan,
    EntryFacts,
    SideBySide,
    Trend,
    TrendIndicator,
    TrendPoint,
    benchmark_indicator,
    consolidated_indicator,
    entry_facts,
    trend_point,
    unknown_entries,
)
from shared.contracts.results import ResultsDocument
from shared.contracts.snapshot import Figure
from shared.domain.benchmark import benchmark
from shared.domain.confidentiality import NO_SIGHT, NOTHING_HIDDEN

Chambers = Sequence[str]


async def consolidated(
    database: Database, entity: str, chambers: Chambers, year: int, only: str | None = None
) -> ConsolidatedYear:
    """The shared indicators of a year, each with all it was made of."""
    joined = await _year(database, entity, chambers, year, only)
    return ConsolidatedYear(
        entity=entity,
        year=year,
        chambers=tuple(chambers),
        indicators=tuple(
            consolidated_indicator(
                _facts(one), one.indicator.content.decimals, one.indicator.entry, one.found, year
            )
            for one in joined.indicators
        ),
        unknown=unknown_entries(joined.unknown),
    )


async def compared(
    database: Database, entity: str, chambers: Chambers, year: int, only: str | None = None
) -> BenchmarkYear:
    """The chambers against each other and the entity."""
    joined = await _year(database, entity, chambers, year, only)
    return BenchmarkYear(
        entity=entity,
        year=year,
        chambers=tuple(chambers),
        indicators=tuple(
            benchmark_indicator(
                _facts(one),
                one.indicator.content.decimals,
                one.found,
                benchmark(one.found.chambers, one.found.value, one.indicator.content.direction),
            )
            for one in joined.indicators
        ),
    )


async def trend(
    database: Database, entity: str, chambers: Chambers, years: range, only: str | None = None
) -> Trend:
    """The shared indicators over some years."""
    versions = await _versions(database, entity, chambers)
    facts: dict[str, EntryFacts] = {}
    points: dict[str, list[TrendPoint]] = {}
    for year in years:
        async with database.read(chambers) as session:
            joined = await consolidated_year(session, versions, year, only)
        for one in joined.indicators:
            known = _facts(one)
            facts[known.entry] = known
            point = trend_point(one.found, one.indicator.content.decimals, year)
            points.setdefault(known.entry, []).append(point)
    return Trend(
        entity=entity,
        chambers=tuple(chambers),
        indicators=tuple(
            TrendIndicator(facts=facts[name], points=tuple(points[name])) for name in sorted(points)
        ),
    )


async def side_by_side(
    database: Database, results: CurrentResults, entity: str, chambers: Chambers, years: range
) -> SideBySide:
    """What each chamber reached in each year, by its own rules."""
    async with database.read(chambers) as session:
        titles = await repository.titles(session)
        rows = await repository.stored_results(session, years)
    figures: dict[tuple[str, int], Figure] = {}
    for row in rows:
        body = row.body or (await results.of(row.chamber_id, row.year)).body
        overall = json.loads(body)["overall"]
        figures[row.chamber_id, row.year] = Figure.model_validate(overall)
    return SideBySide(
        entity=entity,
        chambers=tuple(
            ChamberColumn(
                chamber=code,
                title=titles[code],
                years=tuple(
                    ChamberYear(year=year, overall=figures.get((code, year))) for year in years
                ),
            )
            for code in chambers
        ),
    )


async def entity_plan(
    parts: Container, entity: str, chambers: Chambers, year: int, *, own: bool
) -> EntityPlan:
    """The plans of the chambers with their results, and what they make together.

    ``own``: with the entity's own plan, which stands in the chamber of its code.
    """
    found = await consolidated(parts.database, entity, chambers, year)
    async with parts.database.read(chambers) as session:
        titles = await repository.titles(session)
        rows = await repository.stored_results(session, [year])
    stored = {row.chamber_id: row.body for row in rows}
    sheets: list[ChamberSheet] = []
    for code in chambers:
        if code in stored:
            body = stored[code] or (await parts.results.of(code, year)).body
            results = _without_sheets(body)
            sheets.append(ChamberSheet(chamber=code, title=titles[code], results=results))
    return EntityPlan(
        entity=entity,
        year=year,
        own=await _own_results(parts.results, entity, year) if own else None,
        sheets=tuple(sheets),
        without_plan=tuple(code for code in chambers if code not in stored),
        indicators=found.indicators,
    )


async def _own_results(results: CurrentResults, entity: str, year: int) -> ResultsDocument | None:
    try:
        found = await results.of(entity, year)
    except Refusal as refused:
        if refused.code != "plan_not_found":
            raise
        return None
    return _without_sheets(found.body)


def _without_sheets(body: bytes) -> ResultsDocument:
    """Results as the entity shows them to whoever reads it: individual sheets are nobody's here."""
    return results_without_sheets(
        ResultsDocument.model_validate_json(body), NO_SIGHT, NOTHING_HIDDEN
    )


async def _year(
    database: Database, entity: str, chambers: Chambers, year: int, only: str | None
) -> JoinedYear:
    async with database.read(chambers) as session:
        versions = await catalogue.shared_versions(session, entity)
        return await consolidated_year(session, versions, year, only)


async def _versions(database: Database, entity: str, chambers: Chambers) -> tuple[StoredEntry, ...]:
    async with database.read(chambers) as session:
        return await catalogue.shared_versions(session, entity)


def _facts(one: Joined) -> EntryFacts:
    return entry_facts(one.indicator.content, one.indicator.version)
