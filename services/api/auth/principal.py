"""Who is asking: a person whom an identity provider vouches for, or a machine with a key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.membership import NO_MEMBERSHIP, Membership
from shared.domain.permissions import Action, Role
from shared.runtime.identity_providers import EVERY_CHAMBER

MACHINE = "machine"
"""What a machine is called where the role of a person would be kept."""

MACHINE_PREFIX = "client:"
"""How a machine's subject begins; no person's does."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, as the identity provider says.

    ``memberships`` maps a chamber code, or ``*`` for every chamber of ``entity``, to what the
    person is there.
    """

    subject: str
    entity: str | None
    memberships: Mapping[str, Membership]

    @property
    def everywhere(self) -> frozenset[Role]:
        """Roles in every chamber of the entity."""
        return self.memberships.get(EVERY_CHAMBER, NO_MEMBERSHIP).roles

    @property
    def named_chambers(self) -> frozenset[str]:
        """Chambers named one by one, in which there is a role."""
        return frozenset(code for code, given in self.memberships.items() if given) - {
            EVERY_CHAMBER
        }

    @property
    def roles(self) -> Mapping[str, frozenset[Role]]:
        """Roles by chamber."""
        return {code: given.roles for code, given in self.memberships.items()}


@dataclass(frozen=True, slots=True)
class Machine:
    """A system that bears a key of a chamber: it may do what the key says, there and only there."""

    chamber: str
    client_id: str
    scopes: frozenset[Action]
    entity: None = field(default=None, init=False)

    @property
    def subject(self) -> str:
        """What audit lines name."""
        return f"{MACHINE_PREFIX}{self.client_id}"
