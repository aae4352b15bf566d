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
from shared.contracts.issues import Issue
from shared.runtime.webhooks import check_public_key, new_secret

SETTINGS = ("trusted_to_validate", "consecutive_versions", "versions_from_start")
"""Names of what is kept in ``integrations.settings``."""

DEFAULTS = {
    "trusted_to_validate": False,
    "consecutive_versions": True,
    "versions_from_start": True,
}
"""What holds for an integration that says nothing of it."""

_WITH_SECRETS = ("standard",)


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


async def create(parts: Container, session: WriteSession, new: NewIntegration) -> Issued | None:
    """Creates an integration with its first secret, or with the public key it came with.

    Raises:
        Refusal: ``integration_exists``, or ``validation_failed`` for a public key that is
            missing or none of the profile's.
    """
    _check_key(new.adapter, new.public_key, needed=new.adapter not in _WITH_SECRETS)
    settings = {name: getattr(new, name) for name in SETTINGS}
    values = {"title": new.title, "adapter": new.adapter, "settings": settings}
    if not await repository.insert(session, new.code, values):
        raise Refusal("integration_exists", code=new.code)
    if new.public_key is not None:
        now = parts.clock.now()
        await repository.insert_key(
            session, new.code, new_id(), now, public_key=new.public_key.strip()
        )
        issued = None
    else:
        issued = await _issue(parts, session, new.code, None)
    await audit(session, "integration.created", f"integration/{new.code}", {"title": new.title})
    return issued


async def change(
    parts: Container, session: WriteSession, code: str, change: IntegrationChange
) -> sa.Row[Any]:
    """Changes the fields that the caller sent.

    Raises:
        Refusal: ``validation_failed`` for an address that is not https in production.
    """
    values = change.model_dump(include=change.model_fields_set)
    changed = sorted(values)
    if values:
        current = await integration(session, code, lock=True)
        before = {name: getattr(current, name, current.settings.get(name)) for name in changed}
        after = dict(values)
        names = (*SETTINGS, "pull_url", "pull_token")
        set_now = {name: values.pop(name) for name in names if name in values}
        _check_address(parts, set_now.get("pull_url"))
        if set_now.get("pull_token") is not None:
            token = set_now["pull_token"]
            set_now["pull_token"] = credentials.seal(parts.settings, session.chamber, code, token)
        if set_now:
            values["settings"] = {**current.settings, **set_now}
        await repository.update(session, code, values)
        subject = f"integration/{code}"
        await audit(session, "integration.changed", subject, before=before, after=after)
    return await integration(session, code)


async def rotate(parts: Container, session: WriteSession, code: str, overlap: timedelta) -> Issued:
    """Issues a new secret; those in use stay valid for ``overlap``, and no longer.

    Raises:
        Refusal: ``not_found``, or ``no_secrets`` where the profile knows public keys only.
    """
    row = await integration(session, code, lock=True)
    if row.adapter not in _WITH_SECRETS:
        raise Refusal("no_secrets", adapter=row.adapter)
    now = parts.clock.now()
    until = now + overlap
    await repository.end_secrets(session, code, now=now, until=until)
    issued = await _issue(parts, session, code, until)
    detail = {"secret_id": issued.secret_id, "previous_valid_until": until.isoformat()}
    await audit(session, "integration.secret_rotated", f"integration/{code}", detail)
    return issued


async def add_public_key(
    parts: Container, session: WriteSession, code: str, key: str, overlap: timedelta
) -> tuple[str, datetime]:
    """Trusts another public key; what was trusted so far stays so for ``overlap``.

    Returns:
        The id of the key, and until when the former ones are valid.

    Raises:
        Refusal: ``not_found``, or ``validation_failed`` for what is no key of the profile.
    """
    row = await integration(session, code, lock=True)
    _check_key(row.adapter, key)
    now = parts.clock.now()
    until = now + overlap
    await repository.end_secrets(session, code, now=now, until=until)
    secret_id = new_id()
    await repository.insert_key(session, code, secret_id, now, public_key=key.strip())
    detail = {"secret_id": secret_id, "previous_valid_until": until.isoformat()}
    await audit(session, "integration.public_key_added", f"integration/{code}", detail)
    return secret_id, until


def _check_address(parts: Container, url: str | None) -> None:
    if url is not None and parts.settings.production and not url.startswith("https://"):
        issue = Issue(
            pointer="/pull_url",
            code="not_allowed",
            it="in produzione l'indirizzo comincia con https://",
            en="in production the address begins with https://",
        )
        raise Refusal("validation_failed", issues=[issue])


def _check_key(adapter: str, key: str | None, *, needed: bool = False) -> None:
    if key is None and not needed:
        return
    try:
        check_public_key(adapter, (key or "").strip())
    except ValueError as error:
        missing = key is None
        issue = Issue(
            pointer="/public_key",
            code="field_required" if missing else "wrong_format",
            it="il profilo richiede una chiave pubblica"
            if missing
            else f"non è una chiave pubblica del profilo {adapter}",
            en="the profile needs a public key"
            if missing
            else f"not a public key of the profile {adapter}: {error}",
        )
        raise Refusal("validation_failed", issues=[issue]) from error


async def _issue(
    parts: Container, session: WriteSession, code: str, previous_until: datetime | None
) -> Issued:
    secret = new_secret()
    sealed = credentials.seal(parts.settings, session.chamber, code, secret)
    secret_id = new_id()
    await repository.insert_key(session, code, secret_id, parts.clock.now(), sealed=sealed)
    return Issued(secret_id, secret, previous_until)
