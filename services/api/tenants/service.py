"""Use cases of entities and chambers."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, audit_entity, emit
from services.api.errors import Refusal
from services.api.tenants import repository
from services.api.tenants.configuration import columns_of, configuration_of
from services.api.tenants.schemas import NewEntity
from shared.contracts.chamber import ChamberConfiguration, PolicyVersion
from shared.contracts.chamber_reading import (
    ConfigurationRefusedError,
    Difference,
    differences,
    patched,
    read_configuration,
)
from shared.contracts.issues import Issue
from shared.domain.chambers import Life

_FIXED = ("code", "entity")


@dataclass(frozen=True, slots=True)
class Configured:
    """A chamber after a change of its configuration, and every place that differs."""

    row: sa.Row[Any]
    configuration: ChamberConfiguration
    changes: tuple[Difference, ...]


async def create_entity(session: WriteSession, new: NewEntity) -> sa.Row[Any]:
    """Creates an entity.

    Raises:
        Refusal: ``entity_exists``.
    """
    if not await repository.insert_entity(session, new.code, new.title):
        raise Refusal("entity_exists", entity=new.code)
    await audit_entity(session, new.code, "entity.created")
    created = await repository.find_entity(session, new.code)
    if created is None:
        raise LookupError(new.code)
    return created


async def create_chamber(
    session: WriteSession, new: ChamberConfiguration, siblings: Collection[str]
) -> sa.Row[Any]:
    """Creates a chamber of an entity, set as the configuration says.

    Args:
        session: of the new chamber.
        new: everything it is set to.
        siblings: codes of the entity's chambers, among which its successor must be.

    Raises:
        Refusal: ``entity_not_found``, ``chamber_exists`` or ``validation_failed``.
    """
    if await repository.find_entity(session, new.entity) is None:
        raise Refusal("entity_not_found", entity=new.entity)
    _refuse_unknown_successor(new, siblings)
    if not await repository.insert_chamber(session, columns_of(new, {})):
        raise Refusal("chamber_exists", chamber=new.code)
    await repository.declare_integrations(session, new.document()["integrations"])
    await audit(session, "chamber.created", new.code, {"entity": new.entity, "title": new.title})
    await emit(session, "chamber.created", new.code, {"chamber": new.code})
    return await chamber(session)


async def chamber(session: ReadSession, *, lock: bool = False) -> sa.Row[Any]:
    """The chamber of the session.

    Raises:
        Refusal: ``chamber_not_found``.
    """
    found = await repository.find_chamber(session, lock=lock)
    if found is None:
        raise Refusal("chamber_not_found")
    return found


async def configuration(session: ReadSession, row: sa.Row[Any]) -> ChamberConfiguration:
    """Everything that a chamber is set to."""
    return configuration_of(row, await repository.declared_integrations(session))


async def configure(
    session: WriteSession,
    patch: Mapping[str, Any],
    siblings: Collection[str],
) -> Configured:
    """Changes what a merge patch says.

    Raises:
        Refusal: ``validation_failed`` with every fault of the configuration that would be.
    """
    row = await chamber(session, lock=True)
    current = await configuration(session, row)
    before = current.document()
    document = patched(before, patch)
    wanted = read_or_refuse(document, _changes_of_fixed(before, document))
    _refuse_unknown_successor(wanted, siblings)
    changes = tuple(differences(before, wanted.document()))
    if changes:
        await repository.update_chamber(session, columns_of(wanted, row.settings))
        declared = wanted.document()["integrations"]
        fresh = [one for one in declared if one not in before["integrations"]]
        await repository.declare_integrations(session, fresh)
        await audit(
            session,
            "chamber.changed",
            session.chamber,
            before={change.pointer: _noted(change, change.before) for change in changes},
            after={change.pointer: _noted(change, change.after) for change in changes},
        )
        row = await chamber(session)
    return Configured(row, wanted, changes)


def read_or_refuse(
    document: Mapping[str, Any], issues: Sequence[Issue] = ()
) -> ChamberConfiguration:
    """The configuration in a document.

    Raises:
        Refusal: ``validation_failed`` with ``issues`` and every fault of the document.
    """
    try:
        read = read_configuration(document)
    except ConfigurationRefusedError as refused:
        raise Refusal("validation_failed", issues=(*issues, *refused.issues)) from refused
    if issues:
        raise Refusal("validation_failed", issues=issues)
    return read


async def suspend(session: WriteSession, reason: str) -> sa.Row[Any]:
    """Makes the chamber readable only: nobody writes, no message is taken, nothing rendered."""
    await repository.update_chamber(session, {"status": "suspended"})
    await audit(session, "chamber.suspended", session.chamber, {"reason": reason})
    return await chamber(session)


async def resume(session: WriteSession) -> sa.Row[Any]:
    """Ends a suspension.

    Raises:
        Refusal: ``chamber_not_suspended``.
    """
    row = await chamber(session, lock=True)
    if row.status != "suspended":
        raise Refusal("chamber_not_suspended")
    await repository.update_chamber(session, {"status": "active"})
    await audit(session, "chamber.resumed", session.chamber)
    return await chamber(session)


async def policy_for(session: ReadSession, year: int) -> PolicyVersion:
    """The version of the policy that a new plan of a year starts from.

    Plans hold a copy of their policy: a version that is added or corrected later changes none.

    Raises:
        Refusal: ``policy_not_set``.
    """
    found = (await configuration(session, await chamber(session))).policy_for(year)
    if found is None:
        raise Refusal("policy_not_set", year=year)
    return found


async def refuse_year(session: ReadSession, year: int) -> None:
    """Keeps new plans within the years in which the chamber exists.

    Raises:
        Refusal: ``chamber_not_begun`` or ``chamber_ended``.
    """
    row = await chamber(session)
    life = Life(row.valid_from, row.valid_to)
    if life.allows_plan(year):
        return
    first = life.first_year()
    if first is not None and year < first:
        raise Refusal("chamber_not_begun", year=year, day=row.valid_from.isoformat())
    raise Refusal(
        "chamber_ended",
        year=year,
        day=row.valid_to.isoformat(),
        last=life.last_year(),
        successor=row.successor or "-",
    )


def _refuse_unknown_successor(wanted: ChamberConfiguration, siblings: Collection[str]) -> None:
    if wanted.successor is None or wanted.successor in siblings:
        return
    issue = Issue(
        pointer="/successor",
        code="unknown_chamber",
        it=f"l'ente non ha una camera {wanted.successor}: crearla prima di quelle a cui succede",
        en=f"the entity has no chamber {wanted.successor}: create it before those it succeeds",
    )
    raise Refusal("validation_failed", issues=[issue])


def _changes_of_fixed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Issue]:
    return [
        Issue(
            pointer=f"/{name}",
            code="fixed_field",
            it="non cambia: è ciò per cui la camera si riconosce",
            en="it never changes: the chamber is known by it",
        )
        for name in _FIXED
        if name in after and after[name] != before[name]
    ]


def as_json(value: object) -> str | None:
    """A value of a configuration as people compare it; ``None`` for none."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _noted(change: Difference, value: object) -> object:
    """A value as the audit line keeps it; of an image only whether there was one."""
    return value is not None if change.pointer == "/logo_svg" else value
