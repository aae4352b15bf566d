"""What the report of an entity shows: a chapter per chamber, and what they make together."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from services.api.container import Container
from services.api.entity import repository, service
from services.api.errors import Refusal
from services.api.plans import service as plans
from services.api.reports import service as reports
from services.api.reports.snapshot import policy_view, year_content
from shared.contracts.snapshot_entity import EntityView
from shared.contracts.snapshot_views import ChamberCard, Figure, YearContent
from shared.domain.confidentiality import NO_SIGHT
from shared.domain.policy import Policy

TREND_YEARS = 5
"""Years that the tables over time show at most: more do not fit a page."""

_ATTEMPTS = 3

_OWN_WORDS: Mapping[str, object] = {
    "narratives": (),
    "tables": (),
    "analyses": (),
    "judgements": (),
    "amendments": (),
}
"""What a chamber says at length in its own report, and the entity does not say again."""


async def content(
    parts: Container, entity: str, chambers: Sequence[str], year: int
) -> tuple[YearContent, EntityView]:
    """The entity's own year, and its chambers'. The caller has been granted the chambers.

    Every chamber is read in a transaction of its own. What changed meanwhile is read again, so
    that a chamber's chapter and the consolidated figures stand on the same data.

    Raises:
        Refusal: ``plan_not_found`` when no chamber has a plan; ``figures_changing``.
    """
    everyone = [*chambers, entity]
    for _ in range(_ATTEMPTS):
        before = await _revisions(parts, everyone, year)
        if not any(row.year == year for row in before if row.chamber_id != entity):
            raise Refusal("plan_not_found")
        first = min(row.year for row in before if row.chamber_id != entity)
        years = range(max(first, year - TREND_YEARS + 1), year + 1)
        own = await _chapter(parts, entity, year)
        view = await _view(parts, entity, chambers, years, own=own is not None)
        if await _revisions(parts, everyone, year) == before:
            return own or await _without_plan(parts, entity, year), view
    raise Refusal("figures_changing")


async def _revisions(
    parts: Container, chambers: Sequence[str], year: int
) -> Sequence[sa.Row[tuple[str, int, int]]]:
    async with parts.database.read(chambers) as session:
        return await repository.revisions(session, year)


async def _view(
    parts: Container, entity: str, chambers: Sequence[str], years: range, *, own: bool
) -> EntityView:
    year, database = years[-1], parts.database
    chapters = [await _chapter(parts, code, year) for code in chambers]
    consolidated = await service.consolidated(database, entity, chambers, year)
    compared = await service.compared(database, entity, chambers, year)
    beside = await service.side_by_side(database, parts.results, entity, chambers, years)
    trend = await service.trend(database, entity, chambers, years)
    return EntityView(
        chambers=tuple([await _card(parts, code) for code in chambers]),
        own_plan=own,
        chapters=tuple(chapter for chapter in chapters if chapter is not None),
        years=tuple(years),
        side_by_side=beside.chambers,
        consolidated=consolidated.indicators,
        benchmark=compared.indicators,
        trend=trend.indicators,
        unknown=consolidated.unknown,
    )


async def _chapter(parts: Container, chamber: str, year: int) -> YearContent | None:
    """The year of a chamber without individual sheets and long texts; none without a plan."""
    async with parts.database.read([chamber]) as session:
        if year not in await plans.years(session):
            return None
        head = await plans.head(session, year)
        source = await reports.source(session, head, NO_SIGHT)
    read = year_content(source)
    silent = tuple(row.model_copy(update={"narrative": None}) for row in read.objectives)
    card = read.chamber.model_copy(update={"accent_colour": source.documents.accent_colour})
    return read.model_copy(update={**_OWN_WORDS, "objectives": silent, "chamber": card})


async def _without_plan(parts: Container, entity: str, year: int) -> YearContent:
    """What the entity's own year is while it has no plan: nothing, said so."""
    return YearContent(
        year=year,
        chamber=await _card(parts, entity),
        plan_revision=0,
        acts=(),
        policy=policy_view(Policy()),
        overall=Figure(measured=None, recognised=None, shown=None, reason="no_plan"),
        objectives=(),
        indicators=(),
        explanations=(),
        deviations=(),
    )


async def _card(parts: Container, chamber: str) -> ChamberCard:
    async with parts.database.read([chamber]) as session:
        return await reports.card(session)
