"""SQL of statements. What stands about a subject is the line with the highest number."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.statements import evaluation_statements
from services.api.ids import new_id
from services.api.paging import Order, Page, Rows, cut, sliced
from services.api.statements.topics import NEUTRALISATION, About
from shared.domain.confidentiality import Hidden

_s = evaluation_statements.c

_SUBJECT = (_s.topic, _s.scope, _s.subject_kind, _s.subject_code)

ORDER = Order({"written_at": _s.statement_id}, _s.statement_id, "-written_at")
"""Ids are in order of creation, so they stand for the instant."""


def _of_plan(session: ReadSession, plan_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(_s.chamber_id == session.chamber, _s.plan_id == plan_id)


async def latest(session: ReadSession, plan_id: str) -> Sequence[sa.Row[Any]]:
    """The last line about each subject, those that take something back included.

    Neutralisations stand in a table of their own and are left out.
    """
    return await session.all(
        sa.select(evaluation_statements)
        .ext(postgresql.distinct_on(*_SUBJECT))
        .where(_of_plan(session, plan_id), _s.topic != NEUTRALISATION)
        .order_by(*_SUBJECT, _s.number.desc())
    )


async def last(session: ReadSession, plan_id: str, about: About) -> sa.Row[Any] | None:
    """The last line about one subject."""
    return await session.first(
        sa.select(evaluation_statements)
        .where(_of_plan(session, plan_id), *_about(about))
        .order_by(_s.number.desc())
        .limit(1)
    )


def _about(about: About) -> list[sa.ColumnElement[bool]]:
    return [_s[name] == value for name, value in about.columns().items()]


async def append(
    session: WriteSession,
    plan_id: str,
    about: About,
    number: int,
    *,
    body: Mapping[str, Any] | None,
    reason: str | None,
) -> None:
    """The next line about a subject; the caller holds the plan, so nobody takes its number."""
    await session.execute(
        sa.insert(evaluation_statements).values(
            chamber_id=session.chamber,
            plan_id=plan_id,
            statement_id=new_id(),
            number=number,
            body=None if body is None else dict(body),
            reason=reason,
            written_by=session.author.actor,
            **about.columns(),
        )
    )


async def history(
    session: ReadSession,
    plan_id: str,
    asked: Page,
    *,
    topic: str | None,
    subject: tuple[str, str] | None,
    hidden: Hidden,
) -> Rows:
    """Lines of a plan as a list, of one kind or about one subject where asked for.

    Those about hidden sheets are left out.
    """
    statement = sa.select(evaluation_statements).where(_of_plan(session, plan_id))
    if hidden:
        statement = statement.where(
            sa.tuple_(_s.subject_kind, _s.subject_code).not_in(sorted(hidden.subjects())),
            sa.or_(_s.scope.is_(None), _s.scope.not_in(sorted(hidden.sheets))),
        )
    if topic is not None:
        statement = statement.where(_s.topic == topic)
    if subject is not None:
        kind, code = subject
        statement = statement.where(_s.subject_kind == kind, _s.subject_code == code)
    return cut(await session.all(sliced(statement, ORDER, asked)), ORDER, asked)
