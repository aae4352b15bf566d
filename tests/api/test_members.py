"""Memberships kept by the chamber: what they give, who may give them, what they leave behind."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from services.api.auth.directory import ROME
from services.api.db.tables.requests import audit_log
from services.api.main import create_app
from tests.api.system import ADMINISTRATOR, Api, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEMBERS = "/v1/chambers/PI/members"
CHAMBER_ADMINISTRATOR = {"PI": ["chamber_administrator"]}
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _chambers(api: Api) -> None:
    await api.create_chambers("PI", "LU")


def headers(api: Api, person: str, roles: dict[str, list[str]] | None = None) -> dict[str, str]:
    """The header of a person whose token gives only ``roles``."""
    return {"Authorization": f"Bearer {api.issuer.mint(roles or {}, subject=person)}"}


async def add(api: Api, person: str, *roles: str, **more: object) -> httpx.Response:
    """Adds a person, by the chamber's administrator."""
    body = {"person": person, "roles": list(roles), **more}
    return await api.call("POST", MEMBERS, CHAMBER_ADMINISTRATOR, json=body)


async def audited(api: Api, action: str) -> list[Any]:
    """The audit lines of an action."""
    async with api.app.state.container.database.read(["PI"]) as session:
        return list(await session.all(audit_log.select().where(audit_log.c.action == action)))


async def test_a_membership_gives_what_the_token_does_not(api: Api) -> None:
    caller = headers(api, "anna")
    assert (await api.client.get("/v1/chambers/PI", headers=caller)).status_code == 404
    made = await add(api, "anna", "controller", units=["Ufficio Studi"], evaluates=["PO1"])
    assert made.status_code == 201, made.text
    assert made.json()["units"] == ["Ufficio Studi"]
    assert made.headers["location"] == f"{MEMBERS}/{made.json()['member_id']}"
    seen = await api.client.get("/v1/chambers/PI", headers=caller)
    assert seen.status_code == 200
    assert "plan.import" in seen.json()["allowed_actions"]
    mine = await api.client.get("/v1/chambers", headers=caller)
    assert [item["code"] for item in mine.json()["items"]] == ["PI"]
    assert (await api.client.get("/v1/chambers/LU", headers=caller)).status_code == 404
    (line,) = await audited(api, "member.added")
    assert line.subject == "member/anna"
    assert line.detail["after"]["roles"] == ["controller"]


async def test_changes_and_removals_count_at_once_and_are_written_down(api: Api) -> None:
    made = await add(api, "bruno", "controller")
    path, etag = made.headers["location"], made.headers["etag"]
    caller = headers(api, "bruno")
    blind = await api.call("PATCH", path, json={"roles": ["reader"]}, headers=MERGE)
    assert blind.status_code == 428
    match = MERGE | {"If-Match": etag}
    changed = await api.call("PATCH", path, json={"roles": ["reader"]}, headers=match)
    stale = await api.call("PATCH", path, json={"roles": ["oiv"]}, headers=match)
    assert (changed.status_code, stale.status_code) == (200, 412)
    seen = await api.client.get("/v1/chambers/PI", headers=caller)
    assert "plan.import" not in seen.json()["allowed_actions"]
    assert (await api.call("DELETE", path)).status_code == 428
    match = {"If-Match": changed.headers["etag"]}
    assert (await api.call("DELETE", path, headers=match)).status_code == 204
    assert (await api.call("GET", path)).status_code == 404
    assert (await api.client.get("/v1/chambers/PI", headers=caller)).status_code == 404
    (change,) = await audited(api, "member.changed")
    assert change.detail["before"]["roles"] == ["controller"]
    assert change.detail["after"]["roles"] == ["reader"]
    (removal,) = await audited(api, "member.removed")
    assert removal.detail["before"]["roles"] == ["reader"]


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [(-2, 2, True), (None, 0, True), (0, None, True), (1, None, False), (None, -1, False)],
)
async def test_a_membership_holds_from_its_first_to_its_last_day(
    api: Api, first: int | None, last: int | None, holds: bool
) -> None:
    person = f"dated {first} {last}"
    days = {
        name: (datetime.now(ROME).date() + timedelta(days=distance)).isoformat()
        for name, distance in (("valid_from", first), ("valid_until", last))
        if distance is not None
    }
    assert (await add(api, person, "reader", **days)).status_code == 201
    answer = await api.client.get("/v1/chambers/PI", headers=headers(api, person))
    assert answer.status_code == (200 if holds else 404)


