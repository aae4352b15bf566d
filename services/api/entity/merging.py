"""The entity's plan of a year from its chambers' plans of the year before."""

from collections.abc import Mapping

from services.api.auth.entities import EntityAccess
from services.api.boundaries.cuts import seen_case
from services.api.catalogue import service as catalogue
from services.api.container import Container
from services.api.db.session import Database, ReadSession, WriteSession
from services.api.entity.reading import consolidated_year
from services.api.errors import Refusal
from services.api.imports import service as imports
from services.api.plans import service as plans
from services.api.readers import service as readers
from services.api.tenants import service as tenants
from shared.contracts.case import Case, write_case
from shared.contracts.catalogue import IndicatorEntry, MeasureEntry
from shared.contracts.consolidated import figure_of
from shared.contracts.merger import MergerMapping, MergerRefusedError
from shared.contracts.merging import Merged, SharedDefinitions, merge
from shared.domain.confidentiality import NO_SIGHT


async def merged(
    parts: Container, access: EntityAccess, mapping: MergerMapping, year: int
) -> Merged:
    """The draft of a year, made and not written.

    The chambers of the mapping are read together: that takes a grant for each of them, and is
    written down in each.

    Raises:
        Refusal: ``reading_not_granted``, ``chamber_not_granted``, or ``merger_refused`` with
            every fault of the mapping.
    """
    today = parts.clock.now().date()
    asked = ",".join(mapping.chambers)
    codes = await readers.opened(parts.database, access, today, f"merger/{year}", asked)
    before = await _plans(parts.database, codes, year - 1)
    async with parts.database.read(codes) as session:
        versions = await catalogue.shared_versions(session, access.entity)
        joined = await consolidated_year(session, versions, year - 1)
    baselines = {
        str(one.indicator.content.ref): shown
        for one in joined.indicators
        if (shown := figure_of(one.found.value, one.indicator.content.decimals)["shown"])
    }
    valid = [one.content for one in catalogue.in_year(versions, year).values()]
    shared = SharedDefinitions(
        catalogue.catalogue_of(valid),
        {one.ref: one for one in valid if isinstance(one, IndicatorEntry)},
        {one.ref: one for one in valid if isinstance(one, MeasureEntry)},
    )
    try:
        return merge(mapping, before, shared, baselines, (access.entity, year))
    except MergerRefusedError as refused:
        raise Refusal(refused.code, issues=refused.issues) from refused


async def _plans(database: Database, codes: tuple[str, ...], year: int) -> Mapping[str, Case]:
    """The plans of a year, of the chambers that have one, without individual sheets."""
    found: dict[str, Case] = {}
    for code in codes:
        async with database.read([code]) as session:
            if await _has_plan(session, year):
                stored = await plans.read_plan(session, year)
                found[code], _ = seen_case(stored, NO_SIGHT)
    return found


async def _has_plan(session: ReadSession, year: int) -> bool:
    try:
        await plans.head(session, year)
    except Refusal as refused:
        if refused.code != "plan_not_found":
            raise
        return False
    return True


async def write(session: WriteSession, draft: Merged) -> None:
    """Makes the draft the plan of the session's chamber, the entity's own.

    Raises:
        Refusal: ``plan_exists``, ``chamber_suspended``, and what refuses an import.
    """
    # Two mergers at once wait for each other here: the second one finds the plan.
    chamber = await tenants.chamber(session, lock=True)
    if chamber.status == "suspended":
        raise Refusal("chamber_suspended")
    year = draft.read.case.year
    if await _has_plan(session, year):
        raise Refusal("plan_exists", year=year)
    await imports.import_case(session, write_case(draft.read.case), draft.read)
