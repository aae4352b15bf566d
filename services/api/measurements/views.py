"""A measurement as the API shows it, with what the caller may do with it now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.boundaries.service import Reach
from services.api.measurements.schemas import Measurement
from services.api.states import service as states
from services.api.states.service import Datum
from shared.domain.arrivals import WITHDRAWN
from shared.domain.collection import CollectionRules
from shared.domain.measurement_states import (
    MOVES,
    Standing,
    State,
    accepts_value,
    allowed_moves,
)
from shared.domain.permissions import Action

_FROM_STATE = frozenset({"state", "validated_by", "state_reason", "allowed_actions"})
_COLUMNS = tuple(name for name in Measurement.model_fields if name not in _FROM_STATE)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at measurements of a plan, and what the chamber and the periods allow."""

    access: Access
    reach: Reach
    rules: CollectionRules
    closed: frozenset[str]
    plan_year: int
    plan_open: bool

    def view(self, row: sa.Row[Any]) -> Measurement:
        """The measurement of a row of ``states.repository.standing``."""
        given = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
        validated = given["state"] == State.VALIDATED
        return Measurement(
            **{name: given[name] for name in _COLUMNS},
            state=given["state"],
            validated_by=given["state_role"] if validated else None,
            state_reason=given["state_reason"],
            allowed_actions=[str(action) for action in self._actions(given)],
        )

    def standing(self, given: Mapping[str, Any]) -> Standing:
        """What the caller's moves depend on."""
        datum = Datum(given["plan_id"], self.plan_year, given["year"], given["period"])
        return Standing(
            state=State(given["state"]),
            own_entry=given["recorded_by"] == self.access.principal.subject,
            withdrawn=given["status"] == WITHDRAWN,
            closed=not self.plan_open or states.covering(self.closed, datum) is not None,
        )

    def _actions(self, given: Mapping[str, Any]) -> list[Action]:
        standing = self.standing(given)
        kind, code = given["subject_kind"], given["subject_code"]
        allowed = frozenset(a for a in self.access.allowed if self.reach.covers(a, kind, code))
        moves = allowed_moves(standing, allowed, own_validation=self.rules.own_validation)
        value = (
            [action for action in (Action.MEASUREMENT_RECORD,) if action in allowed]
            if accepts_value(standing.state) and not standing.closed
            else []
        )
        return [*value, *(MOVES[move].action for move in moves)]


def measurement_etag(row: sa.Row[Any]) -> str:
    """ETag of a measurement: a new value and a move both change it."""
    return f'"v{row.version}-{row.state_number}"'
