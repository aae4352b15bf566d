"""SQL of entities and chambers."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.api.db.session import ReadSession, WriteSession
from services.api.db.tables.integrations import integrations
from services.api.db.tables.tenants import chambers, entities
from services.api.paging import Order, Page, Rows, cut, sliced

ENTITY_ORDER = Order({"code": entities.c.entity_id}, entities.c.entity_id, "code")
CHAMBER_ORDER = Order(
    {"code": chambers.c.chamber_id, "title": chambers.c.name}, chambers.c.chamber_id, "code"
)


async def find_entity(session: ReadSession, code: str) -> sa.Row[Any] | None:
    """The entity of that code."""
    return await session.first(sa.select(entities).where(entities.c.entity_id == code))


async def list_entities(session: ReadSession, code: str, asked: Page) -> Rows:
    """The entity of the caller, as a list."""
    statement = sliced(sa.select(entities).where(entities.c.entity_id == code), ENTITY_ORDER, asked)
    return cut(await session.all(statement), ENTITY_ORDER, asked)


async def insert_entity(session: WriteSession, code: str, title: str) -> bool:
    """Whether the entity was created; false when the code is taken."""
    insert = postgresql.insert(entities).values(entity_id=code, name=title)
    return await session.execute(insert.on_conflict_do_nothing()) == 1


async def find_chamber(session: ReadSession, *, lock: bool = False) -> sa.Row[Any] | None:
    """The chamber of the session."""
    statement = sa.select(chambers).where(chambers.c.chamber_id == session.chamber)
    return await session.first(statement.with_for_update(key_share=True) if lock else statement)


async def list_chambers(session: ReadSession, asked: Page) -> Rows:
    """The chambers of the session."""
    statement = sliced(sa.select(chambers), CHAMBER_ORDER, asked)
    return cut(await session.all(statement), CHAMBER_ORDER, asked)


async def insert_chamber(session: WriteSession, values: Mapping[str, Any]) -> bool:
    """Whether the chamber was created; false when the code is taken, by whomever."""
    insert = postgresql.insert(chambers).values(chamber_id=session.chamber, **values)
    return await session.execute(insert.on_conflict_do_nothing()) == 1


async def update_chamber(session: WriteSession, values: Mapping[str, Any]) -> None:
    """Changes the chamber of the session and raises its version."""
    await session.execute(
        sa.update(chambers)
        .where(chambers.c.chamber_id == session.chamber)
        .values(**values, version=chambers.c.version + 1, updated_at=sa.func.now())
    )


async def declared_integrations(session: ReadSession) -> list[dict[str, str]]:
    """The chamber's integrations as its configuration names them."""
    rows = await session.all(
        sa.select(integrations.c.integration_id, integrations.c.title, integrations.c.adapter)
        .where(integrations.c.chamber_id == session.chamber)
        .order_by(integrations.c.integration_id)
    )
    return [
        {"code": row.integration_id, "title": row.title, "adapter": row.adapter} for row in rows
    ]


async def declare_integrations(
    session: WriteSession, declared: Collection[Mapping[str, str]]
) -> None:
    """Makes the integrations that are named, without a secret, or renames them."""
    for one in declared:
        values = {"title": one["title"], "adapter": one["adapter"]}
        insert = postgresql.insert(integrations).values(
            chamber_id=session.chamber, integration_id=one["code"], **values
        )
        await session.execute(
            insert.on_conflict_do_update(
                index_elements=["chamber_id", "integration_id"],
                set_={**values, "version": integrations.c.version + 1},
            )
        )
