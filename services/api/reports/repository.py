"""SQL of reports. Every instant is the database's, so clocks cannot differ."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import render_jobs, report_moves, reports
from services.api.db.tables.tenants import chambers, entities
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.render_jobs.states import JobKind
from services.api.reports.document import StoredDocument
from shared.contracts.snapshot import ReportKind
from shared.domain.confidentiality import Sight
from shared.domain.report_states import ReportMove, ReportState

_r = reports.c
_j = render_jobs.c
_m = report_moves
_past = render_jobs.alias("past")
_decided = reports.alias("decided")

_REPORT = (
    _r.report_id,
    _r.plan_id,
    _r.year,
    _r.kind,
    _r.subject,
    _r.version,
    _r.state,
    _r.plan_revision,
    _r.snapshot_sha256,
    _r.pdf_sha256,
    _r.pdf_size,
    _r.pdf_pages,
    _r.blob_key,
    _r.signature,
    _r.reason,
    _r.with_sheets,
    _r.signatories,
    _r.created_at,
    _r.rendered_at,
    _j.job_id,
    _decided.c.kind.label("decided_kind"),
    _decided.c.subject.label("decided_subject"),
    _decided.c.version.label("decided_version"),
)
ORDER = Order(
    columns={"created_at": _r.report_id, "year": _r.year, "version": _r.version},
    key=_r.report_id,
    default="-created_at",
)
"""Ids are in order of creation, so they stand for it."""


@dataclass(frozen=True, slots=True)
class Series:
    """What versions are counted for: a kind of document of a year, about all or part of it."""

    year: int
    kind: ReportKind
    subject: str = ""

    @classmethod
    def of(cls, row: sa.Row[Any]) -> "Series":
        """The series that a report belongs to."""
        return cls(row.year, row.kind, row.subject)

    @property
    def sheets(self) -> tuple[str, ...]:
        """The individual sheet that the whole document is about."""
        return (self.subject,) if self.kind == "scheda" else ()


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report as it is requested."""

    report_id: str
    plan_id: str | None
    series: Series
    version: int
    plan_revision: int
    snapshot: bytes
    snapshot_sha256: str
    with_sheets: bool
    signatories: list[dict[str, Any]]
    reason: str | None = None


async def chamber_card(session: ReadSession) -> sa.Row[Any] | None:
    """The chamber and its entity, as the cover of a report shows them."""
    return await session.first(
        sa.select(
            chambers.c.chamber_id,
            chambers.c.name,
            chambers.c.colour,
            chambers.c.logo_svg,
            entities.c.entity_id,
            entities.c.name.label("entity_name"),
        )
        .join(entities, entities.c.entity_id == chambers.c.entity_id)
        .where(chambers.c.chamber_id == session.chamber)
    )


def _of(session: ReadSession, series: Series) -> sa.ColumnElement[bool]:
    return sa.and_(
        _r.chamber_id == session.chamber,
        _r.year == series.year,
        _r.kind == series.kind,
        _r.subject == series.subject,
    )


async def next_version(session: WriteSession, series: Series) -> int:
    """One more than the last version; the caller holds the plan, so nobody gets the same."""
    last = await session.scalar(sa.select(sa.func.max(_r.version)).where(_of(session, series)))
    return (last or 0) + 1


async def latest_revision(session: ReadSession, series: Series) -> int | None:
    """The newest revision of the plan that a report of a series was made of, failed ones apart."""
    found = await session.scalar(
        sa.select(sa.func.max(_r.plan_revision)).where(
            _of(session, series),
            _r.state.not_in([ReportState.FAILED, ReportState.CANCELLED]),
        )
    )
    return None if found is None else int(found)


async def latest_issued_version(
    session: ReadSession, series: Series, *, published: bool = False
) -> int:
    """The last version that has a PDF, or that is published; 0 when none has."""
    states = [ReportState.PUBLISHED] if published else [s for s in ReportState if s.has_document]
    last = await session.scalar(
        sa.select(sa.func.max(_r.version)).where(_of(session, series), _r.state.in_(states))
    )
    return last or 0


async def decided_version(session: ReadSession, series: Series) -> int:
    """The last version that was approved, whatever came of it; 0 when none was."""
    last = await session.scalar(
        sa.select(sa.func.max(_r.version)).where(
            _of(session, series),
            _r.state.in_([state for state in ReportState if state.decided]),
        )
    )
    return last or 0


async def lock_report(session: WriteSession, report_id: str) -> None:
    """Holds a report until the transaction ends."""
    await session.execute(
        sa.select(_r.report_id)
        .where(_r.chamber_id == session.chamber, _r.report_id == report_id)
        .with_for_update()
    )


