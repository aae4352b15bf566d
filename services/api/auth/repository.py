"""SQL of what must be known about a caller before the chamber of a request is."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables import tenants
from services.api.db.tables.identities import machine_clients, machine_keys, members

_ENTITY_CHAMBERS = sa.text("SELECT chamber_id FROM ciclo_entity_chambers(:entity)")
_MEMBER_CHAMBERS = sa.text("SELECT chamber_id FROM ciclo_member_chambers(:person)")
_KEY_CHAMBERS = sa.text("SELECT chamber_id FROM ciclo_key_chamber(:key)")

_KEY = sa.select(machine_keys, machine_clients.c.scopes, machine_clients.c.revoked_at).join_from(
    machine_keys,
    machine_clients,
    sa.and_(
        machine_clients.c.chamber_id == machine_keys.c.chamber_id,
        machine_clients.c.client_id == machine_keys.c.client_id,
    ),
)


async def entities(session: ReadSession) -> list[str]:
    """Codes of every entity of the installation, in order."""
    code = tenants.entities.c.entity_id
    return [row.entity_id for row in await session.all(sa.select(code).order_by(code))]


async def entity_chambers(session: ReadSession, entity: str) -> list[str]:
    """Codes of an entity's chambers; by the narrow path."""
    return [row.chamber_id for row in await session.all(_ENTITY_CHAMBERS, {"entity": entity})]


async def member_chambers(session: ReadSession, person: str) -> list[str]:
    """Codes of the chambers that have a person among their members; by the narrow path."""
    rows = await session.all(_MEMBER_CHAMBERS, {"person": person})
    return [row.chamber_id for row in rows]


async def memberships(session: ReadSession, person: str, day: date) -> Sequence[sa.Row[Any]]:
    """A person's memberships in the chambers of the session that hold on a day."""
    return await session.all(
        sa.select(members).where(
            members.c.person == person,
            sa.or_(members.c.valid_from.is_(None), members.c.valid_from <= day),
            sa.or_(members.c.valid_until.is_(None), members.c.valid_until >= day),
        )
    )


async def key_chambers(session: ReadSession, key_id: str) -> list[str]:
    """Codes of the chambers that have a key of this id; by the narrow path."""
    return [row.chamber_id for row in await session.all(_KEY_CHAMBERS, {"key": key_id})]


async def find_key(session: ReadSession, key_id: str) -> sa.Row[Any] | None:
    """A key of the session's chamber with its client's ``scopes`` and ``revoked_at``."""
    mine = machine_keys.c.chamber_id == session.chamber
    return await session.first(_KEY.where(mine, machine_keys.c.key_id == key_id))


async def note_use(session: WriteSession, key_id: str, digest: bytes, now: datetime) -> None:
    """Keeps when a key was used last, and its hash as it is made today."""
    await session.execute(
        sa.update(machine_keys)
        .where(machine_keys.c.chamber_id == session.chamber, machine_keys.c.key_id == key_id)
        .values(digest=digest, last_used_at=now)
    )