async def test_days_in_the_wrong_order_are_refused(api: Api) -> None:
    days = {"valid_from": "2026-02-01", "valid_until": "2026-01-01"}
    refused = await add(api, "reversed", "reader", **days)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/valid_until"
    made = await add(api, "reversed", "reader", valid_from="2026-02-01")
    match = MERGE | {"If-Match": made.headers["etag"]}
    change = {"valid_until": "2026-01-01"}
    late = await api.call("PATCH", made.headers["location"], json=change, headers=match)
    assert late.status_code == 422


async def test_nobody_rises_above_what_they_are(api: Api) -> None:
    escalation = await add(api, "carla", "entity_administrator")
    assert escalation.status_code == 403
    assert escalation.json()["code"] == "role_beyond_yours"
    assert "entity_administrator" in escalation.json()["detail"]
    even_so = {"person": "carla", "roles": ["entity_administrator"]}
    assert (await api.call("POST", MEMBERS, ADMINISTRATOR, json=even_so)).status_code == 403
    nobody = {"person": "carla", "roles": ["public"]}
    assert (await api.call("POST", MEMBERS, ADMINISTRATOR, json=nobody)).status_code == 403
    for roles in (["controller"], ["validator", "oiv", "signer"], ["reader"], ["contributor"]):
        refused = await api.call("POST", MEMBERS, {"PI": roles}, json=even_so)
        assert refused.status_code == 403
        assert (await api.call("GET", MEMBERS, {"PI": roles})).status_code == 403
    elsewhere = {"LU": ["chamber_administrator"]}
    assert (await api.call("GET", MEMBERS, elsewhere)).status_code == 404


async def test_nobody_changes_their_own_entry(api: Api) -> None:
    made = await add(api, "daria", "chamber_administrator")
    mine = headers(api, "daria")
    own = {"person": "daria", "roles": ["oiv"]}
    added = await api.client.post(MEMBERS, json=own, headers=mine)
    match = MERGE | mine | {"If-Match": made.headers["etag"]}
    changed = await api.client.patch(
        made.headers["location"], json={"roles": ["oiv"]}, headers=match
    )
    removed = await api.client.delete(made.headers["location"], headers=match)
    assert [a.json()["code"] for a in (added, changed, removed)] == ["own_membership"] * 3
    shown = await api.client.get(made.headers["location"], headers=mine)
    assert shown.json()["allowed_actions"] == ["member.read"]
    other = await api.client.post(MEMBERS, json={**own, "person": "elio"}, headers=mine)
    assert other.status_code == 201


async def test_a_person_is_a_member_once(api: Api) -> None:
    assert (await add(api, "fabio", "reader")).status_code == 201
    again = await add(api, "fabio", "oiv")
    assert (again.status_code, again.json()["code"]) == (409, "member_exists")
    listed = await api.call("GET", f"{MEMBERS}?person=fabio")
    assert [item["roles"] for item in listed.json()["items"]] == [["reader"]]


@pytest.mark.parametrize(
    ("source", "by_token", "by_chamber"),
    [("claims", 200, 404), ("members", 404, 200), ("both", 200, 200)],
)
async def test_the_setting_says_what_counts(
    api: Api, runtime_url: str, issuer: LocalIssuer, source: str, by_token: int, by_chamber: int
) -> None:
    await add(api, "gina", "reader")
    app = create_app(settings_for(runtime_url, issuer, roles_from=source))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        told = headers(api, "hugo", {"PI": ["reader"]})
        kept = headers(api, "gina")
        entity = headers(api, "hugo", {"*": ["reader"]})
        answers = [
            await client.get("/v1/chambers/PI", headers=caller) for caller in (told, kept, entity)
        ]
        listed = [
            len((await client.get("/v1/chambers", headers=caller)).json()["items"])
            for caller in (told, kept)
        ]
    assert [answer.status_code for answer in answers] == [by_token, by_chamber, 200]
    assert listed == [int(status == 200) for status in (by_token, by_chamber)]