async def move_report(
    session: WriteSession,
    report_id: str,
    move: ReportMove,
    state: ReportState,
    values: Mapping[str, Any],
) -> None:
    """Brings a held report to a state, and writes the move down."""
    await close_report(session, report_id, state)
    await session.execute(
        sa.insert(report_moves).values(
            chamber_id=session.chamber,
            report_id=report_id,
            move_id=new_id(),
            move=move.value,
            moved_by=session.author.actor,
            **values,
        )
    )


async def moves(session: ReadSession, report_id: str) -> Sequence[sa.Row[Any]]:
    """Every move of a report, in order."""
    return await session.all(
        sa.select(_m)
        .where(_m.c.chamber_id == session.chamber, _m.c.report_id == report_id)
        .order_by(_m.c.move_id)
    )


async def acts(
    session: ReadSession, plan_id: str, kinds: Collection[str], made: Collection[ReportMove]
) -> list[dict[str, Any]]:
    """The acts of some moves of reports of a plan, of some kinds, in order."""
    rows = await session.all(
        sa.select(_m.c.act)
        .join(reports, sa.and_(_r.chamber_id == _m.c.chamber_id, _r.report_id == _m.c.report_id))
        .where(
            _m.c.chamber_id == session.chamber,
            _r.plan_id == plan_id,
            _r.kind.in_(kinds),
            _m.c.move.in_(made),
        )
        .order_by(_m.c.move_id)
    )
    return [row.act for row in rows]


async def add_report(session: WriteSession, report: NewReport) -> None:
    """A requested report."""
    values = {name: getattr(report, name) for name in NewReport.__slots__ if name != "series"}
    values |= asdict(report.series)
    await session.execute(
        sa.insert(reports).values(
            chamber_id=session.chamber, created_by=session.author.actor, **values
        )
    )


def _reports_with_jobs(session: ReadSession) -> sa.Select[Any]:
    # A document that was asked for again has several; ids are in order of creation.
    last = (
        sa.select(_past.c.job_id)
        .where(
            _past.c.chamber_id == _r.chamber_id,
            _past.c.report_id == _r.report_id,
            _past.c.kind == JobKind.RENDER,
        )
        .order_by(_past.c.job_id.desc())
        .limit(1)
        .correlate(reports)
        .scalar_subquery()
    )
    return (
        sa.select(*_REPORT)
        .select_from(reports)
        .join(render_jobs, sa.and_(_j.chamber_id == _r.chamber_id, _j.job_id == last))
        .outerjoin(
            _decided,
            sa.and_(
                _r.kind == "validazione",
                _decided.c.chamber_id == _r.chamber_id,
                sa.cast(_decided.c.report_id, sa.Text) == _r.subject,
            ),
        )
        .where(_r.chamber_id == session.chamber)
    )


async def report(session: ReadSession, report_id: str) -> sa.Row[Any] | None:
    """One report with the id of the last job that renders it."""
    return await session.first(_reports_with_jobs(session).where(_r.report_id == report_id))


async def report_list(
    session: ReadSession, asked: Page, filters: Mapping[str, int | str | None], sight: Sight
) -> Rows:
    """A part of the chamber's reports, narrowed by columns that have a value in ``filters``."""
    statement = _reports_with_jobs(session).where(
        sa.literal(sight.everything) | (_r.kind != "scheda") | _r.subject.in_(sight.sheets),
        *(_r[name] == value for name, value in filters.items() if value is not None),
    )
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def snapshot(session: ReadSession, report_id: str) -> sa.Row[Any]:
    """The frozen bytes of a report that exists, and their hash."""
    found = await session.first(
        sa.select(_r.snapshot, _r.snapshot_sha256).where(
            _r.chamber_id == session.chamber, _r.report_id == report_id
        )
    )
    if found is None:
        raise LookupError(report_id)
    return found


async def close_report(
    session: WriteSession,
    report_id: str,
    state: ReportState,
    document: StoredDocument | None = None,
) -> None:
    """Writes down what became of a report, with its PDF when there is one."""
    values: dict[str, Any] = {"state": state}
    if document is not None:
        values |= {
            "pdf_sha256": document.sha256,
            "pdf_size": document.size,
            "pdf_pages": document.pages,
            "blob_key": document.blob_key,
            "signature": dict(document.signature),
            "rendered_at": sa.func.now(),
        }
    await session.execute(
        sa.update(reports)
        .where(_r.chamber_id == session.chamber, _r.report_id == report_id)
        .values(**values)
    )
