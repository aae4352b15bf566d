"""What was kept for long enough goes, all of it and nothing else; each removal stays on record."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from services.api.audit import repository as audits
from services.api.audit import service as proving
from services.api.retention.service import apply_where_due
from tests.api.system import PISA, Api
from tests.api.webhook_sender import Inside, create_integration, measure, measured_system

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMINISTRATOR = {"PI": ["chamber_administrator"]}
RUNS = "/v1/chambers/PI/retention-runs"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    async with measured_system(runtime_url, issuer) as made:
        yield made


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "PI")


async def write(inside: Inside, statement: str, *values: object) -> None:
    """As the owner, in the chamber: makes things old."""
    connection = await asyncpg.connect(inside.owner_url)
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', $1, false)", inside.chamber)
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def run(api: Api) -> dict[str, int]:
    answer = await api.call("POST", RUNS, ADMINISTRATOR)
    assert answer.status_code == 201, answer.text
    return {kind: facts["rows"] for kind, facts in answer.json()["removed"].items()}


async def test_old_messages_go_unless_somebody_has_to_decide(api: Api, inside: Inside) -> None:
    sender = await create_integration(api, "PI", "integra")
    for name, code in (("old", "m1"), ("waiting", "nessuna"), ("new", "m2")):
        assert (await sender.send(measure(code, "1"), message_id=name)).status_code == 200
    await write(
        inside,
        "UPDATE webhook_messages SET received_at = now() - interval '3 years' "
        "WHERE message_id IN ('old', 'waiting')",
    )
    assert (await run(api))["messages"] == 1
    left = await inside.rows("SELECT message_id FROM webhook_messages ORDER BY message_id")
    assert [row["message_id"] for row in left] == ["new", "waiting"]


async def test_sent_events_go_after_a_season(api: Api, inside: Inside) -> None:
    waiting = await inside.rows("SELECT event_id FROM outbox WHERE dispatched_at IS NULL")
    assert len(waiting) > 2
    await write(
        inside,
        "UPDATE outbox SET dispatched_at = now() - interval '91 days' WHERE event_id = $1",
        waiting[0]["event_id"],
    )
    await write(
        inside,
        "UPDATE outbox SET dispatched_at = now() - interval '89 days' WHERE event_id = $1",
        waiting[1]["event_id"],
    )
    assert (await run(api))["events"] == 1
    left = {row["event_id"] for row in await inside.rows("SELECT event_id FROM outbox")}
    assert waiting[0]["event_id"] not in left
    assert {waiting[1]["event_id"], waiting[2]["event_id"]} <= left


async def test_ended_memberships_go(api: Api, inside: Inside) -> None:
    for person, until in (("persona-1", "2020-12-31"), ("persona-2", None)):
        body = {"person": person, "roles": ["reader"], "valid_until": until}
        answer = await api.call("POST", "/v1/chambers/PI/members", ADMINISTRATOR, json=body)
        assert answer.status_code == 201, answer.text
    assert (await run(api))["memberships"] == 1
    left = await inside.rows("SELECT person FROM members")
    assert [row["person"] for row in left] == ["persona-2"]


TEXTS = (
    "narratives",
    "narrative_versions",
    "narrative_drafts",
    "text_assignments",
    "comment_threads",
    "comments",
)


async def write_about(api: Api, plan: str, key: str) -> None:
    """Everything that can be written about an objective, by somebody who sees all of them."""
    person = {"PI": ["controller", "signer", "oiv"]}
    for method, path, body in (
        ("PUT", f"narratives/{key}", {"text": "Detto."}),
        ("PUT", f"narratives/{key}/draft", {"text": "Forse.", "base_version": 1}),
        ("PUT", f"text-assignments/{key}", {"offices": ["Segreteria"]}),
        ("POST", "comment-threads", {"key": key, "text": "Davvero?"}),
    ):
        answer = await api.call(method, f"{plan}/{path}", person, json=body)
        assert answer.is_success, answer.text


async def test_individual_sheets_go_five_years_after_their_year(api: Api, inside: Inside) -> None:
    """Of 2020 nothing individual is left; the chamber's own figures stay as they were."""
    assert (await api.import_case("PI", PISA)).status_code == 201
    path = "/v1/chambers/PI/plans/2020"
    before = (await api.call("GET", f"{path}/results")).json()
    sheets = {row["code"] for row in before["objectives"] if row["kind"] == "individual"}
    assert sheets == {"SG", "DARS", "DASTT"}
    await write_about(api, path, "objective:SG")
    await write_about(api, path, "objective:A1")
    assert (await run(api))["sheets"] >= 3
    for table in TEXTS:
        of = "comment_threads" if table == "comments" else table
        more = f"JOIN {of} USING (chamber_id, thread_id)" if table != of else ""
        left = await inside.rows(f"SELECT subject_code FROM {table} {more}")  # noqa: S608
        assert {row["subject_code"] for row in left} == {"A1"}, table
    after = (await api.call("GET", f"{path}/results")).json()
    kept = {row["code"]: row for row in after["objectives"]}
    assert not sheets & set(kept)
    assert {row["scope"] for row in after["objectives"]} == {"chamber"}
    assert after["overall"] == before["overall"]
    for row in before["objectives"]:
        if row["scope"] == "chamber":
            assert kept[row["code"]] == row
    exported = await api.call("GET", f"{path}/export")
    assert not [o for o in exported.json()["objectives"] if o["kind"].startswith("individual")]
    assert (await run(api))["sheets"] == 0


