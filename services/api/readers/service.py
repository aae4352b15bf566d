"""Use cases of grants to read across chambers, and the trace that every such reading leaves.

A role in several chambers, or in all of them, opens each chamber by its own doors. To see
them side by side, consolidated or compared, one more thing is asked of everybody: a grant
that names the person, the chambers, the reason and the last day.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.api.auth.entities import EntityAccess
from services.api.db.session import Database, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.readers import repository
from services.api.readers.schemas import NewGrant
from shared.contracts.issues import Issue, pointer


async def grant(
    session: WriteSession, access: EntityAccess, new: NewGrant, today: date
) -> sa.Row[Any]:
    """Lets somebody read some chambers together.

    Raises:
        Refusal: ``grant_refused`` with every fault.
    """
    faults = list(_faults(new, access.chambers, today))
    if faults:
        raise Refusal("grant_refused", issues=faults)
    grant_id = new_id()
    chambers = sorted(set(new.chambers))
    values = {"reader": new.reader, "reason": new.reason, "expires_on": new.expires_on}
    await repository.insert(session, grant_id, chambers, values)
    detail = {"grant_id": grant_id, "reader": new.reader, "expires_on": str(new.expires_on)}
    for code in chambers:
        await audit(session, "reader.granted", f"reader/{grant_id}", detail, chamber=code)
    made = await repository.find(session, grant_id)
    if made is None:
        raise LookupError(grant_id)
    return made


def _faults(new: NewGrant, chambers: frozenset[str], today: date) -> Iterable[Issue]:
    for index, code in enumerate(new.chambers):
        if code not in chambers:
            yield Issue(
                pointer=pointer(("chambers", index)),
                code="unknown_chamber",
                it=f"l'ente non ha la camera {code}",
                en=f"the entity has no chamber {code}",
            )
    if new.expires_on < today:
        yield Issue(
            pointer="/expires_on",
            code="in_the_past",
            it="la scadenza è già passata",
            en="the last day has passed already",
        )


async def revoke(session: WriteSession, grant_id: str) -> None:
    """Ends a grant; ending one that has ended changes nothing.

    Raises:
        Refusal: ``not_found``.
    """
    found = await repository.find(session, grant_id)
    if found is None:
        raise Refusal("not_found")
    if found.revoked_at is not None:
        return
    await repository.revoke(session, grant_id)
    for code in sorted(found.chambers):
        detail = {"grant_id": grant_id, "reader": found.reader}
        await audit(session, "reader.revoked", f"reader/{grant_id}", detail, chamber=code)


async def granted(
    database: Database, reader: str, chambers: Collection[str], today: date
) -> set[str]:
    """Of these chambers those that somebody may read with others today; nothing is read yet."""
    async with database.read(chambers) as session:
        return set(await repository.opened_to(session, reader, today))


async def opened(
    database: Database, access: EntityAccess, today: date, subject: str, asked: str | None
) -> tuple[str, ...]:
    """The chambers that the caller reads together now, written down in each of them first.

    The entity's own chamber (of the same code) is no part of itself. ``subject`` says what is
    read; ``asked`` are codes, separated by commas, when only some chambers are wanted.

    Raises:
        Refusal: ``reading_not_granted`` without any grant, ``chamber_not_granted`` when one
            of those asked for is not among the granted.
    """
    async with database.read(access.chambers) as session:
        reader = access.principal.subject
        found = await repository.opened_to(session, reader, today)
    granted: Mapping[str, str] = {c: grant for c, grant in found.items() if c != access.entity}
    if not granted:
        raise Refusal("reading_not_granted")
    wanted = sorted(granted if asked is None else set(asked.split(",")))
    for code in wanted:
        if code not in granted:
            raise Refusal("chamber_not_granted", chamber=code)
    async with database.write(wanted, access.author) as session:
        for code in wanted:
            detail = {"entity": access.entity, "grant_id": granted[code]}
            await audit(session, "chamber.read_together", subject, detail, chamber=code)
    return tuple(wanted)
