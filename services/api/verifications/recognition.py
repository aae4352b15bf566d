"""Which issued document is this file a copy of, and of which stage of it?

By digest alone: of the file, and of every state that it went through. Whoever asks learns of what
they may read, and everybody of what is published; so the same file says nothing to a stranger
while its document is not public, not even that there is one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access, access_to, visible_chambers
from services.api.auth.principal import Machine, Principal
from services.api.container import Container
from services.api.publications import service as publications
from services.api.reports import service as reports
from services.api.reports.service import Issued
from services.api.reports.sheets import sees
from services.api.signatures import service as signatures
from services.api.signatures.service import Signatures
from services.api.signatures.stages import Stage, furthest, stages_of
from shared.contracts.verification import FileState
from shared.domain.permissions import Action
from shared.domain.report_states import ReportState


@dataclass(frozen=True, slots=True)
class Recognised:
    """A document of ours, and the stage of it that a file is, or begins with."""

    chamber: str
    issued: Issued
    signatures: Signatures
    stages: tuple[Stage, ...]
    at: int
    """Place of the stage."""
    size: int | None
    """Bytes of the file that are the stage; ``None`` when only a digest was asked about."""
    exact: bool
    """The file is the stage; otherwise it goes on after it."""

    @property
    def row(self) -> sa.Row[Any]:
        """The report."""
        return self.issued.row

    @property
    def stage(self) -> Stage:
        """The stage."""
        return self.stages[self.at]

    @property
    def last(self) -> bool:
        """Whether it is the document as it is now."""
        return self.at == len(self.stages) - 1

    @property
    def published(self) -> bool:
        """Whether anybody may read it."""
        return bool(self.row.state == ReportState.PUBLISHED)

    def made(self) -> Mapping[str, sa.Row[Any]]:
        """The signatures of the document that the stage has, by office."""
        return _by_office(self.stages[: self.at + 1])

    def made_later(self) -> Mapping[str, sa.Row[Any]]:
        """The signatures that the document has got since."""
        return _by_office(self.stages[self.at + 1 :])


def _by_office(stages: Sequence[Stage]) -> Mapping[str, sa.Row[Any]]:
    rows = (stage.signature for stage in stages)
    return {row.office: row for row in rows if row is not None}


async def recognise(
    parts: Container, caller: Principal | Machine | None, states: Sequence[FileState]
) -> Recognised | None:
    """What the caller may know of the document that a file of these states is a copy of."""
    digests = {state.sha256 for state in states}
    if caller is not None:
        readable = await _readable(parts, caller)
        found = await _among(
            parts, readable, digests, lambda row, chamber: _visible(row, readable[chamber])
        )
        if found is not None:
            return _placed(found, states)
    codes = await publications.publishing_chambers(parts)
    found = await _among(parts, codes, digests, None)
    return None if found is None else _placed(found, states)


async def published(parts: Container, chamber: str, report_id: str) -> Recognised | None:
    """A published document in its present stage."""
    async with parts.database.read([chamber]) as session:
        issued = await reports.issued(session, report_id, published=True)
        if issued is None:
            return None
        made = await signatures.read(session, report_id)
    stages = stages_of(made)
    return Recognised(
        chamber, issued, made, stages, at=len(stages) - 1, size=issued.row.pdf_size, exact=True
    )


async def _readable(parts: Container, caller: Principal | Machine) -> Mapping[str, Access]:
    """The chambers whose documents the caller reads."""
    found = {
        code: await access_to(parts, caller, code)
        for code in sorted(await visible_chambers(parts, caller))
    }
    return {code: access for code, access in found.items() if access.allows(Action.REPORT_READ)}


def _visible(row: sa.Row[Any], access: Access) -> bool:
    return bool(row.kind != "scheda" or sees(access.sight, row.subject))


_Visible = Callable[[sa.Row[Any], str], bool]


async def _among(
    parts: Container, codes: Collection[str], digests: Collection[str], visible: _Visible | None
) -> tuple[str, Issued, Signatures] | None:
    """The document of these chambers that has such a stage; without ``visible``, if published."""
    if not codes:
        return None
    async with parts.database.read(codes) as session:
        having = await signatures.with_stages(session, digests)
    for chamber, report_id in having:
        async with parts.database.read([chamber]) as session:
            issued = await reports.issued(session, report_id, published=visible is None)
            if issued is not None and (visible is None or visible(issued.row, chamber)):
                return chamber, issued, await signatures.read(session, report_id)
    return None


def _placed(found: tuple[str, Issued, Signatures], states: Sequence[FileState]) -> Recognised:
    chamber, issued, made = found
    stages = stages_of(made)
    sizes = {state.sha256: state.size for state in states}
    at = furthest(stages, sizes)
    if at is None:
        raise AssertionError("a document is found by one of its stages")
    sha256 = stages[at].sha256
    return Recognised(
        chamber, issued, made, stages, at, sizes[sha256] or None, sha256 == states[-1].sha256
    )
