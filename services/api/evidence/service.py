"""Use cases of evidence.

The bytes are stored while no transaction is open; the row that speaks of them comes after. A
row that cannot be written takes its bytes away again; what a killed process leaves is swept.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.boundaries import service as boundaries
from services.api.container import Container
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.evidence import repository
from services.api.ids import new_id
from services.api.measurements import service as measuring
from services.api.orphans import AGE, remove_orphans
from services.api.plans import service as plans
from shared.contracts.issues import Issue
from shared.domain.evidence import MOST_FILES, content_problem
from shared.domain.permissions import Action
from shared.runtime.blobs import evidence_folder, evidence_key


@dataclass(frozen=True, slots=True)
class Subject:
    """The measurement that a file is about, and who asks for it."""

    access: Access
    year: int
    measurement_id: str


@dataclass(frozen=True, slots=True)
class File:
    """A file whose bytes are in the blob store, or about to be."""

    evidence_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    blob_key: str


def named(chamber: str, name: str, media_type: str, content: bytes) -> File:
    """The file that some bytes are.

    Raises:
        Refusal: ``evidence_refused`` when they are not what they are called.
    """
    problem = content_problem(media_type, content)
    if problem is not None:
        raise Refusal("evidence_refused", issues=[_PROBLEMS[problem]])
    evidence_id, sha256 = new_id(), hashlib.sha256(content).hexdigest()
    key = evidence_key(chamber, evidence_id, sha256)
    return File(evidence_id, name, media_type, len(content), sha256, key)


async def subject_row(session: ReadSession, subject: Subject) -> sa.Row[Any]:
    """The measurement as it stands.

    Raises:
        Refusal: ``plan_not_found``, ``not_found``.
    """
    head = await plans.head(session, subject.year)
    return await measuring.found(session, head, subject.access, subject.measurement_id)


async def require_own(session: ReadSession, subject: Subject, row: sa.Row[Any]) -> None:
    """Keeps contributors to the data of their own units.

    Raises:
        Refusal: ``outside_units``.
    """
    head = await plans.head(session, subject.year)
    action = Action.MEASUREMENT_RECORD
    reach = await boundaries.reach(session, head, subject.access, action)
    reach.require(action, [(row.subject_kind, row.subject_code, "")])


async def refuse_too_many(session: ReadSession, row: sa.Row[Any]) -> None:
    """Keeps the files of one measurement to a number that somebody can look through.

    Raises:
        Refusal: ``evidence_too_many``.
    """
    if await repository.count(session, row.plan_id, row.measurement_id) >= MOST_FILES:
        raise Refusal("evidence_too_many", most=MOST_FILES)


async def attach(session: WriteSession, subject: Subject, file: File) -> sa.Row[Any]:
    """Writes down a file whose bytes are stored.

    Raises:
        Refusal: ``plan_not_found``, ``not_found`` or ``evidence_too_many``.
    """
    await plans.lock_plan(session, subject.year)
    row = await subject_row(session, subject)
    await refuse_too_many(session, row)
    await require_own(session, subject, row)
    place = {"plan_id": row.plan_id, "measurement_id": row.measurement_id}
    facts = {name: getattr(file, name) for name in File.__slots__}
    await repository.insert(session, {**place, **facts, "version": row.version})
    about = f"plan/{subject.year}/{row.subject_kind}/{row.subject_code}/{row.period or 'Y'}"
    noted = {"evidence_id": file.evidence_id, "sha256": file.sha256, "version": row.version}
    await audit(session, "evidence.attached", about, noted)
    return await find(session, subject, file.evidence_id)


async def find(session: ReadSession, subject: Subject, evidence_id: str) -> sa.Row[Any]:
    """One file of a measurement.

    Raises:
        Refusal: ``plan_not_found``, ``not_found``.
    """
    measured = await subject_row(session, subject)
    row = await repository.find(session, measured.plan_id, subject.measurement_id, evidence_id)
    if row is None:
        raise Refusal("not_found")
    return row


async def sweep(parts: Container, chamber: str, *, age: timedelta = AGE) -> int:
    """Removes blobs of evidence that no row speaks of; answers how many there were."""
    return await remove_orphans(parts, chamber, evidence_folder(chamber), repository.known, age)


_PROBLEMS = {
    "empty_file": Issue(
        pointer="", code="empty_file", it="il file è vuoto", en="the file is empty"
    ),
    "not_that_type": Issue(
        pointer="",
        code="not_that_type",
        it="il contenuto non è del tipo dichiarato in Content-Type",
        en="the content is not of the type declared in Content-Type",
    ),
}
