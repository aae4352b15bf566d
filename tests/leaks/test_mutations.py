"""The searches find what they are for: each protection is taken away, and they report it.

Without a mutation they report nothing (the other tests of this folder); here the same
functions run where one policy, one FORCE, one check of the application or of the blob store
is missing.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import Request
from starlette.responses import PlainTextResponse

from services.api.auth import access
from services.api.auth.principal import Principal
from services.api.db import session as sessions
from services.api.rendering import service as rendering
from shared.domain.membership import Membership
from shared.domain.permissions import Role
from shared.runtime.blobs import BlobStore, ChamberBlobs
from tests.db.rows import tenant_tables
from tests.leaks import blobs, commands
from tests.leaks.attackers import attackers
from tests.leaks.operations import Operation, unclassified
from tests.leaks.routes import Walk
from tests.leaks.scene import Scene
from tests.leaks.tables import Probe
from tests.leaks.test_blobs import test_everything_that_is_stored_lies_under_its_chamber
from tests.leaks.tried import Tell, Tried
from tests.leaks.victims import LIVED

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABLES = {table.name: table for table in tenant_tables()}

MUTATIONS = {
    "no row-level security": "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    "no FORCE": "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY",
    "no policy": "DROP POLICY chamber ON {}",
    "an open policy": "ALTER POLICY chamber ON {} USING (true) WITH CHECK (true)",
    "open to read": "CREATE POLICY more ON {} FOR SELECT USING (true)",
    "open to write": "CREATE POLICY more ON {} FOR INSERT WITH CHECK (true)",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(scene: Scene, owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_table_laid_bare_is_found(
    owner: asyncpg.Connection, mutation: str, tell: Tell
) -> None:
    """In a transaction that is rolled back, for every table."""
    missed = []
    for name, table in TABLES.items():
        transaction = owner.transaction()
        await transaction.start()
        try:
            await owner.execute(MUTATIONS[mutation].format(name))
            tried = await Probe(owner, "owner").tables([table])
        finally:
            await transaction.rollback()
        if not tried.leaks:
            missed.append(name)
    tell(f"{mutation}: found in {len(TABLES) - len(missed)} of {len(TABLES)} tables")
    assert missed == []
    assert (await Probe(owner, "owner").tables(TABLES.values())).leaks == []


@pytest.mark.parametrize("mutation", ["no row-level security", "an open policy", "no policy"])
async def test_the_runtime_role_is_seen_through_it(
    owner: asyncpg.Connection, runtime_url: str, mutation: str
) -> None:
    """The same as the API's role, on a policy that is really gone until it is restored."""
    runtime = await asyncpg.connect(runtime_url)
    restore = await owner.fetchval(
        "SELECT qual FROM pg_policies WHERE tablename = 'plans' AND policyname = 'chamber'"
    )
    try:
        await owner.execute(MUTATIONS[mutation].format("plans"))
        found = await Probe(runtime, "runtime").tables([TABLES["plans"]])
    finally:
        await owner.execute("ALTER TABLE plans ENABLE ROW LEVEL SECURITY")
        await owner.execute("DROP POLICY IF EXISTS chamber ON plans")
        await owner.execute(
            f"CREATE POLICY chamber ON plans USING ({restore}) WITH CHECK ({restore})"
        )
    clean = await Probe(runtime, "runtime").tables([TABLES["plans"]])
    await runtime.close()
    assert found.leaks
    assert clean.leaks == []


async def _reading(scene: Scene) -> Walk:
    """A walk over what reads and ends."""
    walk = await scene.walk()
    found = [
        operation
        for operation in walk.operations
        if operation.method == "get" and not operation.path.endswith("/events")
    ]
    return replace(walk, operations=found)


async def _search(scene: Scene) -> Tried:
    strangers = [one for one in attackers(scene.api.issuer) if one.name.startswith("everything")]
    return await (await _reading(scene)).run(strangers)


async def test_without_the_check_of_roles_every_route_is_reported(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    async def everybody(_: object, caller: Principal, chamber: str) -> access.Access:
        return access.Access(caller, chamber, Membership(frozenset(Role)))

    assert (await _search(scene)).leaks == []
    monkeypatch.setattr(access, "access_to", everybody)
    found = await _search(scene)
    tell(f"without roles: {found}")
    assert len(found.leaks) > 30


async def test_a_context_of_more_chambers_is_reported(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    """The application asks for its chamber, the database shows others as well."""
    wider = "SELECT set_config('ciclo.chambers', concat_ws(',', $1::text, 'PI', 'MS'), true)"
    monkeypatch.setattr(sessions, "_SET_CONTEXT", wider)
    found = await _search(scene)
    tell(f"with a wider context: {found}")
    assert found.leaks


async def test_a_new_route_without_protection_is_found_by_itself(
    scene: Scene,
) -> None:
    async def unguarded(request: Request) -> PlainTextResponse:
        chamber = request.path_params["chamber"]
        async with scene.parts.database.read([chamber]) as session:
            names = await session.all(sa.text("SELECT name FROM chambers"))
        return PlainTextResponse(" ".join(row.name for row in names))

    routes = scene.app.router.routes
    scene.app.add_api_route("/v1/chambers/{chamber}/names", unguarded, include_in_schema=False)
    try:
        found = await (await _reading(scene)).run(attackers(scene.api.issuer)[:1])
    finally:
        routes.pop()
    assert any("/names" in leak and "words" in leak for leak in found.leaks)
    assert all("/names" in leak for leak in found.leaks)


async def test_a_route_that_nobody_classified_is_told() -> None:
    known = Operation("get", "/v1/chambers/{chamber}/reports/{report_id}")
    unknown = Operation("get", "/v1/chambers/{chamber}/things/{thing}")
    assert unclassified([known]) == []
    assert unclassified([known, unknown])


async def test_a_command_that_nobody_classified_is_told() -> None:
    plain = next(c for c in commands.commands() if c.name == "export")
    assert commands.unclassified([plain]) == []
    renamed = commands.Command("other", tuple(plain.parameters))
    renamed.parameters[0].name, kept = "stranger", renamed.parameters[0].name
    try:
        assert commands.unclassified([renamed])
    finally:
        renamed.parameters[0].name = kept


async def test_without_the_prefix_check_of_the_store_blobs_are_reported(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    monkeypatch.setattr(ChamberBlobs, "_check", lambda *_: None)
    # In a store of its own: what such a store lets in must not be met by other tests.
    store, (key, *_) = BlobStore.open("memory:///"), scene.blob_keys()
    await store.of_chamber(LIVED).put(key, b"a document", media_type="application/pdf")
    found = await blobs.search(store, [key])
    tell(f"without the prefix check: {found}")
    assert found.leaks


async def test_a_caller_that_forgets_the_chamber_is_refused_by_the_store(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key made without its chamber does not get past the store."""
    monkeypatch.setattr(rendering, "report_key", lambda _, report, sha: f"reports/{report}/{sha}")
    before = scene.blob_keys()
    with pytest.raises(AssertionError, match="internal_error"):
        await scene.report(LIVED)
    assert scene.blob_keys() == before
    await test_everything_that_is_stored_lies_under_its_chamber(scene)
