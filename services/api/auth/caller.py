"""A caller in a chamber: what the services ask about who asks."""

from dataclasses import dataclass

from services.api.auth.principal import Machine, Principal
from shared.domain.confidentiality import Sight, sight_of
from shared.domain.membership import NO_MEMBERSHIP, Membership
from shared.domain.permissions import Action, Role, allowed_actions
from shared.domain.responsibility import is_bound


@dataclass(frozen=True, slots=True)
class Access:
    """A caller in a chamber: a person with what they are there, or a machine with its scopes."""

    principal: Principal | Machine
    chamber: str
    membership: Membership = NO_MEMBERSHIP

    @property
    def roles(self) -> frozenset[Role]:
        """The person's roles; a machine has none."""
        return self.membership.roles

    @property
    def sight(self) -> Sight:
        """What the caller sees of individual sheets; a machine nothing."""
        return sight_of(self.membership)

    def bound(self, action: Action) -> bool:
        """Whether the caller may do this for own units only."""
        return not isinstance(self.principal, Machine) and is_bound(self.membership, action)

    @property
    def allowed(self) -> frozenset[Action]:
        """Everything the caller may do here."""
        if isinstance(self.principal, Machine):
            return self.principal.scopes if self.principal.chamber == self.chamber else frozenset()
        return allowed_actions(self.roles)

    def allows(self, action: Action) -> bool:
        """Whether the caller may do this here."""
        return action in self.allowed

    def actions(self, *candidates: Action) -> list[Action]:
        """Of these actions the ones the caller may do, for ``allowed_actions``."""
        allowed = self.allowed
        return [action for action in candidates if action in allowed]