async def test_every_run_is_told_and_audited(api: Api, inside: Inside) -> None:
    listed = (await api.call("GET", RUNS, ADMINISTRATOR)).json()["items"]
    assert len(listed) >= 2
    lines = await inside.rows("SELECT detail FROM audit_log WHERE action = 'retention.applied'")
    assert len(lines) == len(listed)
    told = [run["removed"]["sheets"]["rows"] for run in listed]
    noted = [json.loads(line["detail"])["removed"]["sheets"] for line in lines]
    assert sorted(told) == sorted(noted)


async def test_old_audit_lines_go_and_the_chain_still_proves_the_rest(
    api: Api, owner_url: str
) -> None:
    inside = Inside(owner_url, "MS")
    await write(
        inside, "INSERT INTO chambers (chamber_id, entity_id, name) VALUES ('MS', 'TNO', 'MS')"
    )
    for years in (12, 11, 9):
        await write(
            inside,
            "INSERT INTO audit_log (chamber_id, audit_id, at, actor, action, subject) "
            "VALUES ('MS', gen_random_uuid(), now() - make_interval(years => $1), 'a', 'b', 'c')",
            years,
        )
    parts = api.app.state.container
    assert await apply_where_due(parts, "MS")
    assert not await apply_where_due(parts, "MS")  # once a day
    actions = [row["action"] for row in await inside.rows("SELECT action FROM audit_log")]
    assert sorted(actions) == ["b", "retention.applied"]
    async with parts.database.read(["MS"]) as session:
        proved = await proving.verify(session, audits.of_chamber("MS"), None)
    assert proved.faults == []

    await write(inside, "DELETE FROM audit_log WHERE action = 'b'")
    async with parts.database.read(["MS"]) as session:
        proved = await proving.verify(session, audits.of_chamber("MS"), None)
    assert [fault.kind for fault in proved.faults] == ["removed"]


@pytest.mark.parametrize("roles", [{"PI": ["controller"]}, {"PI": ["oiv"]}])
async def test_only_administrators_remove(api: Api, roles: dict[str, list[str]]) -> None:
    assert (await api.call("POST", RUNS, roles)).status_code == 403


@pytest.mark.parametrize(
    ("kind", "chamber", "age"),
    [
        ("messages", "PI", timedelta(days=1)),
        ("audit", "PI", timedelta(days=300)),
        ("sheets", "PI", timedelta(days=300)),
        ("messages", "LU", timedelta(days=800)),
        ("plans", "PI", timedelta(days=800)),
    ],
)
async def test_the_database_refuses_what_no_rule_asks_for(
    runtime_url: str, kind: str, chamber: str, age: timedelta
) -> None:
    connection = await asyncpg.connect(runtime_url)
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', 'PI', false)")
        with pytest.raises(asyncpg.RaiseError, match="retention_refused"):
            await connection.fetchval(
                "SELECT ciclo_retire($1, $2, $3)", chamber, kind, datetime.now(UTC) - age
            )
    finally:
        await connection.close()
