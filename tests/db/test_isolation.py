"""What a chamber's rows are to somebody else: invisible, untouchable, not to be guessed."""

import asyncio

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from services.api.db.quick import QuickReader
from services.api.db.session import Database
from services.api.db.tables import metadata
from tests.db.conftest import AUTHOR, OURS, THEIRS
from tests.db.rows import row_of, tenant_tables

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLES = [table.name for table in tenant_tables()]

FORBIDDEN = "permission denied|row-level security"


@pytest.mark.parametrize("name", TABLES)
async def test_each_chamber_sees_its_own_row_only(database: Database, name: str) -> None:
    table = metadata.tables[name]
    for chamber in (OURS, THEIRS):
        async with database.read([chamber]) as session:
            rows = await session.all(sa.select(table.c.chamber_id))
        assert [row.chamber_id for row in rows] == [chamber]


@pytest.mark.parametrize("name", TABLES)
async def test_a_context_of_both_sees_both(database: Database, name: str) -> None:
    async with database.read([OURS, THEIRS]) as session:
        rows = await session.all(sa.select(metadata.tables[name].c.chamber_id))
    assert {row.chamber_id for row in rows} == {OURS, THEIRS}


@pytest.mark.parametrize("name", TABLES)
async def test_nothing_is_read_from_elsewhere(
    database: Database, name: str, elsewhere: tuple[str, ...]
) -> None:
    table = metadata.tables[name]
    async with database.read(elsewhere) as session:
        rows = await session.all(sa.select(table).where(table.c.chamber_id == OURS))
    assert rows == []


@pytest.mark.parametrize("name", TABLES)
async def test_nothing_is_inserted_from_elsewhere(
    database: Database, name: str, elsewhere: tuple[str, ...]
) -> None:
    table = metadata.tables[name]
    with pytest.raises(DBAPIError, match=FORBIDDEN):
        async with database.write(elsewhere, AUTHOR) as session:
            await session.execute(sa.insert(table), row_of(table, "MS"))


async def _touched(database: Database, context: tuple[str, ...], statement: sa.Executable) -> int:
    """Rows that a statement touches; none when the role may not run it at all."""
    try:
        async with database.write(context, AUTHOR) as session:
            return await session.execute(statement)
    except DBAPIError as error:
        if "permission denied" in str(error):
            return 0
        raise


@pytest.mark.parametrize("name", TABLES)
async def test_nothing_is_updated_from_elsewhere(
    database: Database, name: str, elsewhere: tuple[str, ...]
) -> None:
    table = metadata.tables[name]
    column = list(table.columns)[-1]
    statement = sa.update(table).where(table.c.chamber_id == OURS).values({column: column})
    assert await _touched(database, elsewhere, statement) == 0


@pytest.mark.parametrize("name", TABLES)
async def test_nothing_is_deleted_from_elsewhere(
    database: Database, name: str, elsewhere: tuple[str, ...]
) -> None:
    table = metadata.tables[name]
    statement = sa.delete(table).where(table.c.chamber_id == OURS)
    assert await _touched(database, elsewhere, statement) == 0
    async with database.read([OURS]) as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(table)) == 1


@pytest.mark.parametrize("name", TABLES)
async def test_no_row_is_handed_to_another_chamber(database: Database, name: str) -> None:
    table = metadata.tables[name]
    statement = sa.update(table).where(table.c.chamber_id == OURS).values(chamber_id=THEIRS)
    with pytest.raises(DBAPIError, match=FORBIDDEN):
        async with database.write([OURS], AUTHOR) as session:
            await session.execute(statement)


@pytest.mark.parametrize("name", TABLES)
async def test_foreign_keys_do_not_reach_another_chamber(database: Database, name: str) -> None:
    """A row of ours cannot hang on a parent of theirs: the chamber is part of the key."""
    table = metadata.tables[name]
    given = {**row_of(table, THEIRS), "chamber_id": OURS}
    # Another year: what is unique within our chamber must not answer first.
    stolen = {name: 2021 if value == 2020 else value for name, value in given.items()}
    parents = [
        key
        for key in table.foreign_key_constraints
        if len(key.column_keys) > 1
        and all(stolen.get(k) is not None for k in key.column_keys)
        and any(isinstance(table.c[k].type, sa.Uuid) for k in key.column_keys)
    ]
    if not parents:
        return  # hangs on the chamber alone
    with pytest.raises(DBAPIError, match="foreign key"):
        async with database.write([OURS], AUTHOR) as session:
            await session.execute(sa.insert(table), stolen)


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with database.read([OURS]) as session:
            await session.all(sa.text("UPDATE plans SET revision = 9 RETURNING plan_id"))


