"""Documents that were there before a migration mean after it what they meant before.

Laid down as the API of that time wrote them, in two chambers; the migrations run as the owner.
"""

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.local.roles import DatabaseUrls
from services.api.db.migrate import downgrade, drift, upgrade
from services.api.db.session import Author, Database, WriteSession
from services.api.db.tables.plans import plans
from services.api.db.tables.reports import (
    render_jobs,
    report_moves,
    report_signatures,
    reports,
)
from services.api.db.tables.tenants import chambers, entities
from services.api.db.tables.versions import plan_versions
from shared.domain.report_states import ReportState, life_of
from tests.db.rows import row_of
from tests.db.test_catalogue import fetch

CHAMBERS = ("PI", "LU")
SIGNATORIES = [{"office": "segretario_generale"}, {"office": "presidente"}]
ACTS = {
    number: {"organ": "Giunta", "number": f"{number}", "date": "2020-01-31"} for number in (1, 2)
}
RENDERED_AT = datetime(2020, 6, 1, tzinfo=UTC)
AUTHOR = Author("test")


@dataclass(frozen=True)
class Document:
    """A document as it was, and what is said of it afterwards."""

    kind: str
    state: str
    moves: tuple[str, ...] = ()
    signatories: object = sa.null()
    snapshot: Mapping[str, object] | None = None
    now: str = ""
    """Its state afterwards; empty for the same."""
    moves_now: tuple[str, ...] | None = None
    act: int | None = None
    """The version of the plan whose act adopts it."""


DECIDED = ("approve", "validate")
DONE = (*DECIDED, "sign")
PLANNED = {"plan_version": 2, "plan_state": "approved"}

DOCUMENTS = {
    "waits for nobody": Document("relazione", "signed", DONE, [], None, "validated", DECIDED),
    "never asked who": Document("relazione", "signed", DONE, sa.null(), None, "validated", DECIDED),
    "asked for none": Document(
        "relazione", "signed", DONE, sa.JSON.NULL, None, "validated", DECIDED
    ),
    "public, sealed": Document(
        *("relazione", "published", (*DONE, "publish"), []), moves_now=(*DECIDED, "publish")
    ),
    "waits": Document("relazione", "validated", DECIDED, SIGNATORIES),
    "signed": Document("relazione", "signed", DONE, SIGNATORIES),
    "public, signed": Document("relazione", "published", (*DONE, "publish"), SIGNATORIES),
    "refused": Document("relazione", "refused", ("approve", "refuse"), SIGNATORIES),
    "of the entity": Document("relazione_ente", "rendered", (), SIGNATORIES),
    "of a period": Document("monitoraggio", "rendered"),
    "of a decision": Document("validazione", "published", ("publish",)),
    "of a sheet": Document("scheda", "rendered"),
    "adopted": Document(
        *("piano", "rendered", (), [], PLANNED), now="approved", moves_now=("approve",), act=2
    ),
    "adopted before": Document(
        *("piano", "rendered", (), [], {"plan_version": 1, "plan_state": "closed"}),
        now="approved",
        moves_now=("approve",),
        act=1,
    ),
    "adopted, public": Document(
        *("piano", "published", ("publish",), [], PLANNED), moves_now=("approve", "publish"), act=2
    ),
    "drafted": Document("piano", "rendered", (), [], {"plan_version": 2, "plan_state": "draft"}),
    "amended": Document("piano", "rendered", (), [], {"plan_version": 2, "plan_state": "amending"}),
    "of no version": Document("piano", "rendered", (), [], {}),
    "being made": Document("piano", "requested", (), [], PLANNED),
    "not made": Document("piano", "failed", (), [], PLANNED),
}


