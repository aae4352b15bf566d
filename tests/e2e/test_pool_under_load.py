"""Many users on a small pool: nobody sees another chamber, no connection keeps a context.

Twenty users of three chambers, with failures, cancelled requests and cut connections.
"""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from starlette.responses import JSONResponse

from deploy.local.identity import LocalIssuer
from services.api.auth.access import WriteCall, writing
from services.api.main import create_app
from shared.domain.permissions import Action
from tests.api.live import serving
from tests.api.plan_office import small
from tests.api.system import settings_for

CHAMBERS = ("PI", "LU", "MS")
USERS = 20
REQUESTS = 10_000
POOL = 6

Broken = Annotated[WriteCall, Depends(writing(Action.PLAN_IMPORT), scope="function")]

READS = (
    "",
    "/plans",
    "/plans/2020",
    "/plans/2020/objectives?limit=5",
    "/plans/2020/results",
    "/plans/2020/measurements",
    "/plans/2020/narratives/objective:A",
    "/imports?limit=3",
    "/reports",
    "/audit-log?limit=3",
)


def word(chamber: str) -> str:
    """Stands in every text of a chamber, and of no other."""
    return f"parola-{chamber}-sua"


_CONTEXT = "SELECT current_setting('ciclo.chambers', true)"


@dataclass
class Seen:
    """What the users got."""

    outcomes: Counter[str] = field(default_factory=Counter)
    showing: int = 0
    foreign: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def _with_failures(app: FastAPI) -> None:
    """Two routes more: one fails within its transaction, one looks at every idle connection."""

    @app.post("/v1/chambers/{chamber}/broken")
    async def broken(chamber: str, call: Broken) -> None:
        await asyncio.sleep(random.random() / 200)  # noqa: S311 - when it fails is no secret
        raise ZeroDivisionError(f"{chamber} {call.access.chamber}")

    @app.get("/left")
    async def left(request: Request) -> JSONResponse:
        engine = request.app.state.container.database.engine
        found = []
        async with AsyncExitStack() as stack:
            for _ in range(POOL):
                connection = await stack.enter_async_context(engine.connect())
                raw = (await connection.get_raw_connection()).driver_connection
                try:
                    found.append(await raw.fetchval(_CONTEXT))
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    await connection.invalidate()  # it was cut: nobody gets it any more
        return JSONResponse({"contexts": found})


async def _prepared(client: httpx.AsyncClient, administrator: dict[str, str]) -> None:
    async def done(path: str, body: Any) -> None:  # noqa: ANN401
        answer = await client.post(path, json=body, headers=administrator)
        assert answer.status_code == 201, answer.text

    await done("/v1/entities", {"code": "TNO", "title": "Ente"})
    for chamber in CHAMBERS:
        text = word(chamber)
        await done("/v1/chambers", {"code": chamber, "entity": "TNO", "title": text})
        case = small(2020) | {"chamber": chamber}
        case["narratives"] = [{"objective": "A", "text": text}]
        case["objectives"] = [
            {**row, "title": f"{row['title']} {text}"} for row in case["objectives"]
        ]
        await done(f"/v1/chambers/{chamber}/imports", case)


async def _user(
    client: httpx.AsyncClient, number: int, headers: dict[str, str], seen: Seen
) -> None:
    """One of the users, with a dice of its own."""
    chamber = CHAMBERS[number % len(CHAMBERS)]
    others = [word(other) for other in CHAMBERS if other != chamber]
    dice = random.Random(number)  # noqa: S311 - the same load every time
    base = f"/v1/chambers/{chamber}"
    for _ in range(REQUESTS // USERS):
        throw = dice.random()
        try:
            if throw < 0.04:
                answer = await client.post(f"{base}/broken", headers=headers)
            elif throw < 0.06:
                path = f"{base}/plans/2020/narratives/indicator:I{dice.choice('12')}"
                answer = await client.put(path, json={"text": word(chamber)}, headers=headers)
            elif throw < 0.09:
                stranger = f"/v1/chambers/{dice.choice(CHAMBERS)}/plans/2020/results"
                answer = await client.get(stranger, headers=headers)
            elif throw < 0.14:
                request = client.get(f"{base}{dice.choice(READS)}", headers=headers)
                answer = await asyncio.wait_for(request, dice.random() / 50)
            else:
                answer = await client.get(f"{base}{dice.choice(READS)}", headers=headers)
        except (TimeoutError, httpx.TransportError):
            seen.outcomes["cancelled"] += 1
            continue
        seen.outcomes[str(answer.status_code)] += 1
        seen.showing += word(chamber) in answer.text
        seen.foreign += [f"{answer.url}: {text}" for text in others if text in answer.text]


async def _disturbance(admin_url: str, client: httpx.AsyncClient, seen: Seen) -> None:
    """Cuts connections of the pool now and then, and looks at what idle ones remember."""
    connection = await asyncpg.connect(admin_url)
    try:
        while True:
            await asyncio.sleep(1.0)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'ciclo_runtime' AND datname = current_database() "
                "ORDER BY random() LIMIT 1"
            )
            await _look(client, seen)
    finally:
        await connection.close()


async def _look(client: httpx.AsyncClient, seen: Seen) -> None:
    answer = await client.get("/left", timeout=30)
    if answer.status_code == 200:
        seen.outcomes["looks at the pool"] += 1
        seen.left += [context for context in answer.json()["contexts"] if context]


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_nobody_sees_another_chamber_and_no_connection_remembers_one(
    runtime_url: str,
    database_admin_url: str,
    tmp_path: Path,
    record_property: Any,  # noqa: ANN401 - a fixture of pytest
) -> None:
    issuer = LocalIssuer(tmp_path / "identity")
    issuer.ensure_keys()
    app = create_app(settings_for(runtime_url, issuer, database_pool_size=POOL, dispatch=False))
    _with_failures(app)
    admin = database_admin_url.rsplit("/", 1)[0] + "/" + runtime_url.rsplit("/", 1)[1]

    def bearer(roles: dict[str, list[str]]) -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.mint(roles)}"}

    seen = Seen()
    limits = httpx.Limits(max_connections=2 * USERS)
    with serving(app) as url:
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
            await _prepared(client, bearer({"*": ["entity_administrator", "controller"]}))
            disturbing = asyncio.create_task(_disturbance(admin, client, seen))
            roles = ["controller", "oiv", "contributor"]
            users = [
                _user(client, number, bearer({CHAMBERS[number % 3]: roles}), seen)
                for number in range(USERS)
            ]
            await asyncio.gather(*users)
            disturbing.cancel()
            await asyncio.gather(disturbing, return_exceptions=True)
            for _ in range(3):
                await _look(client, seen)
    record_property("tried", f"{REQUESTS} requests of {USERS} users: {dict(seen.outcomes)}")
    assert seen.foreign == []
    assert seen.left == []
    assert seen.outcomes.total() >= REQUESTS
    assert seen.showing > REQUESTS // 3
    assert seen.outcomes["500"] > 100
    assert seen.outcomes["cancelled"] > 10
    assert seen.outcomes["404"] > 50
    assert seen.outcomes["looks at the pool"] >= 3
