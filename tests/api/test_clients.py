"""Keys of machines: shown once, good for what they say, in their chamber, until they end."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.api.db.session import Author
from services.api.db.tables.identities import machine_keys
from services.api.db.tables.requests import audit_log, idempotency_keys
from services.api.main import create_app
from shared.domain.permissions import MACHINE_ACTIONS, Action
from shared.runtime.clock import FixedClock
from shared.runtime.machine_keys import parse_machine_key
from shared.runtime.secrets import new_key
from tests.api.system import PISA, Api, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLIENTS = "/v1/chambers/PI/clients"
ADMINISTRATOR = {"PI": ["chamber_administrator"]}
READING = ["chamber.read", "plan.read"]


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _chambers(api: Api) -> None:
    await api.create_chambers("PI", "LU")
    for chamber in ("PI", "LU"):
        assert (await api.import_case(chamber, PISA)).status_code == 201


async def create(api: Api, scopes: list[str], **more: object) -> httpx.Response:
    """A client with its first key."""
    body = {"title": "Gestionale", "scopes": scopes, **more}
    return await api.call("POST", CLIENTS, ADMINISTRATOR, json=body)


def bearer(issued: httpx.Response) -> dict[str, str]:
    """The header of who holds the key of an answer."""
    body = issued.json()
    return {"Authorization": f"Bearer {body.get('issued', body)['key']}"}


async def test_a_key_does_what_it_says_where_it_says(api: Api) -> None:
    made = await create(api, READING)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    caller = bearer(made)

    async def status(path: str, method: str = "GET") -> int:
        return (await api.client.request(method, path, headers=caller)).status_code

    assert await status("/v1/chambers/PI/plans/2020") == 200
    assert await status("/v1/chambers/PI/plans/2020/results") == 403
    assert await status("/v1/chambers/LU/plans/2020") == 404
    assert await status("/v1/chambers/XX/plans/2020") == 404
    assert await status(CLIENTS) == 403
    assert await status("/v1/chambers/PI/members") == 403
    listed = await api.client.get("/v1/chambers", headers=caller)
    assert [item["code"] for item in listed.json()["items"]] == ["PI"]
    assert listed.json()["items"][0]["allowed_actions"] == READING
    for path, new in (
        ("/v1/entities", {"code": "ABC", "title": "Ente"}),
        ("/v1/chambers", {"code": "ZZ", "entity": "TNO", "title": "Camera"}),
    ):
        assert (await api.client.post(path, json=new, headers=caller)).status_code == 403


async def test_the_secret_is_nowhere_and_shown_once(api: Api) -> None:
    key = {"Idempotency-Key": "client-once"}
    body = {"title": "Una volta", "scopes": READING}
    first = await api.call("POST", CLIENTS, ADMINISTRATOR, json=body, headers=key)
    again = await api.call("POST", CLIENTS, ADMINISTRATOR, json=body, headers=key)
    text = first.json()["issued"]["key"]
    secret = parse_machine_key(text)
    assert secret is not None
    assert again.json()["issued"]["key"] is None
    assert again.json()["client"]["client_id"] == first.json()["client"]["client_id"]
    shown = await api.call("GET", first.headers["location"], ADMINISTRATOR)
    assert secret.secret not in shown.text
    async with api.app.state.container.database.read(["PI"]) as session:
        for table in (machine_keys, audit_log, idempotency_keys):
            assert secret.secret not in str(await session.all(table.select()))
    key_row = shown.json()["keys"][0]
    assert key_row["last_used_at"] is None
    await api.client.get("/v1/chambers/PI", headers=bearer(first))
    used = await api.call("GET", first.headers["location"], ADMINISTRATOR)
    assert used.json()["keys"][0]["last_used_at"] is not None


async def test_nobody_gives_a_key_more_than_they_have(api: Api) -> None:
    for scope in set(Action) - MACHINE_ACTIONS:
        refused = await create(api, ["plan.read", scope])
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_beyond_yours")
        assert scope in refused.json()["detail"]
    unknown = await create(api, ["plan.burn"])
    assert unknown.status_code == 422
    for roles in (["controller"], ["validator"], ["reader"]):
        body = {"title": "X", "scopes": READING}
        answer = await api.call("POST", CLIENTS, {"PI": roles}, json=body)
        assert answer.status_code == 403


async def test_rotation_leaves_no_gap_and_two_keys_at_most(api: Api) -> None:
    first = await create(api, READING)
    path = first.headers["location"]
    second = await api.call("POST", f"{path}/keys", ADMINISTRATOR, json={"overlap_hours": 2})
    assert second.status_code == 201
    assert second.json()["previous_valid_until"] is not None

    async def statuses(*issued: httpx.Response) -> list[int]:
        answers = [await api.client.get("/v1/chambers/PI", headers=bearer(i)) for i in issued]
        return [answer.status_code for answer in answers]

    assert await statuses(first, second) == [200, 200]
    third = await api.call("POST", f"{path}/keys", ADMINISTRATOR, json={})
    assert await statuses(first, second, third) == [401, 200, 200]
    assert len((await api.call("GET", path)).json()["keys"]) == 2
    hasty = await api.call("POST", f"{path}/keys", ADMINISTRATOR, json={"overlap_hours": 0})
    assert await statuses(first, second, third, hasty) == [401, 401, 401, 200]


async def test_a_revoked_client_is_out_at_once_and_for_good(api: Api) -> None:
    made = await create(api, READING)
    path = made.headers["location"]
    assert (await api.client.get("/v1/chambers/PI", headers=bearer(made))).status_code == 200
    etag = {"If-Match": (await api.call("GET", path)).headers["etag"]}
    assert (await api.call("POST", f"{path}/revocation")).status_code == 428
    revoked = await api.call("POST", f"{path}/revocation", ADMINISTRATOR, headers=etag)
    assert revoked.json()["state"] == "revoked"
    assert revoked.json()["keys"] == []
    refused = await api.client.get("/v1/chambers/PI", headers=bearer(made))
    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"
    again = await api.call("POST", f"{path}/keys", ADMINISTRATOR, json={})
    assert (again.status_code, again.json()["code"]) == (409, "client_revoked")


async def test_changed_scopes_count_at_once(api: Api) -> None:
    made = await create(api, READING)
    path = made.headers["location"]
    etag = (await api.call("GET", path)).headers["etag"]
    headers = {"Content-Type": "application/merge-patch+json", "If-Match": etag}
    assert (await api.client.get("/v1/chambers/PI", headers=bearer(made))).status_code == 200
    body = {"scopes": ["result.read"]}
    changed = await api.call("PATCH", path, ADMINISTRATOR, json=body, headers=headers)
    assert changed.json()["scopes"] == ["result.read"]
    stale = await api.call("PATCH", path, ADMINISTRATOR, json=body, headers=headers)
    assert stale.status_code == 412
    assert (await api.client.get("/v1/chambers/PI", headers=bearer(made))).status_code == 403
    listed = await api.client.get("/v1/chambers", headers=bearer(made))
    assert listed.json()["items"] == []


def _application(api: Api, runtime_url: str, **more: object) -> FastAPI:
    return create_app(settings_for(runtime_url, api.issuer, **more))


async def test_a_key_ends_on_its_day(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await create(api, READING, valid_days=1)
    machines = api.app.state.container.machines
    later = FixedClock(datetime.now(UTC) + timedelta(days=1, seconds=1))
    monkeypatch.setattr(machines, "_clock", later)
    machines.forget()
    assert (await api.client.get("/v1/chambers/PI", headers=bearer(made))).status_code == 401
    later.set(datetime.now(UTC) + timedelta(hours=23))
    assert (await api.client.get("/v1/chambers/PI", headers=bearer(made))).status_code == 200


async def test_keys_follow_the_rotation_of_the_installations_key(
    api: Api, runtime_url: str
) -> None:
    old, new = new_key(), new_key()
    body = {"title": "Lunga vita", "scopes": READING}
    statuses = []
    issued: httpx.Response | None = None
    for keys in (old, f"{new},{old}", new, new_key()):
        app = _application(api, runtime_url, secret_keys=keys)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
        ):
            if issued is None:
                issued = await client.post(CLIENTS, json=body, headers=api.token(ADMINISTRATOR))
            answer = await client.get("/v1/chambers/PI", headers=bearer(issued))
            statuses.append(answer.status_code)
        # Used again a minute later it is hashed anew.
        async with api.app.state.container.database.write(["PI"], Author("test")) as session:
            await session.execute(machine_keys.update().values(last_used_at=None))
    assert statuses == [200, 200, 200, 401]


async def test_the_document_says_which_operation_a_machine_may_call(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()
    by_id = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for operation in item.values()
    }
    assert by_id["plan"]["security"] == [{"oidc": []}, {"macchina": []}]
    assert by_id["plan"]["x-scopes"] == ["plan.read"]
    for person_only in ("members_list", "client_new", "chamber_new", "evaluation_new"):
        assert by_id[person_only].get("security", document["security"]) == [{"oidc": []}]
    for operation in by_id.values():
        scopes = operation.get("x-scopes", [])
        assert ({"macchina": []} in operation.get("security", ())) == bool(scopes)
        assert set(scopes) <= set(MACHINE_ACTIONS)
