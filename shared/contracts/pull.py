"""What a source answers when it is asked what it holds: the default pull contract, version 1.

``GET <pull_url>/measurements?year=2021&period=Q1&limit=500&cursor=...`` answers a page.
"""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from shared.contracts.issues import Issue, issues_from
from shared.contracts.webhook_events import MAX_ITEMS, EventModel, Instant, MeasurementItem


class HeldMeasurement(MeasurementItem):
    """A datum as the source holds it: its last statement about it, and when that was said."""

    timestamp: Instant


class HeldPage(EventModel):
    """A page of what the source holds."""

    items: Annotated[tuple[HeldMeasurement, ...], Field(max_length=MAX_ITEMS)]
    next: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="Value of cursor for the next page; absent on the last one."
    )


class PageRefusedError(Exception):
    """What the source answered is no page of this contract; ``issues`` says why."""

    code = "source_page_refused"

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__("; ".join(f"{issue.pointer}: {issue.en}" for issue in issues[:5]))
        self.issues = tuple(issues)


_PAGE: TypeAdapter[HeldPage] = TypeAdapter(HeldPage)


def read_page(body: bytes) -> HeldPage:
    """Read a page.

    Raises:
        PageRefusedError: it is none, with every fault.
    """
    try:
        return _PAGE.validate_json(body)
    except ValidationError as error:
        raise PageRefusedError(issues_from(error)[:100]) from error


def pull_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a page."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **HeldPage.model_json_schema(),
    }
