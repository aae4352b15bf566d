"""SQL of what is published. Nothing else of a chamber is read here."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.db.session import ReadSession
from services.api.db.tables.reports import report_moves, reports
from services.api.db.tables.tenants import chambers, entities
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.publications.shelf import Document, Publisher
from shared.domain.report_states import ReportMove, ReportState

_r, _m, _c = reports.c, report_moves.c, chambers.c

# What one chamber publishes in a century; a page and a catalogue show all of it.
_MOST = 2000

_about = reports.alias("about")

_SERIES = (_r.chamber_id, _r.year, _r.kind, _r.subject)


def _beside(neighbour: sa.Function[Any]) -> sa.Over[Any]:
    """The published version before or after, of the same document."""
    return sa.over(neighbour, partition_by=_SERIES, order_by=_r.version)


_PUBLISHED = (
    sa.select(
        _r.chamber_id.label("chamber"),
        _r.report_id,
        _r.year,
        _r.kind,
        _r.subject,
        _r.version,
        _r.reason,
        _r.pdf_sha256,
        _r.pdf_size,
        _r.pdf_pages,
        _r.blob_key,
        _r.web_sha256,
        _r.web_size,
        _r.web_blob_key,
        _r.snapshot_sha256,
        _m.moved_at.label("published_at"),
        _about.c.kind.label("decided_kind"),
        _about.c.subject.label("decided_subject"),
        _about.c.version.label("decided_version"),
        _about.c.state.label("decided_state"),
        _beside(sa.func.lag(_r.report_id)).label("supersedes"),
        _beside(sa.func.lead(_r.report_id)).label("superseded_by"),
    )
    .join(
        report_moves,
        sa.and_(
            _m.chamber_id == _r.chamber_id,
            _m.report_id == _r.report_id,
            _m.move == ReportMove.PUBLISH,
        ),
    )
    .outerjoin(
        _about,
        sa.and_(
            _r.kind == "validazione",
            _about.c.chamber_id == _r.chamber_id,
            sa.cast(_about.c.report_id, sa.Text) == _r.subject,
        ),
    )
    .where(_r.state == ReportState.PUBLISHED)
    .subquery("published")
)
_p = _PUBLISHED.c

ORDER = Order({"published_at": _p.published_at, "year": _p.year}, _p.report_id, "-published_at")


def document_of(row: sa.Row[Any]) -> Document:
    """A row of :data:`_PUBLISHED`, with whatever a list adds to it."""
    values = row._mapping  # noqa: SLF001 - how SQLAlchemy gives a row by names
    return Document(**{name: values[name] for name in Document.__slots__})


async def page_of(
    session: ReadSession,
    codes: Collection[str],
    asked: Page,
    year: int | None,
    kind: str | None,
) -> Rows:
    """Published documents of chambers, as part of a list."""
    statement = sa.select(_PUBLISHED).where(_p.chamber.in_(codes))
    if year is not None:
        statement = statement.where(_p.year == year)
    if kind is not None:
        statement = statement.where(_p.kind == kind)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)


async def everything(session: ReadSession, codes: Collection[str]) -> list[Document]:
    """Everything that chambers have published, the latest first."""
    statement = sa.select(_PUBLISHED).where(_p.chamber.in_(codes))
    statement = statement.order_by(_p.published_at.desc()).limit(_MOST)
    return [document_of(row) for row in await session.all(statement)]


async def find(session: ReadSession, report_id: str) -> Document | None:
    """One published document."""
    row = await session.first(
        sa.select(_PUBLISHED).where(_p.chamber == session.chamber, _p.report_id == report_id)
    )
    return None if row is None else document_of(row)


async def snapshot(session: ReadSession, report_id: str) -> bytes:
    """The frozen content of a published document."""
    found = await session.scalar(
        sa.select(_r.snapshot).where(
            _r.chamber_id == session.chamber,
            _r.report_id == report_id,
            _r.state == ReportState.PUBLISHED,
        )
    )
    if found is None:
        raise LookupError(report_id)
    return bytes(found)


async def publishers(session: ReadSession, codes: Collection[str]) -> list[Publisher]:
    """Chambers that exist, in order of name."""
    rows = await session.all(
        sa.select(
            _c.chamber_id,
            _c.name,
            _c.ipa_code,
            _c.tax_code,
            _c.region,
            _c.entity_id,
            entities.c.name.label("entity_name"),
            _c.settings["publication"].label("publication"),
        )
        .join(entities, entities.c.entity_id == _c.entity_id)
        .where(_c.chamber_id.in_(codes))
        .order_by(_c.name)
    )
    return [_publisher(row) for row in rows]


def _publisher(row: sa.Row[Any]) -> Publisher:
    contact = row.publication or {}
    return Publisher(
        code=row.chamber_id,
        name=row.name,
        ipa_code=row.ipa_code,
        tax_code=row.tax_code,
        region=row.region,
        entity=row.entity_id,
        entity_name=row.entity_name,
        email=contact.get("email"),
        website=contact.get("website"),
    )


async def publishing_chambers(session: ReadSession) -> Sequence[str]:
    """Codes of the chambers of this installation that have published something."""
    rows = await session.all(sa.text("SELECT chamber_id FROM ciclo_published_chambers()"))
    return [row.chamber_id for row in rows]
