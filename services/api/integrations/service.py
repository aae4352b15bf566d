"""Use cases of integrations and their secrets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.integrations import credentials, repository
from services.api.integrations.schemas import IntegrationChange, NewIntegration
from shared.runtime.webhooks import new_secret


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret in the clear, on its way to whoever asked for it."""

    secret_id: str
    secret: str
    previous_valid_until: datetime | None


async def integration(session: ReadSession, code: str, *, lock: bool = False) -> sa.Row[Any]:
    """One integration of the chamber.

    Raises:
        Refusal: ``not_found``.
    """
    found = await repository.find(session, code, lock=lock)
    if found is None:
        raise Refusal("not_found")
    return found


async def create(parts: Container, session: WriteSession, new: NewIntegration) -> Issued:
    """Creates an integration with its first secret.

    Raises:
        Refusal: ``integration_exists``.
    """
    values = {"title": new.title, "adapter": new.adapter}
    if not await repository.insert(session, new.code, values):
        raise Refusal("integration_exists", code=new.code)
    issued = await _issue(parts, session, new.code, None)
    await audit(session, "integration.created", f"integration/{new.code}", {"title": new.title})
    return issued


async def change(session: WriteSession, code: str, change: IntegrationChange) -> sa.Row[Any]:
    """Changes the fields that the caller sent."""
    values = change.model_dump(include=change.model_fields_set)
    if values:
        await repository.update(session, code, values)
        await audit(
            session, "integration.changed", f"integration/{code}", {"fields": sorted(values)}
        )
    return await integration(session, code)


async def rotate(parts: Container, session: WriteSession, code: str, overlap: timedelta) -> Issued:
    """Issues a new secret; those in use stay valid for ``overlap``, and no longer.

    Raises:
        Refusal: ``not_found``.
    """
    await integration(session, code, lock=True)
    now = parts.clock.now()
    until = now + overlap
    await repository.end_secrets(session, code, now=now, until=until)
    issued = await _issue(parts, session, code, until)
    detail = {"secret_id": issued.secret_id, "previous_valid_until": until.isoformat()}
    await audit(session, "integration.secret_rotated", f"integration/{code}", detail)
    return issued


async def _issue(
    parts: Container, session: WriteSession, code: str, previous_until: datetime | None
) -> Issued:
    secret = new_secret()
    sealed = credentials.seal(parts.settings, session.chamber, code, secret)
    secret_id = new_id()
    await repository.insert_secret(session, code, secret_id, sealed, parts.clock.now())
    return Issued(secret_id, secret, previous_until)
