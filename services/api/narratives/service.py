"""Use cases of texts and drafts.

A text is written on a held plan, so versions follow each other. A draft is its author's: saving
one holds nothing but its own row, and only on top of what the author has seen of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.boundaries import service as boundaries
from services.api.boundaries.service import Reach
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, emit
from services.api.errors import Refusal
from services.api.narratives import repository
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.problems import TextConflict
from services.api.responses import two_part_etag, version_etag
from services.api.texts import service as texts
from services.api.texts.keys import TextKey
from shared.contracts.issues import Issue
from shared.domain.audit_facts import about
from shared.domain.permissions import Action


async def require_seen(session: ReadSession, head: PlanHead, access: Access, key: TextKey) -> None:
    """Refuses the texts of a sheet that the caller does not see, as if there were none.

    Raises:
        Refusal: ``subject_not_found``.
    """
    if (await boundaries.hidden(session, head, access)).hides(key.kind, key.code):
        raise Refusal("subject_not_found", code=str(key))


async def reach_of(session: ReadSession, head: PlanHead, access: Access, key: TextKey) -> Reach:
    """What the caller may write, this text included.

    Raises:
        Refusal: ``subject_not_found`` in a sheet that the caller does not see,
            ``outside_units``.
    """
    await require_seen(session, head, access, key)
    reach = await boundaries.reach(session, head, access, Action.NARRATIVE_WRITE)
    reach.require(Action.NARRATIVE_WRITE, [(key.kind, key.code, "")])
    return reach


async def write(session: WriteSession, head: PlanHead, key: TextKey, text: str) -> sa.Row[Any]:
    """Writes a text of a held plan. It is no input of the results: the revision stays.

    Raises:
        Refusal: ``subject_not_found``.
    """
    await plans.check_subject(session, head.plan_id, key.kind, key.code)
    before = await texts.find(session, head.plan_id, key)
    number = await texts.write(session, head.plan_id, key, text)
    await _note(session, head, _Written(key, number, None if before is None else before.text, text))
    return await _standing(session, head, key)


async def remove(session: WriteSession, head: PlanHead, key: TextKey) -> None:
    """Takes a text of a held plan away; its versions stay."""
    before = (await _standing(session, head, key)).text
    number = await texts.remove(session, head.plan_id, key)
    await _note(session, head, _Written(key, number, before, None))


@dataclass(frozen=True, slots=True)
class _Written:
    """A version of a text as its audit line and its event tell it."""

    key: TextKey
    number: int
    before: str | None
    after: str | None


async def _note(session: WriteSession, head: PlanHead, written: _Written) -> None:
    key = written.key
    belonging = await boundaries.sheets(session, head.plan_id)
    of = belonging.get((key.kind, key.code), frozenset())

    def fact(text: str | None) -> Mapping[str, Any] | None:
        return None if text is None else about({"text": text}, of)

    what = "removed" if written.after is None else "written"
    await audit(
        session,
        f"narrative.{what}",
        f"plan/{head.year}/{key}",
        {"version": written.number, "characters": len(written.after or "")},
        before=fact(written.before),
        after=fact(written.after),
    )
    told = {"year": head.year, "key": str(key), "version": written.number}
    topic = "narrative.removed" if written.after is None else "narrative.written"
    await emit(session, topic, f"plan/{head.year}", told)


async def _standing(session: ReadSession, head: PlanHead, key: TextKey) -> sa.Row[Any]:
    found = await texts.find(session, head.plan_id, key)
    if found is None:
        raise LookupError(str(key))
    return found


async def stale_text(session: ReadSession, head: PlanHead, key: TextKey, sent: str) -> Refusal:
    """What to tell who writes on top of a text that they have not read: both texts."""
    current = await texts.find(session, head.plan_id, key)
    stored = None if current is None else current.text
    headers = {} if current is None else {"ETag": version_etag(current.version)}
    return Refusal(
        "stale_version", headers=headers, conflict=TextConflict(sent=sent, stored=stored)
    )


@dataclass(frozen=True, slots=True)
class OwnDraft:
    """A draft with what was published since the version that it has taken in, if anything."""

    row: sa.Row[Any]
    published: sa.Row[Any] | None = None
    base: str | None = None

    @property
    def key(self) -> TextKey:
        """What it is about."""
        return TextKey(self.row.subject_kind, self.row.subject_code)

    def etag(self, shown: bytes) -> str:
        """A change asks for the draft as it was saved, not for what others published."""
        return two_part_etag(f"{self.row.draft_id} {self.row.revision}".encode(), shown)


async def draft(
    session: ReadSession, head: PlanHead, key: TextKey, person: str, *, lock: bool = False
) -> OwnDraft | None:
    """Somebody's draft of a text."""
    row = await repository.draft(session, head.plan_id, key, person, lock=lock)
    return None if row is None else await _beside(session, row)