def _id(chamber: str, *words: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{chamber}/{words}"))


def _later(name: str, step: int, head: str = "ffffffff") -> str:
    """Ids of moves, greater than those of reports, in their order; of signatures before them."""
    return f"{head}-{step:04x}-4000-8000-{uuid.uuid5(uuid.NAMESPACE_URL, name).hex[:12]}"


async def _lay(session: WriteSession, chamber: str) -> None:
    plan = {"plan_id": _id(chamber, "plan"), "state": "approved", "version": 2}
    await session.execute(sa.insert(chambers), row_of(chambers, chamber))
    await session.execute(sa.insert(plans), row_of(plans, chamber) | plan)
    for number, act in ACTS.items():
        version = {"plan_id": plan["plan_id"], "version": number, "act": act}
        await session.execute(sa.insert(plan_versions), row_of(plan_versions, chamber) | version)
    for number, (name, document) in enumerate(DOCUMENTS.items(), start=1):
        await _lay_document(session, chamber, plan["plan_id"], name, document, number)


async def _lay_document(
    session: WriteSession, chamber: str, plan_id: object, name: str, document: Document, number: int
) -> None:
    report_id = _id(chamber, name)
    made = document.state not in {"requested", "failed"}
    values = {
        "report_id": report_id,
        "plan_id": plan_id,
        "kind": document.kind,
        "version": number,
        "state": document.state,
        "signatories": document.signatories,
        "snapshot": json.dumps(document.snapshot or {}).encode(),
        "rendered_at": RENDERED_AT if made else None,
        "pdf_sha256": f"{number:064x}" if made else None,
    }
    await session.execute(sa.insert(reports).values(row_of(reports, chamber) | values))
    job = {"report_id": report_id, "job_id": _id(chamber, name, "job"), "kind": "render"}
    await session.execute(sa.insert(render_jobs), row_of(render_jobs, chamber) | job)
    for step, move in enumerate(document.moves):
        moved = {"report_id": report_id, "move_id": _later(name, step), "move": move}
        moved["moved_at"] = RENDERED_AT + timedelta(days=1 + step)  # type: ignore[assignment]
        await session.execute(sa.insert(report_moves), row_of(report_moves, chamber) | moved)
    signed = [
        "sigillo",
        *(("segretario_generale", "presidente") if "sign" in document.moves else ()),
    ]
    for position, office in enumerate(signed if made else ()):
        await session.execute(
            sa.insert(report_signatures),
            row_of(report_signatures, chamber) | _signature(report_id, position, office),
        )


def _signature(report_id: str, position: int, office: str, origin: str = "seal") -> dict[str, Any]:
    return {
        "report_id": report_id,
        "signature_id": _later(report_id, position, "fffffffe"),
        "position": position,
        "office": office,
        "origin": origin,
    }


async def _all(database: Database, chamber: str, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
    async with database.read([chamber]) as session:
        return await session.all(statement)


async def _told(database: Database, chamber: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """State and moves of every document of a chamber, by name."""
    names = {_id(chamber, name): name for name in (*DOCUMENTS, *PIANI)}
    found = await _all(database, chamber, sa.select(reports.c.report_id, reports.c.state))
    moved = await _all(database, chamber, sa.select(report_moves).order_by(report_moves.c.move_id))
    return {
        names[row.report_id]: (
            row.state,
            tuple(move.move for move in moved if move.report_id == row.report_id),
        )
        for row in found
    }


BEFORE = {name: (item.state, item.moves) for name, item in DOCUMENTS.items()}
AFTER = {
    name: (item.now or item.state, item.moves if item.moves_now is None else item.moves_now)
    for name, item in DOCUMENTS.items()
}


SIGNATURES = sa.select(
    *(
        column
        for column in report_signatures.c
        if column.name not in {"base_sha256", "stamp_ends_at"}
    )
).order_by(report_signatures.c.signature_id)
"""Signatures by what is known of those from before."""


@pytest.fixture
def urls(empty_database_urls: DatabaseUrls) -> DatabaseUrls:
    """A database of the time before, with documents of two chambers."""
    upgrade(empty_database_urls.owner, "0035")
    asyncio.run(_filled(empty_database_urls.runtime))
    return empty_database_urls


async def _filled(url: str) -> None:
    database = Database(url, pool_size=2)
    async with database.write((), AUTHOR) as session:
        await session.execute(sa.insert(entities), {"entity_id": "TNO", "name": "Ente di prova"})
    for chamber in CHAMBERS:
        async with database.write([chamber], AUTHOR) as session:
            await _lay(session, chamber)
    await database.close()


def looked(urls: DatabaseUrls, statement: sa.Executable | None = None) -> list[Any]:
    """What each chamber has, as the API sees it."""

    async def look() -> list[Any]:
        database = Database(urls.runtime, pool_size=2)
        try:
            return [
                await (
                    _told(database, code) if statement is None else _all(database, code, statement)
                )
                for code in CHAMBERS
            ]
        finally:
            await database.close()

    return asyncio.run(look())


def test_documents_mean_the_same_after_the_migrations(urls: DatabaseUrls) -> None:
    assert looked(urls) == [BEFORE] * 2
    kept = looked(urls, SIGNATURES)
    upgrade(urls.owner)
    assert looked(urls) == [AFTER] * 2
    assert looked(urls, SIGNATURES) == kept
    assert drift(urls.owner) == []
    for code, moves in zip(CHAMBERS, looked(urls, sa.select(report_moves)), strict=True):
        approved = {row.report_id: row for row in moves if row.move == "approve"}
        for name, item in DOCUMENTS.items():
            if item.act is not None:
                move = approved[_id(code, name)]
                assert (move.act, move.moved_at) == (ACTS[item.act], RENDERED_AT)


def test_tables_are_isolated_again_afterwards(urls: DatabaseUrls) -> None:
    """Migrations that write rows of every chamber lift that for themselves only."""

    def unforced() -> list[str]:
        query = "SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
        return [row["relname"] for row in fetch(urls.owner, query)]

    upgrade(urls.owner)
    assert unforced() == []
    downgrade(urls.owner, "0035")
    assert unforced() == []


def test_documents_of_sheets_from_before_go_with_their_sheets(urls: DatabaseUrls) -> None:
    upgrade(urls.owner, "0036")
    retire = sa.text("SELECT ciclo_retire_sheet_documents('PI', now() - interval '2 years')")

    async def retired() -> int:
        database = Database(urls.runtime, pool_size=1)
        async with database.write(["PI"], AUTHOR) as session:
            found: int = await session.scalar(retire)
        await database.close()
        return found

    assert asyncio.run(retired()) == 1
    ours, theirs = looked(urls)
    assert set(BEFORE) - set(ours) == {"of a sheet"}
    assert theirs == BEFORE


def test_time_stamps_renewed_since_go_with_their_revision(urls: DatabaseUrls) -> None:
    upgrade(urls.owner)
    kept = looked(urls, SIGNATURES)

    async def add(code: str, position: int, office: str, origin: str) -> None:
        database = Database(urls.runtime, pool_size=1)
        values = _signature(_id(code, "signed"), position, office, origin)
        try:
            async with database.write([code], AUTHOR) as session:
                await session.execute(
                    sa.insert(report_signatures), row_of(report_signatures, code) | values
                )
        finally:
            await database.close()

    for code in CHAMBERS:
        for position in (3, 4):
            asyncio.run(add(code, position, "marca_temporale", "renewal"))
        with pytest.raises(sa.exc.IntegrityError):  # whoever has signed, signs once
            asyncio.run(add(code, 5, "presidente", "service"))
    downgrade(urls.owner, "0037")
    assert looked(urls, SIGNATURES) == kept


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_stands_where_its_steps_lead(name: str) -> None:
    """What was expected above is what the rules of today make of such a document."""
    item = DOCUMENTS[name]
    life = life_of(item.kind, own_plan=True, signed=item.signatories is SIGNATORIES)
    state = ReportState.RENDERED
    if AFTER[name][0] in {"requested", "failed"}:
        return
    for move in AFTER[name][1]:
        state = life.after(state, move)  # type: ignore[arg-type]
    assert state == AFTER[name][0]


def test_back_and_again(urls: DatabaseUrls) -> None:
    upgrade(urls.owner)
    downgrade(urls.owner, "0035")
    # All as it was, but that nobody's signature is not told again.
    there = {
        name: (
            item.state,
            item.moves_now if "sign" in item.moves and item.moves_now else item.moves,
        )
        for name, item in DOCUMENTS.items()
    }
    assert looked(urls) == [there] * 2
    upgrade(urls.owner)
    assert looked(urls) == [AFTER] * 2


PIANI = {
    "signed by one": Document("piano", "approved", ("approve",), SIGNATORIES, PLANNED),
    "signed by all": Document("piano", "signed", ("approve", "sign"), SIGNATORIES, PLANNED),
    "signed by all, public": Document(
        *("piano", "published", ("approve", "sign", "publish"), SIGNATORIES, PLANNED)
    ),
}
"""What there was not before a Piano had steps: persons sign it."""


def test_a_signed_piano_is_signed_also_when_its_steps_were_forgotten(urls: DatabaseUrls) -> None:
    """Else it would be approved for good: nobody signs twice."""

    async def lay(code: str) -> None:
        database = Database(urls.runtime, pool_size=1)
        async with database.write([code], AUTHOR) as session:
            for number, (name, item) in enumerate(PIANI.items(), start=100):
                await _lay_document(session, code, _id(code, "plan"), name, item, number)
            one = _signature(_id(code, "signed by one"), 1, "segretario_generale", "service")
            await session.execute(
                sa.insert(report_signatures), row_of(report_signatures, code) | one
            )
        await database.close()

    def told() -> list[dict[str, tuple[str, tuple[str, ...]]]]:
        return [{name: found[name] for name in PIANI} for found in looked(urls)]

    upgrade(urls.owner)
    for code in CHAMBERS:
        asyncio.run(lay(code))
    signed = told()
    assert signed == [{name: (item.state, item.moves) for name, item in PIANI.items()}] * 2
    kept = looked(urls, SIGNATURES)
    downgrade(urls.owner, "0036")
    assert [found["signed by all"] for found in told()] == [("rendered", ())] * 2
    upgrade(urls.owner)
    assert told() == signed
    assert looked(urls, SIGNATURES) == kept
