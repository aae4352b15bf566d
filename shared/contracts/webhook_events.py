"""Events a measuring system sends, version 1: the models.

They are the published contract (``docs/integrations.md`` carries their JSON Schema).
:mod:`shared.contracts.webhook_reading` reads messages, and is more patient than they are.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, RootModel

from shared.contracts.base import Contract
from shared.domain.numbers import NUMBER_PATTERN
from shared.domain.periods import PERIOD_PATTERN

VERSION = 1
"""Version of the contract; a message that names none is of this one."""

BATCH = "measurements.batch"
COMPLETED = "period.completed"

MAX_ITEMS = 5000
"""Most measurements in one message."""

MAX_DEPTH = 8
"""Deepest nesting of a message; a well-formed one has four levels."""

# Beyond this, numbers of JSON are not exact in every language.
_LARGEST_VERSION = 2**53 - 1

# PostgreSQL holds no NUL in a text, and a code or a title has no use for other controls.
_LINE = r"^[^\x00-\x1f]*$"
_TEXT = r"^[^\x00]*$"

# Far from every real date, and safe in every time zone and in the database.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)

Instant = Annotated[
    AwareDatetime,
    Field(ge=_EARLIEST, lt=_LATEST, description="When it happened in the sending system."),
]
Period = Annotated[str, Field(pattern=rf"^({PERIOD_PATTERN})$", max_length=3)]
Reference = Annotated[str, Field(min_length=1, max_length=100, pattern=_LINE)]


class EventModel(Contract):
    """A part of an event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


ItemEvent = Literal["recorded", "corrected", "validated", "withdrawn"]
"""What a statement says: a value, a corrected value, one somebody answers for, none any more."""


class MeasurementItem(EventModel):
    """One statement about one datum of one year.

    Exactly one of ``measure``, ``indicator`` and ``objective`` says what it is about.
    """

    event: ItemEvent | None = Field(
        default=None,
        description="What the statement says; absent means recorded, or as the message's type.",
    )

    measure: Reference | None = Field(
        default=None, description="Code of the measure, or its identifier in the sending system."
    )
    indicator: Reference | None = Field(default=None, description="Code of the indicator.")
    objective: Reference | None = Field(default=None, description="Code of the objective.")
    year: int = Field(ge=1990, le=2100, description="Year that the datum belongs to.")
    period: Period | None = Field(
        default=None, description="Part of the year; absent for the year as a whole."
    )
    value: Annotated[str, Field(max_length=1000, pattern=_LINE)] | None = Field(
        default=None,
        description="Number with a dot, date as YYYY-MM-DD, or true/false; always as a string.",
    )
    unit: Annotated[str, Field(min_length=1, max_length=100, pattern=_LINE)] | None = Field(
        default=None,
        description="Unit of the figure; absent means the one agreed on for the datum.",
    )
    result: Annotated[str, Field(max_length=32, pattern=rf"^{NUMBER_PATTERN[2:]}$")] | None = Field(
        default=None, description="Degree of realisation in points, where it was assessed."
    )
    status: Literal["measured", "missing", "suspended", "struck"] | None = Field(
        default=None, description="Absent means measured."
    )
    value_text: Annotated[str, Field(max_length=20_000, pattern=_TEXT)] | None = Field(
        default=None, description="The value as a document prints it."
    )
    note: Annotated[str, Field(max_length=20_000, pattern=_TEXT)] | None = None
    source_version: int | None = Field(
        default=None,
        ge=0,
        le=_LARGEST_VERSION,
        description="Rises with every correction of this datum in the sending system.",
    )


class MeasurementSaid(EventModel):
    """One measurement: recorded, corrected, validated in the sending system, or withdrawn."""

    type: Literal[
        "measurement.recorded",
        "measurement.corrected",
        "measurement.validated",
        "measurement.withdrawn",
    ]
    version: Literal[1] = 1
    timestamp: Instant
    data: MeasurementItem


class Batch(EventModel):
    """The measurements of a batch."""

    measurements: Annotated[tuple[MeasurementItem, ...], Field(max_length=MAX_ITEMS)]


class MeasurementsBatch(EventModel):
    """``measurements.batch``: up to 5,000 measurements."""

    type: Literal["measurements.batch"]
    version: Literal[1] = 1
    timestamp: Instant
    data: Batch


class Completion(EventModel):
    """A period for which the sending system has sent all it will send."""

    year: int = Field(ge=1990, le=2100, description="Year of the period.")
    period: Period | None = Field(
        default=None, description="Part of the year; absent for the year as a whole."
    )
    measurements: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="How many data of the period stand in the sending system.",
    )


class PeriodCompleted(EventModel):
    """``period.completed``: all data of a period have been sent."""

    type: Literal["period.completed"]
    version: Literal[1] = 1
    timestamp: Instant
    data: Completion


WebhookEvent = Annotated[
    MeasurementSaid | MeasurementsBatch | PeriodCompleted, Field(discriminator="type")
]
"""Any event of version 1."""


class MeasurementEvent(RootModel[WebhookEvent]):
    """Any event of version 1, as one model."""


def events_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of :class:`MeasurementEvent`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **MeasurementEvent.model_json_schema(),
    }
