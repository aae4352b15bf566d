"""The application in this process, on a real PostgreSQL as the runtime role, and its callers."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from deploy.local.identity import LocalIssuer
from services.api.main import create_app
from shared.runtime.secrets import new_key
from shared.runtime.settings import LOCAL_ISSUER, ApiSettings

CASES = Path(__file__).parents[1] / "cases"
PISA = (CASES / "pisa-2020.json").read_bytes()
MASSA = (CASES / "massa-2021.json").read_bytes()

JSON = {"Content-Type": "application/json"}

ADMINISTRATOR = {"*": ["entity_administrator", "controller", "signer"]}

Roles = Mapping[str, Sequence[str]]


@dataclass
class Api:
    """A running application and a client of it."""

    app: FastAPI
    client: httpx.AsyncClient
    issuer: LocalIssuer

    def token(
        self,
        roles: Roles,
        *,
        entity: str = "TNO",
        **more: Any,  # noqa: ANN401 - passed on to the issuer
    ) -> dict[str, str]:
        """The header of somebody with these roles."""
        return {"Authorization": f"Bearer {self.issuer.mint(roles, entity=entity, **more)}"}

    async def call(
        self,
        method: str,
        path: str,
        roles: Roles = ADMINISTRATOR,
        **more: Any,  # noqa: ANN401 - passed on to httpx
    ) -> httpx.Response:
        """A request by somebody with these roles."""
        headers = self.token(roles) | dict(more.pop("headers", {}))
        return await self.client.request(method, path, headers=headers, **more)

    async def create_chambers(self, *codes: str) -> None:
        """The entity and some of its chambers; those that exist already are fine."""
        entity = {"code": "TNO", "title": "Toscana Nord-Ovest"}
        answer = await self.call("POST", "/v1/entities", json=entity)
        assert answer.status_code in {201, 409}, answer.text
        for code in codes:
            body = {"code": code, "entity": "TNO", "title": f"Camera di prova {code}"}
            answer = await self.call("POST", "/v1/chambers", json=body)
            assert answer.status_code in {201, 409}, answer.text

    async def import_case(
        self,
        chamber: str,
        case: bytes,
        **more: Any,  # noqa: ANN401 - passed on to httpx
    ) -> httpx.Response:
        """Sends a case file; the chamber's code in it is replaced."""
        content = json.dumps({**json.loads(case), "chamber": chamber}).encode()
        headers = JSON | dict(more.pop("headers", {}))
        path = f"/v1/chambers/{chamber}/imports"
        return await self.call("POST", path, content=content, headers=headers, **more)


def settings_for(
    runtime_url: str,
    issuer: LocalIssuer,
    **more: object,
) -> ApiSettings:
    """Settings of a development system without Redis and renderer at work."""
    given: dict[str, Any] = {
        "mode": "development",
        "database_url": runtime_url,
        "redis_url": "redis://127.0.0.1:1/0",
        "public_url": "http://ciclo.test",
        "oidc_issuer": LOCAL_ISSUER,
        "oidc_jwks_file": issuer.key_set_file,
        "secret_keys": new_key(),
        "rate_limit_per_minute": 1_000_000,
    }
    return ApiSettings(**(given | more))


@asynccontextmanager
async def running(settings: ApiSettings, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """The application with these settings, started, and a client of it."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        yield Api(app, client, issuer)


def codes(problem: httpx.Response) -> list[tuple[str, str]]:
    """Pointer and code of every fault in a problem."""
    return [(error["pointer"], error["code"]) for error in problem.json()["errors"]]
