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

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Path, Request

from services.api.auth.principal import Principal
from services.api.auth.tokens import TokenRefusedError
from services.api.container import Container, container
from services.api.db.session import Author, ReadSession, WriteSession
from services.api.db.tables.tenants import chambers
from services.api.errors import Refusal
from services.api.requests import request_info
from shared.domain.permissions import Action, Role, allowed_actions, allows

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
class Access:
    """A caller in a chamber."""

    principal: Principal
    chamber: str
    roles: frozenset[Role]

    def actions(self, *candidates: Action) -> list[Action]:
        """Of these actions the ones the caller may do, for ``allowed_actions``."""
        allowed = allowed_actions(self.roles)
        return [action for action in candidates if action in allowed]


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


async def authenticated(request: Request, parts: Parts) -> Principal:
    """Who bears the token of this request; 401 when nobody."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("unauthenticated")
    try:
        return await parts.verifier.verify(token.strip())
    except TokenRefusedError as error:
        raise Refusal(
            "unauthenticated", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        ) from error


Caller = Annotated[Principal, Depends(authenticated)]


async def roles_in(parts: Container, principal: Principal, chamber: str) -> frozenset[Role]:
    """The caller's roles in a chamber, named there or given for the whole entity."""
    named = principal.roles.get(chamber, frozenset())
    if not principal.everywhere or principal.entity is None:
        return named
    if chamber in await parts.directory.chambers(principal.entity):
        return named | principal.everywhere
    return named


async def visible_chambers(parts: Container, principal: Principal) -> frozenset[str]:
    """Every chamber in which the caller has a role."""
    if principal.everywhere and principal.entity is not None:
        return principal.named_chambers | await parts.directory.chambers(principal.entity)
    return principal.named_chambers


def permitted(action: Action) -> Callable[..., Awaitable[Access]]:
    """Dependency: the caller may do ``action`` in the chamber of the path."""

    async def check(chamber: ChamberCode, caller: Caller, parts: Parts) -> Access:
        roles = await roles_in(parts, caller, chamber)
        if not roles:
            raise Refusal("chamber_not_found")
        if not allows(roles, action):
            raise Refusal("forbidden")
        return Access(caller, chamber, roles)

    return check


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
            status = await session.scalar(_STATUS, {"chamber": access.chamber})
            if status is None:
                raise Refusal("chamber_not_found")
            if status == "suspended" and not suspended_too:
                raise Refusal("chamber_suspended")
            yield WriteCall(access, session)

    return write


def author_of(request: Request, principal: Principal) -> Author:
    """Whom the audit line names."""
    return Author(principal.subject, request_info(request).request_id)