async def _beside(session: ReadSession, row: sa.Row[Any]) -> OwnDraft:
    key = TextKey(row.subject_kind, row.subject_code)
    last = await texts.last_number(session, row.plan_id, key)
    if last == row.base_version:
        return OwnDraft(row)
    published = await repository.version(session, row.plan_id, key, last)
    base = await repository.version(session, row.plan_id, key, row.base_version)
    return OwnDraft(row, published, None if base is None else base.text)


async def own_drafts(session: ReadSession, head: PlanHead, access: Access) -> dict[TextKey, str]:
    """What the caller has begun to write of a plan, as far as they may see what it is about."""
    hidden = await boundaries.hidden(session, head, access)
    rows = await repository.every_draft_of(session, head.plan_id, access.principal.subject)
    found = {TextKey(row.subject_kind, row.subject_code): row.text for row in rows}
    return {key: text for key, text in found.items() if not hidden.hides(key.kind, key.code)}


async def begin_draft(
    session: WriteSession, head: PlanHead, key: TextKey, text: str, base_version: int
) -> OwnDraft:
    """The author's draft of a text, begun.

    Raises:
        Refusal: ``subject_not_found``, ``validation_failed`` for a version that never was, or
            ``stale_version`` when another window of the author has just begun it.
    """
    await plans.check_subject(session, head.plan_id, key.kind, key.code)
    await _check_base(session, head, key, base_version)
    row = await repository.begin_draft(session, head.plan_id, key, text, base_version)
    if row is None:
        raise await stale_draft(session, head, key, text)
    return await _beside(session, row)


async def save_draft(
    session: WriteSession, head: PlanHead, before: OwnDraft, text: str, base_version: int
) -> OwnDraft:
    """A draft, saved anew, on top of what the author has seen of it.

    Raises:
        Refusal: ``validation_failed`` for a version that never was, or ``stale_version`` when
            another window of the author was quicker.
    """
    await _check_base(session, head, before.key, base_version)
    row = await repository.save_draft(session, before.row, text, base_version)
    if row is None:
        raise await stale_draft(session, head, before.key, text)
    return await _beside(session, row)


async def stale_draft(session: WriteSession, head: PlanHead, key: TextKey, sent: str) -> Refusal:
    """What to tell an author who saves on top of what they have not seen: both texts."""
    row = await repository.draft(session, head.plan_id, key, session.author.actor)
    stored = None if row is None else row.text
    return Refusal("stale_version", conflict=TextConflict(sent=sent, stored=stored))


async def _check_base(
    session: ReadSession, head: PlanHead, key: TextKey, base_version: int
) -> None:
    if base_version > await texts.last_number(session, head.plan_id, key):
        raise Refusal("validation_failed", issues=[_NO_SUCH_VERSION])


async def discard(session: WriteSession, head: PlanHead, found: OwnDraft) -> None:
    """Throws the author's draft away, as it was read.

    Raises:
        Refusal: ``stale_version``.
    """
    if not await repository.delete_draft(session, found.row):
        raise Refusal("stale_version")
    await audit(session, "draft.discarded", f"plan/{head.year}/{found.key}")


async def submit(session: WriteSession, head: PlanHead, found: OwnDraft) -> sa.Row[Any]:
    """Makes a draft, held with its plan, the text that stands.

    Raises:
        Refusal: ``draft_conflict`` with the texts to put together when somebody has published
            another one; ``subject_not_found`` when its objective is gone.
    """
    key, text = found.key, found.row.text
    if found.published is not None:
        stored = found.published.text
        raise Refusal(
            "draft_conflict",
            conflict=TextConflict(sent=text, stored=stored, base=found.base),
            version=found.published.number,
            by=found.published.written_by,
        )
    written = await texts.find(session, head.plan_id, key)
    if written is None or written.text != text:
        written = await write(session, head, key, text)
    await repository.delete_draft(session, found.row)
    await audit(session, "draft.submitted", f"plan/{head.year}/{key}")
    return written


_NO_SUCH_VERSION = Issue(
    pointer="/base_version",
    code="no_such_version",
    it="il testo non ha questa versione: indicare quella letta, o 0",
    en="the text has no such version: give the one that was read, or 0",
)
