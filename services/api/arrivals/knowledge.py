"""What plans consist of, remembered for as long as their structure stays the same.

Finding out what a code means asks for every element of a plan and parses formulas. Between two
changes of the plan thousands of messages need the same answer.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.arrivals import repository
from services.api.arrivals.resolution import PlanIndex, index_plans
from services.api.boundaries import service as boundaries
from services.api.db.session import ReadSession

MOST_PLANS = 64
"""Plans of a thousand measures take some hundred kB each."""


class KnownPlans:
    """The indexes used last, each good for one structure of its plan and one integration."""

    def __init__(self, most: int = MOST_PLANS) -> None:
        self._most = most
        self._found: OrderedDict[tuple[str, str, int], PlanIndex] = OrderedDict()

    async def of(
        self, session: ReadSession, plans: Sequence[sa.Row[Any]], integration: str, *, held: bool
    ) -> list[PlanIndex]:
        """The indexes of plans (``plan_id``, ``year``, ``structure_revision``).

        Only what is read while the plans are ``held`` is remembered: of others the structure
        may change between the two readings.
        """
        keys = {row.plan_id: (integration, row.plan_id, row.structure_revision) for row in plans}
        unknown = [row for row in plans if keys[row.plan_id] not in self._found]
        made: dict[str, PlanIndex] = {}
        if unknown:
            ids = [row.plan_id for row in unknown]
            subjects = await repository.subjects(session, ids, integration)
            made = {index.plan_id: index for index in index_plans(unknown, subjects)}
            for index in made.values():
                index.sheets = await boundaries.sheets(session, index.plan_id)
        answer = [made.get(row.plan_id) or self._found[keys[row.plan_id]] for row in plans]
        if held:
            self._keep(keys, answer)
        return answer

    def _keep(self, keys: dict[str, tuple[str, str, int]], indexes: Sequence[PlanIndex]) -> None:
        for index in indexes:
            key = keys[index.plan_id]
            self._found[key] = index
            self._found.move_to_end(key)
        while len(self._found) > self._most:
            self._found.popitem(last=False)
