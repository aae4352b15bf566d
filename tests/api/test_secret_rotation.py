"""Keys and tokens change while a system is at work: nobody is refused, nothing is left behind."""

import asyncio
import json
import secrets as random
from pathlib import Path

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from deploy.local.identity import LocalIssuer
from services.api.cli.main import app as ciclo
from services.api.db.session import Database
from services.api.main import create_app
from services.api.sealed.repository import sealed_tables
from services.api.sealed.service import rotate
from shared.runtime.secrets import SecretBox, new_key
from tests.api.system import Api, settings_for
from tests.api.webhook_sender import Sender, create_integration, measure

OLD, NEW = new_key(), new_key()


async def _sent(sender: Sender, times: int) -> list[int]:
    statuses = []
    for _ in range(times):
        answer = await sender.send(measure("unknown", "1"))
        statuses.append(answer.status_code)
        await asyncio.sleep(0)
    return statuses


async def test_secrets_are_sealed_anew_while_messages_arrive(
    runtime_url: str, owner_url: str, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings(*keys: str) -> dict[str, object]:
        return {"secret_keys": ",".join(keys), "dispatch": False}

    async def running(*keys: str) -> tuple[Api, httpx.AsyncClient]:
        app = create_app(settings_for(runtime_url, issuer, **settings(*keys)))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ciclo.test")
        return Api(app, client, issuer), client

    database = Database(runtime_url, pool_size=2)
    before, client = await running(OLD)
    async with before.app.router.lifespan_context(before.app), client:
        await before.create_chambers("PI", "LU")
        first = await create_integration(before, "PI", "integra")
        second = await create_integration(before, "LU", "integra")
        assert await _sent(first, 1) == [200]

    during, client = await running(NEW, OLD)
    async with during.app.router.lifespan_context(during.app), client:
        senders = [Sender(during, s.chamber, s.integration, s.secret) for s in (first, second)]
        sending = asyncio.gather(*(_sent(sender, 20) for sender in senders))
        outcome = await rotate(database, SecretBox([NEW, OLD]))
        statuses = await sending
        assert (outcome.chambers, outcome.resealed, outcome.unreadable) == (2, 2, [])
        assert {status for found in statuses for status in found} == {200}
        again = await rotate(database, SecretBox([NEW, OLD]))
        assert (again.resealed, again.current) == (0, 2)

    after, client = await running(NEW)
    async with after.app.router.lifespan_context(after.app), client:
        assert await _sent(Sender(after, "PI", "integra", first.secret), 1) == [200]
        lines = await after.call("GET", "/v1/chambers/PI/audit-log?action=secrets.resealed")
        assert len(lines.json()["items"]) == 1
    await database.close()
    monkeypatch.setenv("CICLO_MODE", "development")
    monkeypatch.setenv("DATABASE_URL", runtime_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CICLO_SECRET_KEYS", new_key())
    lost = await asyncio.to_thread(CliRunner().invoke, ciclo, ["secrets", "rotate", "--json"])
    assert lost.exit_code == 1
    assert sorted(json.loads(lost.output)["unreadable"]) == [
        "LU/integration_secrets",
        "PI/integration_secrets",
    ]
    monkeypatch.setenv("CICLO_SECRET_KEYS", NEW)
    fine = await asyncio.to_thread(CliRunner().invoke, ciclo, ["secrets", "rotate", "--lang", "it"])
    assert (fine.exit_code, "già sotto la prima chiave: 2" in fine.output) == (0, True)


async def test_every_table_with_seals_can_be_sealed_anew(owner_url: str) -> None:
    """The runtime role may put a new seal into each of them."""
    names = {table.name for table in sealed_tables()}
    assert names >= {"integration_secrets", "subscription_secrets"}
    connection = await asyncpg.connect(owner_url)
    for name in names:
        assert await connection.fetchval(
            "SELECT has_column_privilege('ciclo_runtime', $1, 'sealed', 'UPDATE')", name
        )
    await connection.close()


async def test_two_service_tokens_are_valid_at_once(
    runtime_url: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    new, old = random.token_urlsafe(32), random.token_urlsafe(32)
    settings = settings_for(runtime_url, issuer, renderer_token=SecretStr(f"{new}, {old}"))
    app = create_app(settings)
    path = "/internal/v1/chambers/PI/render-jobs/0198a000-0000-7000-8000-000000000000/lease"
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        for token, status in ((new, 404), (old, 404), (f"{new}, {old}", 401), ("", 401)):
            header = {"Authorization": f"Bearer {token}"}
            assert (await client.post(path, headers=header)).status_code == status
