"""Results computed from what has changed since they were computed last in this process.

A process keeps the plans it has scored. When only measurements have changed since, those are
read, what depends on them is scored again, and the rest of the document is taken over. After
any other change, and for a plan seen for the first time, all is read and scored. Either way
gives the same bytes.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.api.db.session import Database, ReadSession
from services.api.plans import service as plans
from services.api.plans.rows import MEASUREMENTS, PlanHead
from services.api.plans.service import Versions
from services.api.responses import content_etag
from services.api.results.repository import StoredResults
from shared.contracts.results import Made, results_document
from shared.domain.plan import Measurement, Plan
from shared.domain.rescoring import Scored

# A plan of 200 indicators with its results takes about two megabytes.
_MOST_PLANS = 64


@dataclass(frozen=True, slots=True)
class Computed:
    """Results as bytes, and what the next ones can be made from.

    ``measurements`` holds what was scored of each measurement, by id, in the plan's order.
    """

    head: PlanHead
    measurements: Mapping[str, Measurement]
    made: Made
    results: StoredResults


class Computing:
    """Computes results; remembers the plans computed last."""

    def __init__(self, database: Database, most_plans: int = _MOST_PLANS) -> None:
        self._database = database
        self._most_plans = most_plans
        self._last: OrderedDict[tuple[str, int], Computed] = OrderedDict()

    async def compute(self, chamber: str, year: int) -> Computed:
        """The results of a plan as it is now. Scores outside any transaction.

        Raises:
            Refusal: ``plan_not_found``.
        """
        async with self._database.read([chamber]) as session:
            head = await plans.head(session, year)
            stored = await plans.read_parts(session, head)
        plan = stored.to_domain()
        ids = [row["measurement_id"] for row in stored.rows[MEASUREMENTS.name]]
        measurements = dict(zip(ids, plan.measurements, strict=True))
        return self._remember(_computed(head, measurements, plan, None))

    async def follow(self, chamber: str, year: int) -> Computed | None:
        """As :meth:`compute` where that takes the changed measurements only, else ``None``."""
        earlier = self._last.get((chamber, year))
        if earlier is None:
            return None
        async with self._database.read([chamber]) as session:
            now = await plans.versions(session, year)
            if now is None or not _same_structure(earlier.head, now):
                return None
            measurements = await _measurements(session, earlier, now)
        # Everything else in the head of a plan changes with its structure.
        head = replace(earlier.head, revision=now.revision)
        plan = replace(
            earlier.made.scored.plan,
            measurements=tuple(measurements.values()),
            revision=head.revision,
        )
        return self._remember(_computed(head, measurements, plan, earlier))

    def made(self, chamber: str, year: int, etag: str) -> Made | None:
        """What these results were made of, if they are those computed last."""
        last = self._last.get((chamber, year))
        return last.made if last is not None and last.results.etag == etag else None

    def _remember(self, computed: Computed) -> Computed:
        """Keeps what was computed; what was asked for longest ago makes room."""
        plan = computed.made.scored.plan
        key = (plan.chamber, plan.year)
        self._last.pop(key, None)
        self._last[key] = computed
        while len(self._last) > self._most_plans:
            self._last.popitem(last=False)
        return computed


def _same_structure(earlier: PlanHead, now: Versions) -> bool:
    """Whether nothing but measurements has changed."""
    return (earlier.plan_id, earlier.structure_revision) == (now.plan_id, now.structure_revision)


async def _measurements(
    session: ReadSession, earlier: Computed, now: Versions
) -> dict[str, Measurement]:
    """The measurements of a plan, by id; read only where their version is not the known one."""
    known = earlier.measurements
    changed = {
        measurement_id
        for measurement_id, version in now.measurements.items()
        if measurement_id not in known or known[measurement_id].version != version
    }
    read = await plans.read_measurements(session, earlier.head, sorted(changed))
    # What changed and is not read stands no more: its source has withdrawn it.
    current = {
        measurement_id: read.get(measurement_id) if measurement_id in changed else standing
        for measurement_id, standing in ((one, known.get(one)) for one in now.measurements)
    }
    return {name: measurement for name, measurement in current.items() if measurement is not None}


def _computed(
    head: PlanHead,
    measurements: Mapping[str, Measurement],
    plan: Plan,
    earlier: Computed | None,
) -> Computed:
    before = None if earlier is None else earlier.made
    scored = Scored.of(plan) if before is None else before.scored.after(plan)
    document = results_document(plan, scored.results, head.standing, before)
    body = document.model_dump_json().encode()
    stored = StoredResults(plan.revision, content_etag(body), body)
    return Computed(head, measurements, Made(scored, document), stored)
