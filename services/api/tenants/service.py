"""Use cases of entities and chambers."""

from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, audit_entity, emit
from services.api.errors import Refusal
from services.api.tenants import repository
from services.api.tenants.schemas import ChamberChange, NewChamber, NewEntity


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


async def create_chamber(session: WriteSession, new: NewChamber) -> sa.Row[Any]:
    """Creates a chamber of an entity.

    Raises:
        Refusal: ``entity_not_found`` or ``chamber_exists``.
    """
    if await repository.find_entity(session, new.entity) is None:
        raise Refusal("entity_not_found", entity=new.entity)
    values = {
        "entity_id": new.entity,
        "name": new.title,
        "colour": new.colour,
        "logo_svg": new.logo_svg,
    }
    if not await repository.insert_chamber(session, values):
        raise Refusal("chamber_exists", chamber=new.code)
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


async def change_chamber(session: WriteSession, change: ChamberChange) -> sa.Row[Any]:
    """Changes the fields that the caller sent; ``null`` empties one that may be empty."""
    columns = {"title": "name", "colour": "colour", "logo_svg": "logo_svg"}
    values = {columns[name]: getattr(change, name) for name in sorted(change.model_fields_set)}
    if values:
        await repository.update_chamber(session, values)
        await audit(session, "chamber.changed", session.chamber, {"fields": sorted(values)})
    return await chamber(session)
