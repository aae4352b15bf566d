"""SQL of reports and render jobs. Every instant is the database's, so clocks cannot differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.reports import render_jobs, report_moves, reports
from services.api.db.tables.tenants import chambers, entities
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.reports.jobs import TRANSITIONS, JobEvent, JobKind, JobState
from shared.contracts.snapshot import ReportKind
from shared.domain.confidentiality import Sight
from shared.domain.report_states import ReportMove, ReportState

_r = reports.c
_j = render_jobs.c
_m = report_moves

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
)
_JOB = (
    _j.job_id,
    _j.report_id,
    _j.kind,
    _j.office,
    _j.requested_by,
    _j.state,
    _j.stage,
    _j.progress,
    _j.attempt,
    _j.failure,
    _j.created_at,
    _j.finished_at,
    _j.lease_token_hash,
    (_j.lease_expires_at > sa.func.now()).label("lease_alive"),
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


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A signed PDF that lies in the blob store."""

    sha256: str
    size: int
    pages: int
    blob_key: str
    signature: Mapping[str, Any]


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


async def latest_issued_version(session: ReadSession, series: Series) -> int:
    """The last version that has a PDF; 0 when none has."""
    last = await session.scalar(
        sa.select(sa.func.max(_r.version)).where(
            _of(session, series),
            _r.state.in_([state for state in ReportState if state.has_document]),
        )
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


async def acts(session: ReadSession, plan_id: str) -> list[dict[str, Any]]:
    """The acts by which reports of a plan were approved and validated, in order."""
    rows = await session.all(
        sa.select(_m.c.act)
        .join(reports, sa.and_(_r.chamber_id == _m.c.chamber_id, _r.report_id == _m.c.report_id))
        .where(
            _m.c.chamber_id == session.chamber,
            _r.plan_id == plan_id,
            _m.c.act.is_not(None),
            _m.c.move != ReportMove.REFUSE,
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


async def add_job(session: WriteSession, job_id: str, report_id: str) -> None:
    """A job that waits to be leased."""
    await session.execute(
        sa.insert(render_jobs).values(
            chamber_id=session.chamber, job_id=job_id, report_id=report_id
        )
    )


def _reports_with_jobs(session: ReadSession) -> sa.Select[Any]:
    return (
        sa.select(*_REPORT)
        .join(
            render_jobs,
            sa.and_(
                _j.chamber_id == _r.chamber_id,
                _j.report_id == _r.report_id,
                _j.kind == JobKind.RENDER,
            ),
        )
        .where(_r.chamber_id == session.chamber)
    )


async def report(session: ReadSession, report_id: str) -> sa.Row[Any] | None:
    """One report with the id of its job."""
    return await session.first(_reports_with_jobs(session).where(_r.report_id == report_id))


async def report_by_hash(session: ReadSession, sha256: str) -> sa.Row[Any] | None:
    """The report whose signed PDF has exactly these bytes."""
    return await session.first(_reports_with_jobs(session).where(_r.pdf_sha256 == sha256))


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


async def job(session: ReadSession, job_id: str, *, lock: bool = False) -> sa.Row[Any] | None:
    """One job; with ``lock`` nobody else changes it until the transaction ends."""
    statement = sa.select(*_JOB).where(_j.chamber_id == session.chamber, _j.job_id == job_id)
    return await session.first(statement.with_for_update() if lock else statement)


async def lease(
    session: WriteSession, job_id: str, token_hash: bytes, *, seconds: int, most_attempts: int
) -> sa.Row[Any] | None:
    """Gives the job to a worker, for its next attempt, unless it is over or in other hands."""
    lease_ended = sa.or_(_j.state == JobState.QUEUED, _j.lease_expires_at <= sa.func.now())
    return await session.first(
        _moving(session, job_id, JobEvent.LEASE)
        .where(lease_ended, _j.available_at <= sa.func.now(), _j.attempt < most_attempts)
        .values(
            attempt=_j.attempt + 1,
            lease_token_hash=token_hash,
            lease_expires_at=_in(seconds),
            heartbeat_at=sa.func.now(),
            stage="leased",
            progress=0,
            failure=None,
        )
        .returning(_j.job_id, _j.report_id, _j.kind, _j.office, _j.attempt, _j.lease_expires_at)
    )


async def beat(
    session: WriteSession,
    job_id: str,
    token_hash: bytes,
    *,
    seconds: int,
    stage: str | None = None,
    progress: int | None = None,
) -> bool:
    """Prolongs a living lease and notes where the worker is; false when it is gone."""
    noted = {"stage": stage, "progress": progress}
    touched = await session.execute(
        sa.update(render_jobs)
        .where(
            _j.chamber_id == session.chamber,
            _j.job_id == job_id,
            _j.state == JobState.LEASED,
            _j.lease_token_hash == token_hash,
            _j.lease_expires_at > sa.func.now(),
        )
        .values(
            lease_expires_at=_in(seconds),
            heartbeat_at=sa.func.now(),
            **{name: value for name, value in noted.items() if value is not None},
        )
    )
    return touched == 1


async def requeue(
    session: WriteSession, job_id: str, *, delay_seconds: int, sent: bool = False
) -> bool:
    """Back to the queue; unless the caller sends it, the sweeper does once the delay is over."""
    touched = await session.execute(
        _moving(session, job_id, JobEvent.REQUEUE).values(
            lease_token_hash=None,
            lease_expires_at=None,
            stage="queued",
            progress=0,
            available_at=_in(delay_seconds),
            dispatched_at=sa.func.now() if sent else None,
        )
    )
    return touched == 1


async def finish(
    session: WriteSession,
    job_id: str,
    event: JobEvent,
    *,
    failure: Mapping[str, Any] | None = None,
    keep_token: bool = False,
) -> bool:
    """Ends a job. A completed one keeps the hash of its lease, to know the worker again."""
    values: dict[str, Any] = {
        "finished_at": sa.func.now(),
        "lease_expires_at": None,
        "secret": None,
    }
    if not keep_token:
        values["lease_token_hash"] = None
    if event is JobEvent.COMPLETE:
        values |= {"stage": "done", "progress": 100}
    if failure is not None:
        values["failure"] = dict(failure)
    return await session.execute(_moving(session, job_id, event).values(**values)) == 1


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


def _moving(session: WriteSession, job_id: str, event: JobEvent) -> sa.Update:
    """The transition of a job, which touches no row when it is in another state."""
    before, after = TRANSITIONS[event]
    return (
        sa.update(render_jobs)
        .where(_j.chamber_id == session.chamber, _j.job_id == job_id, _j.state.in_(before))
        .values(state=after)
    )


def _in(seconds: int) -> sa.ColumnElement[Any]:
    return sa.func.now() + timedelta(seconds=seconds)
