"""Writing texts: each time another version, however it came."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.texts import repository
from services.api.texts.keys import TextKey


async def write(session: WriteSession, plan_id: str, key: TextKey, text: str) -> int:
    """Writes a text of a held plan.

    Returns:
        The number of its version.
    """
    standing = await repository.find(session, plan_id, key)
    position = (
        await repository.next_position(session, plan_id) if standing is None else standing.position
    )
    number = await repository.last_number(session, plan_id, key) + 1
    row = {"subject_kind": key.kind, "subject_code": key.code, "text": text}
    await repository.append(session, plan_id, [row | {"number": number}])
    await repository.put(session, plan_id, [row | {"version": number, "position": position}])
    return number


async def write_all(session: WriteSession, plan_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes what a file brings to a held plan: texts with their places."""
    last = await repository.last_numbers(session, plan_id)
    versions, standing = [], []
    for row in rows:
        number = last.get(TextKey(row["subject_kind"], row["subject_code"]), 0) + 1
        text = {name: row[name] for name in ("subject_kind", "subject_code", "text")}
        versions.append(text | {"number": number})
        standing.append(text | {"version": number, "position": row["position"]})
    await repository.append(session, plan_id, versions)
    await repository.put(session, plan_id, standing)


async def remove(session: WriteSession, plan_id: str, key: TextKey) -> int:
    """Takes a text of a held plan away; that it is gone is a version, too.

    Returns:
        The number of that version.
    """
    number = await repository.last_number(session, plan_id, key) + 1
    gone = {"subject_kind": key.kind, "subject_code": key.code, "text": None, "number": number}
    await repository.append(session, plan_id, [gone])
    await repository.delete(session, plan_id, key)
    return number


async def find(
    session: ReadSession, plan_id: str, key: TextKey, *, lock: bool = False
) -> sa.Row[Any] | None:
    """The text that stands about a subject; ``lock`` holds it until the transaction ends."""
    return await repository.find(session, plan_id, key, lock=lock)


async def standing(session: ReadSession, plan_id: str) -> dict[TextKey, sa.Row[Any]]:
    """Every text that stands."""
    rows = await repository.standing(session, plan_id)
    return {TextKey(row.subject_kind, row.subject_code): row for row in rows}


async def unsubmitted(session: ReadSession, plan_id: str) -> dict[TextKey, sa.Row[Any]]:
    """How many drafts wait about each subject (``drafts``), the last since ``saved_at``.

    Not whose they are, nor what they say.
    """
    rows = await repository.unsubmitted(session, plan_id)
    return {TextKey(row.subject_kind, row.subject_code): row for row in rows}


async def last_number(session: ReadSession, plan_id: str, key: TextKey) -> int:
    """The number of the last version of a text; 0 when there never was one."""
    return await repository.last_number(session, plan_id, key)


async def last_numbers(session: ReadSession, plan_id: str) -> dict[TextKey, int]:
    """The number of the last version of every text there ever was."""
    return await repository.last_numbers(session, plan_id)
