"""The dependencies of endpoints below ``/v1/entities/{entity}``: who asks, as part of which body.

Somebody belongs to an entity when the token says so and gives a role in at least one of its
chambers; to anybody else the entity does not exist (404). What changes something of the
entity itself needs a role that holds in every chamber (``*``).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Request

from services.api.auth.access import Caller, Parts, author_of, visible_chambers
from services.api.auth.principal import Machine, Principal
from services.api.db.session import Author
from services.api.errors import Refusal
from shared.domain.permissions import Action, Role, allowed_actions, allows

EntityCode = Annotated[
    str,
    Path(
        pattern=r"^[A-Z][A-Z0-9]{1,7}$",
        max_length=8,
        description="Codice dell'ente.",
        examples=["TNO"],
    ),
]


@dataclass(frozen=True, slots=True)
class EntityAccess:
    """A caller in an entity.

    ``own`` are the chambers in which the caller has a role, ``chambers`` all of the entity's;
    ``roles`` hold in every one of them.
    """

    principal: Principal
    author: Author
    entity: str
    chambers: frozenset[str]
    own: frozenset[str]
    roles: frozenset[Role]

    def actions(self, *candidates: Action) -> list[Action]:
        """Of these actions the ones the caller may do to the entity itself."""
        allowed = allowed_actions(self.roles)
        return [action for action in candidates if action in allowed]


async def member(
    request: Request, entity: EntityCode, caller: Caller, parts: Parts
) -> EntityAccess:
    """Dependency: the caller belongs to the entity of the path."""
    if caller.entity != entity:
        raise Refusal("entity_unknown")
    chambers = await parts.directory.chambers(entity)
    own = await visible_chambers(parts, caller) & chambers
    if not own:
        raise Refusal("entity_unknown")
    author = author_of(request, caller)
    return EntityAccess(caller, author, entity, chambers, own, caller.everywhere)


def governing(action: Action) -> Callable[..., Awaitable[EntityAccess]]:
    """Dependency: as :func:`member`, for what changes the entity itself."""

    async def check(
        request: Request, entity: EntityCode, caller: Caller, parts: Parts
    ) -> EntityAccess:
        access = await member(request, entity, caller, parts)
        if not allows(access.roles, action):
            raise Refusal("forbidden")
        return access

    return check


def administering(action: Action) -> Callable[..., Awaitable[EntityAccess]]:
    """Dependency: as :func:`governing`, for an entity that may have no chamber here.

    Chambers arrive where there is none yet, and what is left of them is asked for where there
    is none any more. To whoever has no role in the whole entity it is not there.
    """

    async def check(
        request: Request, entity: EntityCode, caller: Caller, parts: Parts
    ) -> EntityAccess:
        if isinstance(caller, Machine) or caller.entity != entity:
            raise Refusal("entity_unknown")
        chambers = await parts.directory.chambers(entity)
        own = await visible_chambers(parts, caller) & chambers
        if not own and not caller.everywhere:
            raise Refusal("entity_unknown")
        if not allows(caller.everywhere, action):
            raise Refusal("forbidden")
        author = author_of(request, caller)
        return EntityAccess(caller, author, entity, chambers, own, caller.everywhere)

    return check
