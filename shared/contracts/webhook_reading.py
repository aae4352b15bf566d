"""Reading events of a measuring system, so that nothing in them is lost.

An envelope that cannot be read refuses the message; a faulty measurement in it is set apart with
its faults, and the rest is used.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from shared.contracts.issues import Issue, issues_from
from shared.contracts.webhook_events import (
    BATCH,
    COMPLETED,
    MAX_DEPTH,
    MAX_ITEMS,
    Completion,
    EventModel,
    Instant,
    ItemEvent,
    MeasurementItem,
)

# More fields than a measurement has, and few enough to list every unknown one.
_MOST_FIELDS = 30
_MOST_FAULTS = 100


class EventRefusedError(Exception):
    """The message as a whole cannot be read; ``issues`` says why."""

    code = "event_refused"

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(f"{len(issues)} faults")
        self.issues = tuple(issues)


@dataclass(frozen=True, slots=True)
class FaultyItem:
    """A measurement that cannot be used as it came, and why."""

    position: int
    raw: object
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """A message that was read. ``raw`` holds every item as it came, by position.

    ``completion`` is there for a ``period.completed`` that has the right form.
    """

    type: str
    timestamp: datetime
    raw: Sequence[object]
    items: Mapping[int, MeasurementItem]
    faulty: tuple[FaultyItem, ...]
    completion: Completion | None = None


class _Envelope(EventModel):
    type: Literal[
        "measurement.recorded",
        "measurement.corrected",
        "measurement.validated",
        "measurement.withdrawn",
        "measurements.batch",
        "period.completed",
    ]
    version: Literal[1] = 1
    timestamp: Instant
    data: dict[str, Any]


class _RawBatch(EventModel):
    measurements: Annotated[list[Any], Field(max_length=MAX_ITEMS)]


_SINGLE: Mapping[str, ItemEvent] = MappingProxyType(
    {
        "measurement.recorded": "recorded",
        "measurement.corrected": "corrected",
        "measurement.validated": "validated",
        "measurement.withdrawn": "withdrawn",
    }
)
"""What the only item of a message says, by the message's type."""

_ITEMS: TypeAdapter[list[MeasurementItem]] = TypeAdapter(list[MeasurementItem])


@dataclass(frozen=True, slots=True)
class OpenedEvent:
    """A message whose envelope was read, and its measurements not yet.

    For whoever reads thousands of them a slice at a time; others use :func:`read_event`.
    """

    type: str
    timestamp: datetime
    raw: Sequence[object]

    def read(self, first: int, last: int) -> "ReadParts":
        """What the items from place ``first`` until before ``last`` are."""
        read = read_parts(self.type, self.raw[first:last])
        if not first:
            return read
        return ReadParts(
            {first + at: item for at, item in read.items.items()},
            tuple(replace(item, position=first + item.position) for item in read.faulty),
        )

    def closed(self, parts: Sequence["ReadParts"]) -> ReadEvent:
        """The message, of which ``parts`` is everything.

        Raises:
            EventRefusedError: something in it is nested too deep.
        """
        faulty = tuple(item for part in parts for item in part.faulty)
        if any(not _shallow(item.raw, MAX_DEPTH) for item in faulty):
            raise EventRefusedError([_TOO_DEEP])
        items = {at: item for part in parts for at, item in part.items.items()}
        completion = next((part.completion for part in parts if part.completion), None)
        return ReadEvent(self.type, self.timestamp, self.raw, items, faulty, completion)


def open_event(body: bytes) -> OpenedEvent:
    """Read the envelope of a message whose signature has been verified.

    Raises:
        EventRefusedError: it is not an event of version 1, with every fault of the envelope.
    """
    try:
        envelope = _Envelope.model_validate_json(body)
        if envelope.type == BATCH:
            raw = _RawBatch.model_validate(envelope.data).measurements
        else:
            raw = [envelope.data]
    except ValidationError as error:
        raise EventRefusedError(_refusal(body, error)) from error
    return OpenedEvent(envelope.type, envelope.timestamp, raw)


def read_event(body: bytes) -> ReadEvent:
    """Read a message whose signature has been verified.

    Raises:
        EventRefusedError: it is not an event of version 1, with every fault of the envelope.
    """
    opened = open_event(body)
    return opened.closed([opened.read(0, len(opened.raw))])


