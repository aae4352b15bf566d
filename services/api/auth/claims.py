"""From the claims of a verified token to a person: each provider shapes them in its own way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.api.auth.principal import MACHINE_PREFIX, Principal
from shared.domain.membership import Membership
from shared.domain.permissions import Role
from shared.runtime.identity_providers import EVERY_CHAMBER, IdentityProvider, RoleClaim

_KNOWN_ROLES = frozenset(Role)
_ANY_NAME = "*"

# Longer subjects are no identifiers; the audit log keeps each of them.
_LONGEST_SUBJECT = 255


def principal_from_claims(claims: Mapping[str, Any], provider: IdentityProvider) -> Principal:
    """The person of a token; roles that are unknown here count for nothing.

    Raises:
        ValueError: there is no usable subject.
    """
    entity = next(_at(claims, provider.entity_claim), provider.entity)
    roles = _roles(claims, provider)
    units, sheets, evaluates = (
        _by_chamber(claims, path)
        for path in (provider.units_claim, provider.sheets_claim, provider.evaluates_claim)
    )
    memberships = {
        chamber: Membership(
            frozenset(roles[chamber]), units[chamber], sheets[chamber], evaluates[chamber]
        )
        for chamber in roles.keys() | units.keys() | sheets.keys() | evaluates.keys()
        if _vouches(provider, chamber)
    }
    return Principal(
        subject=_subject(claims, provider),
        entity=entity if isinstance(entity, str) else None,
        memberships=memberships,
    )


def _subject(claims: Mapping[str, Any], provider: IdentityProvider) -> str:
    found = next(_at(claims, provider.subject_claim), None)
    if not isinstance(found, str) or not found.strip():
        raise ValueError("no subject")
    subject = f"{provider.name}:{found}" if provider.name else found
    if len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        raise ValueError("subject too long or not printable")
    if subject.startswith(MACHINE_PREFIX):
        raise ValueError("subject reserved for machines")
    return subject


def _vouches(provider: IdentityProvider, chamber: str) -> bool:
    return provider.chambers is None or chamber in provider.chambers


def _roles(claims: Mapping[str, Any], provider: IdentityProvider) -> dict[str, set[Role]]:
    found: dict[str, set[Role]] = defaultdict(set)
    for source in provider.roles:
        for value in _at(claims, source.claim):
            for chamber, name in _named(value, source):
                role = provider.role_names.get(name, name)
                if role in _KNOWN_ROLES:
                    found[chamber].add(Role(role))
    return found


def _named(value: object, source: RoleClaim) -> Iterator[tuple[str, str]]:
    """Pairs of chamber and role's name that one claim holds."""
    pattern = source.pattern
    if pattern is None:
        for chamber, names in _lists(value):
            yield from ((chamber, name) for name in names)
        return
    for text in [value] if isinstance(value, str) else _texts(value):
        match = pattern.fullmatch(text)
        if match is not None:
            found = match.groupdict()
            yield found.get("chamber") or source.chamber or EVERY_CHAMBER, found["role"]


def _by_chamber(claims: Mapping[str, Any], path: Sequence[str]) -> dict[str, frozenset[str]]:
    """Texts by chamber."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for value in _at(claims, path):
        for chamber, names in _lists(value):
            found[chamber] |= frozenset(names)
    return found


def _lists(value: object) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, list):
                yield str(name), _texts(part)


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [part for part in value if isinstance(part, str)]


def _at(node: object, path: Sequence[str]) -> Iterator[Any]:
    """Every value at a path of names; ``*`` goes through all of them."""
    if not path:
        yield node
        return
    if not isinstance(node, Mapping):
        return
    first, rest = path[0], path[1:]
    if first == _ANY_NAME:
        for part in node.values():
            yield from _at(part, rest)
    elif first in node:
        yield from _at(node[first], rest)
