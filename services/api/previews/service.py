"""Use cases of previews: asking for one, making it, reading it."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import sqlalchemy as sa

from services.api import signals
from services.api.auth.access import Access
from services.api.container import Container
from services.api.db.session import Author, ReadSession, WriteSession
from services.api.db.trail import emit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.narratives import service as narratives
from services.api.plans import service as plans
from services.api.previews import repository
from services.api.previews.schemas import NewPreview
from services.api.reports import service as reports
from services.api.reports.snapshot import Freeze, freeze
from services.api.texts.keys import TextKey
from shared.contracts.case import Case, CaseNarrative
from shared.contracts.plan_sections import of_plan
from shared.contracts.preview_job import PreviewLease, RenderedPreview
from shared.contracts.render_job import RenderFailure
from shared.contracts.report_sections import text_titles
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes

PREVIEW_REQUESTED = "preview.requested"
"""Topic of the event that the relay turns into a message on the queue of previews."""

_WATCH_SECONDS = 0.5


async def request(
    parts: Container, session: WriteSession, access: Access, year: int, new: NewPreview
) -> sa.Row[Any]:
    """Freezes a year as the caller may see it, and asks for one part of its Relazione.

    Raises:
        Refusal: ``plan_not_found`` or ``subject_not_found``.
    """
    head = await plans.head(session, year)
    key = TextKey.parse(new.key)
    await narratives.require_seen(session, head, access, key)
    content = await reports.year_source(session, head, access.sight, parts.settings.public_url)
    _check(key, content.case, text_titles(content.documents))
    drafts = await narratives.own_drafts(session, head, access) if new.own_drafts else {}
    content = replace(content, case=_with_drafts(content.case, drafts))
    preview_id = new_id()
    facts = Freeze(
        report_id=preview_id,
        version=1,
        kind=document_of(key),
        created_at=parts.clock.now(),
        development=not parts.settings.production,
        verification_url=parts.settings.public_url,
    )
    frozen = await asyncio.to_thread(lambda: _frozen(freeze(content, facts)))
    values = {
        "preview_id": preview_id,
        "plan_id": head.plan_id,
        "key": str(key),
        "drafts": [str(draft) for draft in drafts],
        "anchor": anchor_of(key),
        "snapshot": frozen,
    }
    await repository.add(session, values)
    await emit(session, PREVIEW_REQUESTED, preview_id, {"preview_id": preview_id})
    session.on_commit(lambda: parts.signals.knock(signals.PREVIEWS))
    return await find(session, preview_id, session.author.actor)


def document_of(key: TextKey) -> Literal["relazione", "piano"]:
    """The kind of document that a text is for."""
    return "piano" if key.kind == "section" and of_plan(key.code) else "relazione"


def anchor_of(key: TextKey) -> str:
    """The place of the document where a text stands."""
    prefix = {"section": "sez", "objective": "ob"}[key.kind]
    code = key.code.replace(".", "-") if key.kind == "section" else key.code
    return f"{prefix}-{code}"


def _check(key: TextKey, case: Case, titles: Mapping[str, str]) -> None:
    known = titles if key.kind == "section" else {row.code for row in case.objectives}
    if key.code not in known:
        raise Refusal("subject_not_found", code=str(key))


def _with_drafts(case: Case, drafts: Mapping[TextKey, str]) -> Case:
    """The year as it would read with these texts in place of those that stand."""
    if not drafts:
        return case
    kept = [
        row
        for row in case.narratives
        if TextKey("objective" if row.objective else "section", row.objective or row.section or "")
        not in drafts
    ]
    written = [
        CaseNarrative.model_validate({key.kind: key.code, "text": text})
        for key, text in drafts.items()
    ]
    return case.model_copy(update={"narratives": (*kept, *written)})


def _frozen(snapshot: ReportSnapshot) -> bytes:
    """The content as the renderer gets it; what only the annexes print is left out."""
    return canonical_bytes(snapshot.model_copy(update={"preview": True, "explanations": ()}))


async def find(session: ReadSession, preview_id: str, person: str) -> sa.Row[Any]:
    """A preview that somebody asked for.

    Raises:
        Refusal: ``preview_not_found``: none of theirs, or not any more.
    """
    row = await repository.find(session, preview_id, person)
    if row is None:
        raise Refusal("preview_not_found")
    return row


async def wait(
    parts: Container, chamber: str, preview_id: str, person: str, seconds: float
) -> sa.Row[Any]:
    """The preview as soon as it is made, or as it is when the time is over.

    Raises:
        Refusal: ``preview_not_found``.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    with parts.signals.listening(signals.preview(chamber, preview_id)) as listener:
        while True:
            async with parts.database.read([chamber]) as session:
                row = await find(session, preview_id, person)
            left = end - loop.time()
            if over(row) or left <= 0:
                return row
            await listener.wait(min(left, _WATCH_SECONDS))


def over(row: sa.Row[Any]) -> bool:
    """Whether nothing more becomes of a preview."""
    return row.state in {"done", "failed"} or bool(row.late)


async def content(session: ReadSession, preview_id: str, person: str) -> sa.Row[Any]:
    """Page and PDF of a preview that somebody asked for.

    Raises:
        Refusal: ``preview_not_found``, or ``preview_not_ready`` while they are not there.
    """
    row = await repository.content(session, preview_id, person)
    if row is None:
        raise Refusal("preview_not_found")
    if row.state != "done":
        raise Refusal("preview_not_ready")
    return row


async def lease(parts: Container, chamber: str, preview_id: str, author: Author) -> PreviewLease:
    """The right to make a preview, given once.

    Raises:
        Refusal: ``not_leasable``: unknown, taken, or nobody waits for it any more.
    """
    token = secrets.token_urlsafe(32)
    async with parts.database.write([chamber], author) as session:
        row = await repository.lease(session, preview_id, _hash(token))
        if row is None:
            raise Refusal("not_leasable")
    return PreviewLease(
        preview_id=preview_id,
        lease_token=token,
        anchor=row.anchor,
        snapshot=ReportSnapshot.model_validate_json(row.snapshot),
    )


async def deliver(
    parts: Container, chamber: str, held: tuple[str, str], author: Author, made: RenderedPreview
) -> None:
    """Takes what was made of a preview; ``held`` is its id and the lease token.

    Raises:
        Refusal: ``lease_lost``.
    """
    values = {
        "state": "done",
        "pdf": made.pdf,
        "html": made.html,
        "pages": made.pages,
        "warnings": list(made.warnings),
    }
    await _close(parts, chamber, held, author, values)


async def fail(
    parts: Container, chamber: str, held: tuple[str, str], author: Author, failure: RenderFailure
) -> None:
    """Notes why a preview could not be made.

    Raises:
        Refusal: ``lease_lost``.
    """
    noted = {"code": failure.code, "detail": failure.detail}
    await _close(parts, chamber, held, author, {"state": "failed", "failure": noted})


async def _close(
    parts: Container,
    chamber: str,
    held: tuple[str, str],
    author: Author,
    values: Mapping[str, Any],
) -> None:
    preview_id, token = held
    async with parts.database.write([chamber], author) as session:
        if not await repository.close(session, preview_id, _hash(token), values):
            raise Refusal("lease_lost")
        topic = signals.preview(chamber, preview_id)
        session.on_commit(lambda: parts.signals.knock(topic))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
