"""A plan as callers see it, with what each of them may do to it now."""

from collections.abc import Mapping

from services.api.auth.access import Access
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import Counts, Plan
from services.api.responses import to_json, two_part_etag
from shared.domain.permissions import Action

_ACTIONS = (
    Action.PLAN_READ,
    Action.PLAN_IMPORT,
    Action.PLAN_EDIT,
    Action.PLAN_UPDATE,
    Action.PLAN_EXPORT,
    Action.PLAN_APPROVE,
    Action.PLAN_AMEND,
    Action.PLAN_WITHDRAW,
    Action.PLAN_CLOSE,
    Action.PLAN_REOPEN,
    Action.MEASUREMENT_RECORD,
    Action.EVALUATION_DECIDE,
    Action.NARRATIVE_WRITE,
    Action.RESULT_READ,
    Action.REPORT_REQUEST,
)

_WRITTEN = ("kind", "acts", "policy", "published")
"""What of a plan somebody writes, beside its elements."""


def plan_view(head: PlanHead, counts: Mapping[str, int], access: Access) -> Plan:
    """A plan without its parts, which have lists of their own."""
    standing = head.standing
    actions = [action for action in access.actions(*_ACTIONS) if standing.allows(action)]
    return Plan.model_validate(
        {name: getattr(head, name) for name in (*_WRITTEN, "year", "revision", "updated_at")}
        | {
            "chamber": access.chamber,
            "state": standing.state,
            "version": standing.version,
            "counts": Counts.model_validate(counts),
            "allowed_actions": [str(action) for action in actions],
        }
    )


def plan_etag(plan: Plan) -> str:
    """The ETag with which a caller reads the plan.

    A move (approval, closure) asks for the whole of it: whoever approves has seen what they
    approve. A change of the plan's own data asks for the first part, which stays the same
    while others write its elements.
    """
    written = plan.model_dump_json(by_alias=True, include=set(_WRITTEN)).encode()
    return two_part_etag(written, to_json(plan))
