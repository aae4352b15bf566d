"""Use cases of machine clients: created with a key, rotated without a gap, revoked at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.clients import repository
from services.api.clients.schemas import ClientChange, KeyRotation, NewClient
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.ids import new_id
from shared.domain.permissions import MACHINE_ACTIONS, Action
from shared.runtime.machine_keys import new_machine_key


@dataclass(frozen=True, slots=True)
class Issued:
    """A key in the clear, on its way to whoever asked for it."""

    key_id: str
    key: str
    expires_at: datetime
    previous_valid_until: datetime | None = None


async def client(session: ReadSession, client_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """One client of the chamber.

    Raises:
        Refusal: ``not_found``.
    """
    found = await repository.find(session, client_id, lock=lock)
    if found is None:
        raise Refusal("not_found")
    return found


async def create(
    parts: Container, session: WriteSession, access: Access, new: NewClient
) -> tuple[sa.Row[Any], Issued]:
    """A client and its first key.

    Raises:
        Refusal: ``scope_beyond_yours``.
    """
    scopes = _granted(access, new.scopes)
    client_id = await repository.insert(session, {"title": new.title, "scopes": scopes})
    issued = await _issue(parts, session, client_id, new.valid_days)
    detail = {"title": new.title, "scopes": scopes, "key_id": issued.key_id}
    await audit(session, "client.created", f"client/{client_id}", detail)
    return await client(session, client_id), issued


async def change(
    session: WriteSession, access: Access, current: sa.Row[Any], change: ClientChange
) -> sa.Row[Any]:
    """Changes the fields that were sent.

    Raises:
        Refusal: ``client_revoked`` or ``scope_beyond_yours``.
    """
    _refuse_revoked(current)
    values: dict[str, Any] = {}
    if change.title is not None:
        values["title"] = change.title
    if change.scopes is not None:
        values["scopes"] = _granted(access, change.scopes)
    if not values:
        return current
    await repository.update(session, current.client_id, values)
    before = {name: current._mapping[name] for name in values}  # noqa: SLF001 - its public name
    detail = {"before": before, "after": values}
    await audit(session, "client.changed", f"client/{current.client_id}", detail)
    return await client(session, current.client_id)


async def rotate(
    parts: Container, session: WriteSession, client_id: str, rotation: KeyRotation
) -> Issued:
    """A new key. Of the earlier ones the newest stays valid for the overlap, no other does.

    So two at most are valid at any time.

    Raises:
        Refusal: ``not_found`` or ``client_revoked``.
    """
    _refuse_revoked(await client(session, client_id, lock=True))
    now = parts.clock.now()
    until = now + timedelta(hours=rotation.overlap_hours)
    valid = (await repository.valid_keys(session, [client_id], now)).get(client_id, ())
    kept = valid[0] if valid else None
    await repository.end_keys(session, client_id, kept=kept and kept.key_id, until=until, now=now)
    issued = await _issue(parts, session, client_id, rotation.valid_days)
    previous = min(until, kept.expires_at) if kept is not None and until > now else None
    detail = {
        "key_id": issued.key_id,
        "previous_valid_until": previous.isoformat() if previous else None,
    }
    await audit(session, "client.key_rotated", f"client/{client_id}", detail)
    return Issued(issued.key_id, issued.key, issued.expires_at, previous)


async def revoke(parts: Container, session: WriteSession, current: sa.Row[Any]) -> sa.Row[Any]:
    """Ends every key of a client for good.

    Raises:
        Refusal: ``client_revoked``.
    """
    _refuse_revoked(current)
    now = parts.clock.now()
    await repository.end_keys(session, current.client_id, kept=None, until=now, now=now)
    await repository.update(session, current.client_id, {"revoked_at": now})
    await audit(session, "client.revoked", f"client/{current.client_id}")
    return await client(session, current.client_id)


async def _issue(
    parts: Container, session: WriteSession, client_id: str, valid_days: int
) -> Issued:
    key = new_machine_key(new_id())
    now = parts.clock.now()
    expires = now + timedelta(days=valid_days)
    try:
        digest = parts.machines.hasher.digest(session.chamber, key)
    except LookupError as error:
        raise Refusal("not_ready", reason=str(error)) from error
    values = {
        "key_id": key.key_id,
        "digest": digest,
        "created_at": now,
        "expires_at": expires,
    }
    await repository.insert_key(session, client_id, values)
    session.on_commit(parts.machines.forget)
    return Issued(key.key_id, key.text, expires)


def _granted(access: Access, scopes: Iterable[Action]) -> list[str]:
    """The scopes as stored: no more than who gives them has, and none reserved to persons."""
    wanted = sorted(set(scopes))
    beyond = [scope for scope in wanted if scope not in access.allowed & MACHINE_ACTIONS]
    if beyond:
        raise Refusal("scope_beyond_yours", scopes=", ".join(beyond))
    return [str(scope) for scope in wanted]


def _refuse_revoked(row: sa.Row[Any]) -> None:
    if row.revoked_at is not None:
        raise Refusal("client_revoked")
