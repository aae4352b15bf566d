"""The dependencies that endpoints declare: who asks, for which chamber, to do what.

===============================  ============================================================
``Annotated[Access,              checks only; for endpoints that open transactions themselves
Depends(permitted(action))]``
``Annotated[ReadCall,            the same, and a read session for the chamber of the path
Depends(reading(action),
scope="function")]``
``Annotated[WriteCall,           the same, and a write session that commits before the answer
Depends(writing(action),
scope="function")]``
===============================  ============================================================

A caller without any role in the chamber gets 404, as if it did not exist; one with a role
that does not allow the action gets 403.
"""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Path, Request

from services.api.auth.caller import Access
from services.api.auth.principal import Machine, Principal
from services.api.auth.refused import TokenRefusedError
from services.api.container import Container, container
from services.api.db.session import Author, ReadSession, WriteSession
from services.api.db.tables.tenants import chambers
from services.api.errors import Refusal
from services.api.requests import request_info
from shared.domain.membership import NO_MEMBERSHIP
from shared.domain.permissions import Action
from shared.runtime import machine_keys
from shared.runtime.identity_providers import EVERY_CHAMBER

__all__ = [
    "Access",
    "Caller",
    "ChamberCode",
    "Parts",
    "Permission",
    "ReadCall",
    "WriteCall",
    "access_to",
    "authenticated",
    "author_of",
    "permitted",
    "person",
    "reading",
    "visible_chambers",
    "writing",
]

_log = logging.getLogger("ciclo.api")

ChamberCode = Annotated[
    str,
    Path(
        pattern=r"^[A-Z][A-Z0-9]{1,7}$",
        max_length=8,
        description="Codice della camera.",
        examples=["PI"],
    ),
]

Parts = Annotated[Container, Depends(container)]


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A caller in a chamber, reading."""

    access: Access
    session: ReadSession


@dataclass(frozen=True, slots=True)
class WriteCall:
    """A caller in a chamber, writing. The session commits before the answer leaves."""

    access: Access
    session: WriteSession


async def authenticated(request: Request, parts: Parts) -> Principal | Machine:
    """Who bears the credential of this request; 401 when nobody.

    Whatever is wrong with a credential, the answer is the same; the log tells what it was.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Refusal("unauthenticated")
    try:
        if token.startswith(machine_keys.PREFIX):
            return await parts.machines.verify(token)
        return await parts.verifier.verify(token)
    except TokenRefusedError as error:
        _log.warning("credential refused: %s", error, extra={"reason": error.reason})
        if error.reason == "keys_unavailable":
            raise Refusal("identity_unavailable") from error
        raise Refusal(
            "unauthenticated", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        ) from error


Caller = Annotated[Principal | Machine, Depends(authenticated)]


def person(caller: Principal | Machine) -> Principal:
    """The caller, who must be a person: what concerns an entity is for no machine."""
    if isinstance(caller, Machine):
        raise Refusal("forbidden")
    return caller


async def access_to(parts: Container, caller: Principal | Machine, chamber: str) -> Access:
    """What the caller is in a chamber.

    Named there by the token or by the chamber itself, or given for the whole entity.
    """
    if isinstance(caller, Machine):
        return Access(caller, chamber)
    kept = (await parts.members.of(caller.subject)).get(chamber, NO_MEMBERSHIP)
    claimed = caller.memberships.get(chamber, NO_MEMBERSHIP)
    membership = kept | claimed if parts.members.claims_count else kept
    everywhere = caller.memberships.get(EVERY_CHAMBER, NO_MEMBERSHIP)
    if (
        everywhere
        and caller.entity is not None
        and chamber in await parts.directory.chambers(caller.entity)
    ):
        membership |= everywhere
    return Access(caller, chamber, membership)


async def visible_chambers(parts: Container, caller: Principal | Machine) -> frozenset[str]:
    """Every chamber in which the caller has a role."""
    if isinstance(caller, Machine):
        return frozenset({caller.chamber} if Action.CHAMBER_READ in caller.scopes else ())
    found = frozenset(await parts.members.of(caller.subject))
    if parts.members.claims_count:
        found |= caller.named_chambers
    if caller.everywhere and caller.entity is not None:
        found |= await parts.directory.chambers(caller.entity)
    return found


class Permission:
    """Dependency: the caller may do ``action`` in the chamber of the path.

    A class, so that the OpenAPI document can tell which action an operation is.
    """

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, chamber: ChamberCode, caller: Caller, parts: Parts) -> Access:
        """The caller in the chamber; 404 without any role there, 403 without the right one."""
        access = await access_to(parts, caller, chamber)
        if not access.allowed:
            raise Refusal("chamber_not_found")
        if not access.allows(self.action):
            raise Refusal("forbidden")
        return access


def permitted(action: Action) -> Permission:
    """Dependency: the caller may do ``action`` in the chamber of the path."""
    return Permission(action)


_STATUS = sa.select(chambers.c.status).where(chambers.c.chamber_id == sa.bindparam("chamber"))


def reading(action: Action) -> Callable[..., AsyncIterator[ReadCall]]:
    """Dependency: as :func:`permitted`, with a read session. Declare ``scope="function"``."""

    async def read(
        access: Annotated[Access, Depends(permitted(action))], parts: Parts
    ) -> AsyncIterator[ReadCall]:
        async with parts.database.read([access.chamber]) as session:
            if await session.scalar(_STATUS, {"chamber": access.chamber}) is None:
                raise Refusal("chamber_not_found")
            yield ReadCall(access, session)

    return read


def writing(
    action: Action, *, suspended_too: bool = False
) -> Callable[..., AsyncIterator[WriteCall]]:
    """Dependency: as :func:`permitted`, with a write session. Declare ``scope="function"``.

    A suspended chamber can be read, not written; ``suspended_too`` is for what ends that.
    """

    async def write(
        request: Request, access: Annotated[Access, Depends(permitted(action))], parts: Parts
    ) -> AsyncIterator[WriteCall]:
        author = author_of(request, access.principal)
        async with parts.database.write([access.chamber], author) as session:
            await refuse_suspended(session, suspended_too=suspended_too)
            yield WriteCall(access, session)

    return write


async def refuse_suspended(session: ReadSession, *, suspended_too: bool = False) -> None:
    """What :func:`writing` asks of the chamber, for endpoints that open transactions themselves.

    Raises:
        Refusal: ``chamber_not_found`` or ``chamber_suspended``.
    """
    status = await session.scalar(_STATUS, {"chamber": session.chamber})
    if status is None:
        raise Refusal("chamber_not_found")
    if status == "suspended" and not suspended_too:
        raise Refusal("chamber_suspended")


def author_of(request: Request, principal: Principal | Machine) -> Author:
    """Whom the audit line names."""
    return Author(principal.subject, request_info(request).request_id)