async def _see_and_fail(database: Database, setting: sa.TextClause) -> None:
    async with database.write([OURS], AUTHOR) as session:
        assert await session.scalar(setting) == OURS
        raise ZeroDivisionError


async def test_context_ends_with_its_transaction(database: Database) -> None:
    """What goes back to the pool carries nothing, also when the transaction failed."""
    setting = sa.text("SELECT current_setting('ciclo.chambers', true)")
    for _ in range(20):
        with pytest.raises(ZeroDivisionError):
            await _see_and_fail(database, setting)
        async with database.read() as session:
            assert await session.scalar(setting) == ""
        async with database.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert not await raw.driver_connection.fetchval(  # type: ignore[union-attr]
                "SELECT current_setting('ciclo.chambers', true)"
            )


async def test_many_at_once_on_a_small_pool_never_mix(database: Database) -> None:
    table = metadata.tables["plans"]

    async def look(chamber: str, fail: bool) -> None:
        try:
            async with database.read([chamber]) as session:
                rows = await session.all(sa.select(table.c.chamber_id))
                assert {row.chamber_id for row in rows} == {chamber}
                _ = 1 // int(not fail)
        except ZeroDivisionError:
            return

    work = [look((OURS, THEIRS)[at % 2], at % 7 == 0) for at in range(400)]
    tasks = [asyncio.create_task(one) for one in work]
    for at, task in enumerate(tasks):
        if at % 11 == 0:
            task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [o for o in outcomes if o is not None and not isinstance(o, asyncio.CancelledError)]
    assert broken == []


async def test_a_chamber_code_cannot_smuggle_another(database: Database) -> None:
    with pytest.raises(ValueError, match="not a chamber code"):
        async with database.read(["PI,LU"]):
            pass


async def test_the_dispatcher_functions_tell_codes_and_ids_only(database: Database) -> None:
    async with database.read() as session:
        codes = await session.all(sa.text("SELECT * FROM ciclo_entity_chambers('TNO')"))
    assert [tuple(row) for row in codes] == [(THEIRS,), (OURS,)]
    async with database.write((), AUTHOR) as session:
        claimed = await session.all(sa.text("SELECT * FROM ciclo_claim_outbox('{x}', 10, 60)"))
        lost = await session.all(sa.text("SELECT * FROM ciclo_claim_lost_jobs(10, 60)"))
    assert {row.chamber_id for row in claimed} == {OURS, THEIRS}
    assert {row.chamber_id for row in lost} == {OURS, THEIRS}
    async with database.write((), AUTHOR) as session:
        again = await session.all(sa.text("SELECT * FROM ciclo_claim_outbox('{x}', 10, 60)"))
    assert again == []


async def test_the_quick_reader_sees_one_chamber_and_leaves_no_context(
    database: Database, runtime_url: str
) -> None:
    async with QuickReader(runtime_url) as quick:
        assert await quick.plan_revision(OURS, 2020) == 1
        assert await quick.plan_revision("MS", 2020) is None
        with pytest.raises(ValueError, match="not a chamber code"):
            await quick.plan_revision("PI,LU", 2020)
    connection = await asyncpg.connect(runtime_url)
    try:
        await connection.fetchval("SELECT ciclo_plan_revision($1, 2020)", OURS)
        assert await connection.fetch("SELECT * FROM plans") == []
        probed = await connection.fetchval("SELECT ciclo_plan_revision($1, 2020)", "PI' OR '1")
        assert probed is None
    finally:
        await connection.close()


async def test_the_runtime_role_cannot_become_another(runtime_url: str) -> None:
    connection = await asyncpg.connect(runtime_url)
    try:
        for role in ("ciclo_owner", "ciclo_dispatcher", "postgres"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"SET ROLE {role}")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("ALTER TABLE plans DISABLE ROW LEVEL SECURITY")
        await connection.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM plans")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "removal",
    [
        "ALTER TABLE plans NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY chamber ON plans",
    ],
)
async def test_the_walk_notices_a_table_laid_bare(owner_url: str, removal: str) -> None:
    """The checks of the catalogue fail when one table loses its protection."""
    connection = await asyncpg.connect(owner_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(removal)
        forced = await connection.fetchval(
            "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'plans'::regclass"
        )
        policies = await connection.fetchval(
            "SELECT count(*) FROM pg_policies WHERE tablename = 'plans'"
        )
        await transaction.rollback()
    finally:
        await connection.close()
    assert not (forced and policies)
