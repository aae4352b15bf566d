# ruff: noqa: S608 - the attacks are made of their own constants
"""The audit cannot be altered unseen: attacks as the owner of the database, and who may read."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from services.api.db.session import Author, Database
from services.api.db.trail import audit
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOG = "/v1/chambers/PI/audit-log"
VERIFICATION = f"{LOG}/verification"
ENTITY_VERIFICATION = "/v1/entities/TNO/audit-log/verification"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def lines(api: Api) -> None:
    """A chamber that was created and changed a few times."""
    await api.create_chambers("PI", "LU")
    for colour in ("#111111", "#222222", "#333333"):
        await recolour(api, colour)


async def recolour(api: Api, colour: str, **headers: str) -> None:
    read = await api.call("GET", "/v1/chambers/PI")
    sent = MERGE | headers | {"If-Match": read.headers["etag"]}
    body = json.dumps({"colour": colour})
    answer = await api.call("PATCH", "/v1/chambers/PI", content=body, headers=sent)
    assert answer.status_code == 200, answer.text


async def verified(api: Api, path: str = VERIFICATION, **query: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.call("GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@asynccontextmanager
async def attacked(
    owner_url: str, statements: Sequence[str], *, chamber: str = "PI"
) -> AsyncIterator[None]:
    """The tables of the audit after statements of an owner without scruples; restored later."""
    tables = ("audit_log", "audit_chain", "audit_heads")
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', $1, false)", chamber)
        kept = {name: await connection.fetch(f"SELECT * FROM {name}") for name in tables}
        await connection.execute("ALTER TABLE audit_log DISABLE TRIGGER chain")
        for statement in statements:
            await connection.execute(statement)
        yield
        for name, rows in kept.items():
            await connection.execute(f"DELETE FROM {name}")
            places = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
            await connection.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
        await connection.execute("ALTER TABLE audit_log ENABLE TRIGGER chain")
    finally:
        await connection.close()


# The second line, and the last one, by their place in the chain.
SECOND = "(SELECT audit_id FROM audit_chain WHERE sequence = 2)"
LAST = "(SELECT audit_id FROM audit_chain ORDER BY sequence DESC LIMIT 1)"
CUT_LINK = "DELETE FROM audit_chain WHERE sequence = (SELECT max(sequence) FROM audit_chain)"
HEAD_BACK = (
    "UPDATE audit_heads SET (sequence, hash) = "
    "(SELECT sequence, hash FROM audit_chain ORDER BY sequence DESC LIMIT 1)"
)
COPY = (
    "INSERT INTO audit_log (chamber_id, audit_id, actor, action, subject) "
    "VALUES ('PI', uuidv7(), 'nobody', 'chamber.changed', 'PI')"
)

ATTACKS: dict[str, tuple[list[str], set[str]]] = {
    "actor changed": ([f"UPDATE audit_log SET actor = 'x' WHERE audit_id = {SECOND}"], {"altered"}),
    "instant moved": (
        [f"UPDATE audit_log SET at = at + interval '1 second' WHERE audit_id = {LAST}"],
        {"altered"},
    ),
    "facts changed": (
        [f"""UPDATE audit_log SET "after" = '{{}}' WHERE audit_id = {SECOND}"""],
        {"altered"},
    ),
    "origin removed": (
        [f"UPDATE audit_log SET client = NULL WHERE audit_id = {SECOND}"],
        {"altered"},
    ),
    "line removed": ([f"DELETE FROM audit_log WHERE audit_id = {SECOND}"], {"removed"}),
    "line and link removed": (
        [
            f"DELETE FROM audit_log WHERE audit_id = {SECOND}",
            "DELETE FROM audit_chain WHERE sequence = 2",
        ],
        {"gap"},
    ),
    "links closed up": (
        [
            f"DELETE FROM audit_log WHERE audit_id = {SECOND}",
            "DELETE FROM audit_chain WHERE sequence = 2",
            "UPDATE audit_chain SET sequence = 2 WHERE sequence = 3",
        ],
        {"broken", "altered", "gap"},
    ),
    "last line removed": (
        [f"DELETE FROM audit_log WHERE audit_id = {LAST}", CUT_LINK],
        {"truncated"},
    ),
    "two lines swapped": (
        [
            "UPDATE audit_chain SET sequence = 0 WHERE sequence = 2",
            "UPDATE audit_chain SET sequence = 2 WHERE sequence = 3",
            "UPDATE audit_chain SET sequence = 3 WHERE sequence = 0",
        ],
        {"broken", "altered"},
    ),
    "line slipped in": ([COPY], {"unchained"}),
    "everything removed": (
        ["DELETE FROM audit_log", "DELETE FROM audit_chain"],
        {"truncated"},
    ),
    "head moved": (["UPDATE audit_heads SET sequence = sequence + 1"], {"truncated"}),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_what_the_owner_alters_is_found(api: Api, owner_url: str, attack: str) -> None:
    statements, expected = ATTACKS[attack]
    assert (await verified(api))["valid"]
    async with attacked(owner_url, statements):
        outcome = await verified(api)
    assert not outcome["valid"]
    assert {fault["code"] for fault in outcome["faults"]} == expected
    assert all(fault["detail"] for fault in outcome["faults"])
    assert (await verified(api))["valid"]


async def test_the_altered_line_is_named(api: Api, owner_url: str) -> None:
    async with attacked(owner_url, ATTACKS["actor changed"][0]):
        outcome = await verified(api)
    line = (await api.call("GET", LOG, params={"limit": 500})).json()["items"][-2]
    (fault,) = outcome["faults"]
    assert (fault["sequence"], fault["audit_id"]) == (2, line["audit_id"])


async def test_an_end_cut_off_with_its_head_is_told_by_an_earlier_note(
    api: Api, owner_url: str
) -> None:
    """Who rewrites lines, chain and head leaves a chain without fault: the note knows."""
    noted = (await verified(api))["head"]
    cut = [f"DELETE FROM audit_log WHERE audit_id = {LAST}", CUT_LINK, HEAD_BACK]
    async with attacked(owner_url, cut):
        assert (await verified(api))["valid"]
        outcome = await verified(api, **noted)
    assert [fault["code"] for fault in outcome["faults"]] == ["anchor"]
    await recolour(api, "#444444")
    later = await verified(api, **noted)
    assert later["valid"]
    assert later["head"]["sequence"] == noted["sequence"] + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "INSERT INTO audit_chain VALUES ('PI', 99, gen_random_uuid(), '', '')",
        "UPDATE audit_chain SET hash = previous",
        "DELETE FROM audit_chain",
        "UPDATE audit_heads SET sequence = 0",
        "DELETE FROM audit_heads",
        "ALTER TABLE audit_log DISABLE TRIGGER chain",
        "DROP TRIGGER chain ON audit_log",
        "SET session_replication_role = replica",
        "UPDATE entity_audit_log SET actor = 'x'",
        "DELETE FROM entity_audit_chain",
        "UPDATE entity_audit_heads SET sequence = 0",
        "SELECT ciclo_chain_audit()",
    ],
)
async def test_the_runtime_role_cannot(runtime_url: str, statement: str) -> None:
    connection = await asyncpg.connect(runtime_url)
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', 'PI', false)")
        with pytest.raises(asyncpg.PostgresError, match=r"permission denied|must be owner"):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_runtime_role_cannot_skip_the_chain(api: Api, runtime_url: str) -> None:
    """Neither early nor late constraints leave a line out; a failed transaction leaves no gap."""
    connection = await asyncpg.connect(runtime_url)
    try:
        for mode in ("IMMEDIATE", "DEFERRED"):
            async with connection.transaction():
                await connection.execute("SELECT set_config('ciclo.chambers', 'PI', true)")
                await connection.execute(f"SET CONSTRAINTS ALL {mode}")
                await connection.execute(COPY)
        rolled = connection.transaction()
        await rolled.start()
        await connection.execute("SELECT set_config('ciclo.chambers', 'PI', true)")
        await connection.execute(COPY)
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        await rolled.rollback()
        # Another chamber's context at the end does not move the line to another chain.
        moved = connection.transaction()
        await moved.start()
        await connection.execute("SELECT set_config('ciclo.chambers', 'PI', true)")
        await connection.execute(COPY)
        await connection.execute("SELECT set_config('ciclo.chambers', 'LU', true)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await moved.commit()
    finally:
        await connection.close()
    outcome = await verified(api)
    assert outcome["valid"]
    assert outcome["head"]["sequence"] == len(
        (await api.call("GET", LOG, params={"limit": 500})).json()["items"]
    )


async def test_writers_at_once_make_one_chain(api: Api, runtime_url: str) -> None:
    """Transactions of one chamber link one after the other, those of others beside them."""
    before = (await verified(api))["head"]["sequence"]
    database = Database(runtime_url, pool_size=8)

    async def write(number: int) -> None:
        chamber = "PI" if number % 2 else "LU"
        async with database.write([chamber], Author("writer")) as session:
            for part in range(3):
                await audit(session, "test.line", f"{number}/{part}")
                await asyncio.sleep(0)
            if number % 5 == 0:
                raise ZeroDivisionError

    outcomes = await asyncio.gather(*(write(n) for n in range(60)), return_exceptions=True)
    await database.close()
    assert {type(outcome) for outcome in outcomes} == {type(None), ZeroDivisionError}
    after = await verified(api)
    assert after["valid"]
    assert after["head"]["sequence"] == before + 3 * sum(1 for n in range(60) if n % 2 and n % 5)
    assert (await verified(api, "/v1/chambers/LU/audit-log/verification"))["valid"]


async def test_the_entity_has_a_chain_of_its_own(api: Api, owner_url: str) -> None:
    assert (await verified(api, ENTITY_VERIFICATION))["head"]["sequence"] > 0
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("UPDATE entity_audit_log SET actor = actor || '!'")
        altered = await verified(api, ENTITY_VERIFICATION)
        await connection.execute("UPDATE entity_audit_log SET actor = rtrim(actor, '!')")
    finally:
        await connection.close()
    assert {fault["code"] for fault in altered["faults"]} == {"altered"}
    assert (await verified(api, ENTITY_VERIFICATION))["valid"]
    lines = (await api.call("GET", "/v1/entities/TNO/audit-log")).json()["items"]
    assert [line["action"] for line in lines] == ["entity.created"]


# --- reading -----------------------------------------------------------------------------------


async def test_a_line_tells_who_what_from_where_and_the_change(api: Api) -> None:
    colour = (await api.call("GET", "/v1/chambers/PI")).json()["colour"]
    await recolour(api, "#00006b", **{"User-Agent": "front-end/1.0", "Request-Id": "request-0001"})
    found = await api.call("GET", LOG, params={"limit": 1})
    (line,) = found.json()["items"]
    assert line["action"] == "chamber.changed"
    assert line["subject"] == "PI"
    assert line["request_id"] == "request-0001"
    assert line["agent"] == "front-end/1.0"
    assert line["client"] == "127.0.0.1"
    assert json.loads(line["before"]) == {"/colour": colour}
    assert json.loads(line["after"]) == {"/colour": "#00006b"}
    assert len(line["hash"]) == 64


async def test_lines_are_found_by_what_is_known_of_them(api: Api) -> None:
    async def found(**query: str) -> list[dict[str, Any]]:
        answer: httpx.Response = await api.call("GET", LOG, params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    changed = await found(action="chamber.changed", subject="PI")
    assert {line["action"] for line in changed} == {"chamber.changed"}
    assert changed == sorted(changed, key=lambda line: line["sequence"], reverse=True)
    assert await found(actor="nobody-at-all") == []
    assert await found(since="2999-01-01T00:00:00Z") == []
    assert await found(until="2000-01-01T00:00:00Z") == []
    assert (await api.call("GET", LOG, params={"since": "yesterday"})).status_code == 422
    assert (await api.call("GET", VERIFICATION, params={"sequence": 1})).status_code == 422


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("entity_administrator", 200),
        ("chamber_administrator", 200),
        ("oiv", 200),
        ("controller", 403),
        ("reader", 403),
    ],
)
async def test_administrators_and_oiv_read_it(api: Api, role: str, status: int) -> None:
    for path in (LOG, VERIFICATION):
        assert (await api.call("GET", path, {"PI": [role]})).status_code == status
        assert (await api.call("GET", path, {"LU": [role]})).status_code == 404
    assert (await api.call("GET", ENTITY_VERIFICATION, {"PI": [role]})).status_code == 403
