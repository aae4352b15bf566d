"""Use cases of mappings: read, replace, try."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

from services.api.arrivals import service as arrivals
from services.api.arrivals.service import Considered, Sender
from services.api.arrivals.translation import MappingRow, index_rows
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.mappings import repository
from services.api.mappings.schemas import MappingEntry, NewMapping, Trial
from shared.contracts.issues import Issue
from shared.contracts.webhook_reading import EventRefusedError, ReadEvent, read_event
from shared.domain.arrivals import Verdict
from shared.domain.conversions import Conversion, same_unit


@dataclass(frozen=True, slots=True)
class Found:
    """A version of a mapping: its rows, and who made it."""

    version: int
    made: sa.Row[Any] | None
    entries: Sequence[sa.Row[Any]]


async def read(session: ReadSession, integration: str, version: int | None = None) -> Found:
    """The mapping that holds, or another version of it.

    Raises:
        Refusal: ``not_found``.
    """
    current = await repository.current_version(session, integration)
    wanted = current if version is None else version
    if current is None or wanted is None:
        raise Refusal("not_found")
    made = await repository.find(session, integration, wanted)
    if made is None and wanted:
        raise Refusal("not_found")
    return Found(wanted, made, await repository.entries(session, integration, wanted))


async def locked_version(session: WriteSession, integration: str) -> int:
    """The version that holds, kept from others until the transaction ends.

    Raises:
        Refusal: ``not_found``.
    """
    version = await repository.current_version(session, integration, lock=True)
    if version is None:
        raise Refusal("not_found")
    return version


async def replace(session: WriteSession, integration: str, current: int, new: NewMapping) -> Found:
    """Makes a new version, which holds from now on.

    Raises:
        Refusal: ``validation_failed`` with every row that says what another one says.
    """
    faults = list(_repeated(new.entries))
    if faults:
        raise Refusal("validation_failed", issues=faults)
    rows = [entry.model_dump() for entry in new.entries]
    await repository.append(session, integration, current + 1, rows, new.note)
    detail = {"version": current + 1, "entries": len(rows)}
    await audit(session, "integration.mapping_changed", f"integration/{integration}", detail)
    return await read(session, integration)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a message would do: as it was read, and what was considered."""

    version: int | None
    event: ReadEvent
    considered: Considered


async def attempt(session: ReadSession, integration: str, trial: Trial, now: datetime) -> Tried:
    """What a message would do now, storing nothing.

    Raises:
        Refusal: ``not_found``; ``validation_failed`` for a mapping that contradicts itself;
            ``event_refused`` for what is no event.
    """
    version = await repository.current_version(session, integration)
    if version is None:
        raise Refusal("not_found")
    mapping = None
    if trial.entries is not None:
        faults = list(_repeated(trial.entries))
        if faults:
            raise Refusal("validation_failed", issues=faults)
        mapping = index_rows(_row(entry) for entry in trial.entries)
    try:
        event = read_event(to_json(trial.message))
    except EventRefusedError as error:
        issues = [
            issue.model_copy(update={"pointer": f"/message{issue.pointer}"})
            for issue in error.issues
        ]
        raise Refusal("event_refused", issues=issues) from error
    sender = Sender(integration, "", min(event.timestamp, now))
    considered = await arrivals.preview(session, event.items, sender, mapping)
    return Tried(version if mapping is None else None, event, considered)


def outcome(verdicts: Sequence[Verdict]) -> str:
    """What the verdicts of a statement's elements come to."""
    if Verdict.RECORDED in verdicts:
        return "applied"
    return "superseded" if Verdict.SUPERSEDED in verdicts else "unchanged"


def _row(entry: MappingEntry) -> MappingRow:
    return MappingRow(
        entry.external,
        entry.subject_kind,
        entry.code,
        entry.unit,
        Conversion(entry.conversion),
    )


def _repeated(entries: Sequence[MappingEntry]) -> Iterable[Issue]:
    """Rows about the same code and unit as an earlier one: nobody could tell them apart."""
    earlier: dict[str, list[str | None]] = {}
    for at, entry in enumerate(entries):
        units = earlier.setdefault(entry.external, [])
        if any(_alike(unit, entry.unit) for unit in units):
            yield Issue(
                pointer=f"/entries/{at}",
                code="repeated",
                it="un'altra riga ha lo stesso codice e la stessa unità",
                en="another row has the same code and unit",
            )
        units.append(entry.unit)


def _alike(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return same_unit(one, other)
