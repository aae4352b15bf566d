"""Use cases of results.

The body of ``GET .../results`` depends on the plan's inputs alone, and every change of an
input raises the plan's revision. So the bytes are stored with the revision they were made
of, and made again only when it has moved on.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.api.auth.caller import Access
from services.api.boundaries.cuts import stored_without_sheets
from services.api.db.quick import QuickReader
from services.api.db.session import Author, Database
from services.api.errors import Refusal
from services.api.plans import service as plans
from services.api.plans.service import StoredPlan
from services.api.results import repository
from services.api.results.cache import ResultsCache
from services.api.results.computing import Computing
from services.api.results.cutting import CutResults
from services.api.results.repository import StoredResults
from services.api.results.schemas import ExplanationView
from shared.contracts.results import explanation_view, titles_of
from shared.domain.confidentiality import hidden_in
from shared.domain.explanation import Explainer
from shared.domain.plan import Plan
from shared.domain.reconciliation import Published, Reconciliation, reconcile
from shared.domain.results import Results
from shared.domain.scoring import score

# Who stores results that a reader asked for.
_AUTHOR = Author("ciclo")


@dataclass(frozen=True, slots=True)
class ScoredPlan:
    """A plan, as stored and as scored, and its results."""

    stored: StoredPlan
    plan: Plan
    results: Results


class CurrentResults:
    """The results of any plan as the bytes to answer, made as seldom as possible.

    Each request asks the database for the plan's revision. Bytes of that revision are taken
    from memory, or from the table of results, or made.
    """

    def __init__(self, database: Database, quick: QuickReader) -> None:
        self._database = database
        self._quick = quick
        self._cache = ResultsCache()
        self._computing = Computing(database)
        self._cuts = CutResults(database, self._computing)

    async def of(self, chamber: str, year: int) -> StoredResults:
        """The results of a year as they are now.

        Raises:
            Refusal: ``plan_not_found``.
        """
        revision = await self._quick.plan_revision(chamber, year)
        if revision is None:
            raise Refusal("plan_not_found", year=year)
        found = self._cache.find(chamber, year, revision)
        if found is None:
            found = await self._stored(chamber, year)
            self._cache.keep(chamber, year, found)
        return found

    async def seen_by(self, access: Access, year: int) -> StoredResults:
        """The results of a year as somebody sees them: without the sheets hidden from them.

        Raises:
            Refusal: ``plan_not_found``.
        """
        found = await self.of(access.chamber, year)
        sight = access.sight
        if sight.everything:
            return found
        return await self._cuts.of(found, access, year)

    async def _stored(self, chamber: str, year: int) -> StoredResults:
        followed = await self._computing.follow(chamber, year)
        if followed is not None:
            return followed.results
        async with self._database.read([chamber]) as session:
            stored = await repository.current(session, year)
        if stored is not None:
            return stored
        computed = await self._computing.compute(chamber, year)
        async with self._database.write([chamber], _AUTHOR) as session:
            await repository.store(session, computed.head.plan_id, computed.results)
        return computed.results


async def scored_plan(database: Database, access: Access, year: int) -> ScoredPlan:
    """The plan of a year with its results, all of one revision, as somebody sees it.

    Sheets hidden from the caller are not in it. They take nothing with them: no figure of the
    chamber comes from a sheet.

    Raises:
        Refusal: ``plan_not_found``.
    """
    async with database.read([access.chamber]) as session:
        stored = await plans.read_plan(session, year)
    plan = stored.to_domain()
    hidden = hidden_in(plan, access.sight)
    if hidden:
        stored = stored_without_sheets(stored, hidden)
        plan = stored.to_domain()
    return ScoredPlan(stored, plan, score(plan))


def computed_on(scored: ScoredPlan) -> dict[str, Any]:
    """Which state of the plan figures are of, as every answer with figures says."""
    head = scored.stored.head
    return {
        "year": head.year,
        "revision": head.revision,
        "plan_version": head.standing.version,
        "plan_state": head.standing.state.value,
    }


async def explain(
    database: Database, access: Access, year: int, code: str, scope: str | None
) -> ExplanationView:
    """Why a figure is what it is. ``overall`` is the chamber's.

    Raises:
        Refusal: ``plan_not_found`` or ``figure_not_found``.
    """
    scored = await scored_plan(database, access, year)
    try:
        explanation = Explainer(scored.plan, scored.results).explain(code, scope)
    except KeyError as error:
        raise Refusal("figure_not_found", code=code) from error
    view = explanation_view(explanation, titles_of(scored.plan))
    return ExplanationView(**computed_on(scored), **dict(view))


async def reconciliation(
    database: Database, access: Access, year: int
) -> tuple[ScoredPlan, Reconciliation]:
    """Computed against published figures; nothing to compare when none were published.

    Raises:
        Refusal: ``plan_not_found``.
    """
    scored = await scored_plan(database, access, year)
    published = scored.stored.case.published
    if published is None:
        return scored, Reconciliation(0, ())
    return scored, reconcile(
        scored.plan,
        scored.results,
        Published(
            indicators={code: Decimal(text) for code, text in published.indicators.items()},
            objectives={code: Decimal(text) for code, text in published.objectives.items()},
            overall=None if published.overall is None else Decimal(published.overall),
            judgement=published.judgement,
        ),
    )
