"""A plan as callers see it, with what each of them may do to it now."""

from services.api.auth.access import Access
from services.api.plans.schemas import Counts, Plan
from services.api.plans.service import StoredPlan
from services.api.responses import content_etag, to_json
from shared.domain.permissions import Action

_ACTIONS = (
    Action.PLAN_READ,
    Action.PLAN_IMPORT,
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


def plan_view(stored: StoredPlan, access: Access) -> Plan:
    """A plan without its parts, which have lists of their own."""
    case, standing = stored.case, stored.head.standing
    actions = [action for action in access.actions(*_ACTIONS) if standing.allows(action)]
    return Plan(
        chamber=case.chamber,
        year=case.year,
        kind=case.kind,
        state=standing.state,
        version=standing.version,
        acts=case.acts,
        policy=case.policy,
        published=case.published,
        counts=Counts(**{name: len(rows) for name, rows in stored.rows.items()}),
        revision=stored.head.revision,
        updated_at=stored.head.updated_at,
        allowed_actions=[str(action) for action in actions],
    )


def plan_etag(stored: StoredPlan, access: Access) -> str:
    """The ETag with which this caller reads the plan, for ``If-Match`` on its moves."""
    return content_etag(to_json(plan_view(stored, access)))
