"""What a person is in a chamber: roles, own units, and the individual sheets that concern them.

A membership comes from a token's claims or is kept by the chamber; somebody with both has
what either gives. Persons are subjects of identity providers; no name is known here.
"""

from dataclasses import dataclass

from shared.domain.permissions import Role

EVERY_UNIT = "*"
"""Among the units of a membership: all of them."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in a chamber.

    ``units``: names of the units, or codes of the areas, that a contributor enters data for and
    a validator answers for, and the offices that a signer signs for; ``*`` for all. ``sheets``:
    codes of the individual sheets in which the person is evaluated; ``evaluates``: of those that
    the person evaluates.
    """

    roles: frozenset[Role] = frozenset()
    units: frozenset[str] = frozenset()
    sheets: frozenset[str] = frozenset()
    evaluates: frozenset[str] = frozenset()

    def __or__(self, other: "Membership") -> "Membership":
        """What two memberships of one person give together."""
        return Membership(
            self.roles | other.roles,
            self.units | other.units,
            self.sheets | other.sheets,
            self.evaluates | other.evaluates,
        )

    def __bool__(self) -> bool:
        """Whether it gives anything: without a role nothing else counts."""
        return bool(self.roles)


NO_MEMBERSHIP = Membership()
