"""Use cases of memberships: who may give what to whom, and the trace it leaves."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.members import repository
from services.api.members.schemas import DAYS_REVERSED, MemberChange, NewMember
from shared.domain.permissions import Role, beyond_appointment

_TRACED = ("roles", "units", "sheets", "evaluates", "valid_from", "valid_until")


async def member(session: ReadSession, member_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """One member of the chamber.

    Raises:
        Refusal: ``not_found``.
    """
    found = await repository.find(session, member_id, lock=lock)
    if found is None:
        raise Refusal("not_found")
    return found


async def add(session: WriteSession, access: Access, new: NewMember) -> sa.Row[Any]:
    """Adds a person.

    Raises:
        Refusal: ``role_beyond_yours``, ``own_membership``, ``member_exists``, or
            ``validation_failed`` when the days are in the wrong order.
    """
    _refuse_beyond(access, new.person, new.roles)
    _refuse_reversed(new.valid_from, new.valid_until)
    made = await repository.insert(session, new.model_dump())
    if made is None:
        raise Refusal("member_exists")
    await audit(session, "member.added", _subject(made), {"after": _state(made)})
    return made


async def change(
    session: WriteSession, access: Access, current: sa.Row[Any], change: MemberChange
) -> sa.Row[Any]:
    """Changes the fields that were sent; lists that are ``null`` become empty.

    Raises:
        Refusal: ``role_beyond_yours``, ``own_membership``, or ``validation_failed`` when the
            days would be in the wrong order.
    """
    values = {name: getattr(change, name) for name in sorted(change.model_fields_set)}
    for name in ("units", "sheets", "evaluates"):
        if name in values and values[name] is None:
            values[name] = []
    _refuse_beyond(access, current.person, {*map(Role, current.roles), *values.get("roles", ())})
    _refuse_reversed(
        values.get("valid_from", current.valid_from),
        values.get("valid_until", current.valid_until),
    )
    if not values:
        return current
    await repository.update(session, current.member_id, values)
    changed = await member(session, current.member_id)
    detail = {"before": _state(current), "after": _state(changed)}
    await audit(session, "member.changed", _subject(current), detail)
    return changed


async def remove(session: WriteSession, access: Access, current: sa.Row[Any]) -> None:
    """Takes a person away; the audit line keeps what they were.

    Raises:
        Refusal: ``role_beyond_yours`` or ``own_membership``.
    """
    _refuse_beyond(access, current.person, map(Role, current.roles))
    await repository.delete(session, current.member_id)
    await audit(session, "member.removed", _subject(current), {"before": _state(current)})


def _refuse_beyond(access: Access, person: str, roles: Iterable[Role]) -> None:
    """Nobody raises themselves, and nobody gives or takes what is not theirs to give."""
    if person == access.principal.subject:
        raise Refusal("own_membership")
    beyond = beyond_appointment(access.roles, roles)
    if beyond:
        raise Refusal("role_beyond_yours", roles=", ".join(sorted(beyond)))


def _refuse_reversed(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise Refusal("validation_failed", issues=[DAYS_REVERSED])


def _subject(row: sa.Row[Any]) -> str:
    return f"member/{row.person}"


def _state(row: sa.Row[Any]) -> Mapping[str, Any]:
    """What audit lines keep of a member."""
    values = {name: row._mapping[name] for name in _TRACED}  # noqa: SLF001 - its public name
    return {
        name: value if isinstance(value, list) else value and value.isoformat()
        for name, value in values.items()
    }
