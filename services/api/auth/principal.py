"""The subject of a verified token and its roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.permissions import Role

EVERY_CHAMBER = "*"
"""Key of the claim ``ciclo_roles`` for every chamber of the token's entity."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, as the identity provider vouches.

    ``roles`` maps a chamber code, or ``*`` for every chamber of ``entity``, to roles there.
    """

    subject: str
    entity: str | None
    roles: Mapping[str, frozenset[Role]]

    @property
    def everywhere(self) -> frozenset[Role]:
        """Roles in every chamber of the entity."""
        return self.roles.get(EVERY_CHAMBER, frozenset())

    @property
    def named_chambers(self) -> frozenset[str]:
        """Chambers named one by one, with a role that is known here."""
        held = frozenset(chamber for chamber, roles in self.roles.items() if roles)
        return held - {EVERY_CHAMBER}


_KNOWN_ROLES = frozenset(Role)


def principal_from_claims(claims: Mapping[str, Any]) -> Principal:
    """Reads ``sub``, ``ciclo_entity`` and ``ciclo_roles``; unknown roles count for nothing."""
    given = claims.get("ciclo_roles")
    roles: dict[str, frozenset[Role]] = {}
    if isinstance(given, dict):
        for chamber, names in given.items():
            if isinstance(chamber, str) and isinstance(names, list):
                known = frozenset(Role(name) for name in names if name in _KNOWN_ROLES)
                roles[chamber] = known
    entity = claims.get("ciclo_entity")
    return Principal(
        subject=str(claims["sub"]),
        entity=entity if isinstance(entity, str) else None,
        roles=roles,
    )
