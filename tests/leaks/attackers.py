"""Who tries: every role of another chamber, alone and together, and some who are nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.local.identity import LocalIssuer
from shared.domain.permissions import Role
from tests.leaks.victims import ENTITY, STRANGER

EVERY_ROLE = [str(role) for role in Role]


@dataclass(frozen=True)
class Attacker:
    """Somebody with a token, or without."""

    name: str
    headers: Mapping[str, str]
    at_home: bool = False
    """Whether a chamber of their own lets them in."""


def attackers(issuer: LocalIssuer) -> list[Attacker]:
    """All of them; a role added to the domain joins by itself."""

    def bearing(
        name: str,
        roles: Mapping[str, Sequence[str]],
        entity: str = ENTITY,
        *,
        at_home: bool = False,
    ) -> Attacker:
        token = issuer.mint(roles, entity=entity, subject=f"stranger-{name}")
        return Attacker(name, {"Authorization": f"Bearer {token}"}, at_home)

    return [
        *(
            bearing(f"{role} of {STRANGER}", {STRANGER: [role]}, at_home=True)
            for role in EVERY_ROLE
        ),
        bearing(f"everything in {STRANGER}", {STRANGER: EVERY_ROLE}, at_home=True),
        bearing("everything in another entity", {"*": EVERY_ROLE}, entity="XYZ"),
        bearing("unknown role in the victims", {"PI": ["root"], "MS": ["owner"]}),
        bearing("no role", {}),
        Attacker("no token", {}),
        Attacker("renderer's word", {"Authorization": "Bearer renderer", "Ciclo-Lease-Token": "x"}),
    ]