@dataclass(frozen=True, slots=True)
class ReadParts:
    """What a message of some type holds, read: by position what can be used, and the faulty."""

    items: Mapping[int, MeasurementItem]
    faulty: tuple[FaultyItem, ...] = ()
    completion: Completion | None = None


def read_parts(event_type: str, raw: Sequence[object]) -> ReadParts:
    """What a message of this type holds. ``raw`` is as it came, also when it had to wait."""
    if event_type == COMPLETED:
        try:
            return ReadParts({}, (), Completion.model_validate(raw[0]))
        except ValidationError as error:
            faults = _TOO_MANY_FIELDS if error.error_count() > _MOST_FAULTS else None
            issues = (faults,) if faults else tuple(issues_from(error))
            return ReadParts({}, (FaultyItem(0, raw[0], issues),))
    items, faulty = _read_items(raw)
    said = _SINGLE.get(event_type)
    if said is None or not items:
        return ReadParts(items, faulty)
    item = items[0]
    if item.event not in {None, said}:
        return ReadParts({}, (FaultyItem(0, raw[0], (_OTHER_EVENT,)),))
    return ReadParts({0: item.model_copy(update={"event": said})})


def _read_items(
    raw: Sequence[object],
) -> tuple[dict[int, MeasurementItem], tuple[FaultyItem, ...]]:
    """The measurements that have the right form, by position, and those that have not."""
    try:
        if all(len(item) <= _MOST_FIELDS for item in raw if isinstance(item, dict)):
            return dict(enumerate(_ITEMS.validate_python(raw))), ()
    except ValidationError:
        pass  # one by one, then, to tell the good from the faulty
    items: dict[int, MeasurementItem] = {}
    faulty: list[FaultyItem] = []
    for position, item in enumerate(raw):
        if isinstance(item, dict) and len(item) > _MOST_FIELDS:
            faulty.append(FaultyItem(position, item, (_TOO_MANY_FIELDS,)))
            continue
        try:
            items[position] = MeasurementItem.model_validate(item)
        except ValidationError as error:
            faulty.append(FaultyItem(position, item, tuple(issues_from(error))))
    return items, tuple(faulty)


def storable(raw: object) -> object:
    """``raw`` for a JSON column: ``1e999`` is read as infinity, which JSON cannot write."""
    if isinstance(raw, dict):
        return {key: storable(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [storable(value) for value in raw]
    if isinstance(raw, float) and not math.isfinite(raw):
        return str(raw)
    return raw


def _refusal(body: bytes, error: ValidationError) -> list[Issue]:
    """Every fault of a message that cannot be read: of its envelope, its data and its depth."""
    if error.title == _RawBatch.__name__:
        return _issues(error, "/data")
    issues = _issues(error)
    try:
        document = from_json(body)
    except ValueError:
        return issues
    if not isinstance(document, dict):
        return issues
    data = document.get("data")
    if document.get("type") == BATCH and isinstance(data, dict):
        try:
            _RawBatch.model_validate(data)
        except ValidationError as inner:
            issues += _issues(inner, "/data")
    if not _shallow(data, MAX_DEPTH):
        issues.append(_TOO_DEEP)
    return issues


def _issues(error: ValidationError, prefix: str = "") -> list[Issue]:
    """The faults, with their whole pointers; one for all where they are very many."""
    if error.error_count() > _MOST_FAULTS:
        return [_TOO_MANY_FIELDS.model_copy(update={"pointer": prefix})]
    return [
        issue.model_copy(update={"pointer": f"{prefix}{issue.pointer}"})
        for issue in issues_from(error)
    ]


def _shallow(raw: object, levels: int) -> bool:
    if not isinstance(raw, dict | list):
        return True
    inside = raw.values() if isinstance(raw, dict) else raw
    return levels > 0 and all(_shallow(value, levels - 1) for value in inside)


_TOO_DEEP = Issue(
    pointer="/data",
    code="too_deep",
    it=f"il messaggio ha più di {MAX_DEPTH} livelli",
    en=f"the message has more than {MAX_DEPTH} levels",
)

_TOO_MANY_FIELDS = Issue(
    pointer="",
    code="unknown_field",
    it="l'oggetto ha molti campi sconosciuti",
    en="the object has many unknown fields",
)

_OTHER_EVENT = Issue(
    pointer="/event",
    code="not_allowed",
    it="contraddice il tipo del messaggio",
    en="contradicts the type of the message",
)
