"""What was committed before the answer, and what happens when it could not be."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Annotated

import asyncpg
import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import Depends

from deploy.local.identity import LocalIssuer
from services.api.auth.access import WriteCall, writing
from services.api.db.tables.plans import objectives, plans
from services.api.ids import new_id
from services.api.main import create_app
from shared.domain.permissions import Action
from tests.api.system import Api, codes, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

Writing = Annotated[WriteCall, Depends(writing(Action.PLAN_IMPORT), scope="function")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """The application with an endpoint whose commit fails: the parent is checked only then."""
    app = create_app(settings_for(runtime_url, issuer))
    app.state.committed = []

    @app.post("/v1/chambers/{chamber}/orphans", status_code=201)
    async def orphan(call: Writing, parent: str | None = None) -> dict[str, str]:
        plan_id = new_id()
        key = {"chamber_id": call.session.chamber, "plan_id": plan_id}
        head = {"year": 2001, "kind": "piano", "acts": [], "policy": {}}
        row = {"code": "A", "position": 0, "kind": "perspective", "title": "A", "parent": parent}
        await call.session.execute(sa.insert(plans), key | head)
        await call.session.execute(sa.insert(objectives), key | row)
        call.session.on_commit(lambda: app.state.committed.append(plan_id))
        return {"done": "yes"}

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://ciclo.test"
        ) as client,
    ):
        made = Api(app, client, issuer)
        await made.create_chambers("PI", "LU")
        yield made


async def test_an_answer_of_success_means_committed(api: Api) -> None:
    failed = await api.call("POST", "/v1/chambers/PI/orphans?parent=NONE")
    assert failed.status_code == 500
    assert failed.json()["code"] == "internal_error"
    assert (await api.call("GET", "/v1/chambers/PI/plans")).json()["items"] == []
    assert api.app.state.committed == []
    done = await api.call("POST", "/v1/chambers/PI/orphans")
    assert done.status_code == 201
    assert len((await api.call("GET", "/v1/chambers/PI/plans")).json()["items"]) == 1
    assert len(api.app.state.committed) == 1


async def test_text_that_cannot_be_stored_is_refused(api: Api) -> None:
    body = {"code": "NUL", "entity": "TNO", "title": "a\0b"}
    answer = await api.call("POST", "/v1/chambers", json=body)
    assert answer.status_code == 422
    assert codes(answer)[0][1] in {"bad_characters", "wrong_format"}
    path = "/v1/chambers/PI/plans/2001/narratives/section:3"
    written = await api.call("PUT", path, json={"text": "a\0b"})
    assert written.status_code == 422
    assert (await api.call("GET", f"{path}%00")).status_code in {404, 422}


async def test_a_made_up_cursor_is_refused(api: Api) -> None:
    made_up: list[object] = [["-import_id", "x", "x"], ["-import_id", 1, 2], ["-import_id"], {}]
    for value in made_up:
        cursor = base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
        answer = await api.call("GET", f"/v1/chambers/PI/imports?cursor={cursor}")
        assert answer.status_code == 422, value
        assert answer.json()["code"] == "invalid_cursor"


async def test_a_suspended_chamber_can_only_be_read(api: Api, owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET ciclo.chambers = 'LU'")
    await connection.execute("UPDATE chambers SET status = 'suspended' WHERE chamber_id = 'LU'")
    await connection.close()
    assert (await api.call("GET", "/v1/chambers/LU")).json()["status"] == "suspended"
    refused = await api.call("POST", "/v1/chambers/LU/orphans")
    assert refused.status_code == 409
    assert refused.json()["code"] == "chamber_suspended"
