"""Use cases of completions: what a source says of a whole period."""

from services.api.arrivals.service import Sender
from services.api.completions import repository
from services.api.completions.repository import of_plan
from services.api.db.session import WriteSession
from services.api.db.trail import audit
from shared.contracts.webhook_events import Completion
from shared.domain.calendar import YEAR

__all__ = ["of_plan", "record"]


async def record(session: WriteSession, completion: Completion, sender: Sender) -> bool:
    """Writes down that a period is complete; false when something later was said about it."""
    period = completion.period or YEAR
    values = {
        "year": completion.year,
        "period": period,
        "at": sender.at,
        "message": sender.message_id,
        "announced": completion.measurements,
    }
    if not await repository.enter(session, sender.integration, values):
        return False
    detail = {"integration": sender.integration, "measurements": completion.measurements}
    await audit(session, "period.completed", f"plan/{completion.year}/{period}", detail)
    return True
