"""A measuring system, as the tests of webhooks need it: it signs with the reference library."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
from standardwebhooks.webhooks import Webhook

from deploy.local.identity import LocalIssuer
from services.api.main import create_app
from shared.runtime.secrets import new_key
from tests.api.system import Api, settings_for

Item = dict[str, Any]

_numbers = itertools.count(1)


@dataclass
class Sender:
    """Sends messages to one integration of one chamber."""

    api: Api
    chamber: str
    integration: str
    secret: str

    @property
    def path(self) -> str:
        """Where messages go."""
        return f"/v1/chambers/{self.chamber}/integrations/{self.integration}/webhooks"

    def headers(
        self, body: bytes, message_id: str | None = None, at: datetime | None = None
    ) -> dict[str, str]:
        """What the reference library puts beside a body."""
        moment = at or datetime.now(UTC)
        identity = message_id or f"msg_{next(_numbers)}"
        signature = Webhook(self.secret).sign(identity, moment, body.decode())
        return {
            "Content-Type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        }

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Sends bytes with headers, as they are."""
        return await self.api.client.post(self.path, content=body, headers=headers)

    async def send(
        self,
        *items: object,
        message_id: str | None = None,
        said: datetime | None = None,
        at: datetime | None = None,
    ) -> httpx.Response:
        """Sends measurements as a batch, signed."""
        body = batch(*items, said=said)
        return await self.post(body, self.headers(body, message_id, at))


def batch(*items: object, said: datetime | None = None) -> bytes:
    """The body of a batch, said now unless told otherwise."""
    moment = said or datetime.now(UTC)
    event = {
        "type": "measurements.batch",
        "timestamp": moment.isoformat(),
        "data": {"measurements": items},
    }
    return json.dumps(event).encode()


def measure(code: str, value: str | None, year: int = 2030, **more: object) -> Item:
    """A measurement of a measure."""
    return {"measure": code, "year": year, "value": value, **more}


async def create_integration(api: Api, chamber: str, code: str) -> Sender:
    """A new integration of a chamber."""
    body = {"code": code, "title": "Sistema di prova"}
    answer = await api.call("POST", f"/v1/chambers/{chamber}/integrations", json=body)
    assert answer.status_code == 201, answer.text
    return Sender(api, chamber, code, answer.json()["issued"]["secret"])


def plan(chamber: str, year: int) -> bytes:
    """A plan with numbers, a date, SI/NO, an external id and a look at the year before."""
    target = {str(year): {"op": ">=", "value": "1"}}
    indicators = [
        ("I1", "[m1] / [m2] * 100", "percent", {str(year): {"op": ">=", "value": "80"}}),
        ("I2", "[m3] / [m3]@-1", "number", target),
        ("I3", "[d1]", "date", {str(year): {"op": "<=", "value": f"{year}-06-30"}}),
        ("I4", "[b1]", "boolean", {str(year): {"op": "=", "value": "true"}}),
        ("I5", None, "number", target),
    ]
    case = {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": year,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [
            {"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"},
            {"code": "A1", "kind": "strategic_objective", "parent": "A", "title": "Uno"},
            {"code": "A2", "kind": "strategic_objective", "parent": "A", "title": "Due"},
        ],
        "measures": [
            *({"code": code, "title": code} for code in ("m1", "m2", "m3", "d1", "b1")),
            {"code": "m4", "title": "m4", "external_ids": {"integra": "K-4"}},
            {"code": "m5", "title": "m5", "external_ids": {"integra": "K-5"}},
            {"code": "m6", "title": "m6", "external_ids": {"integra": "K-5"}},
        ],
        "indicators": [
            {
                "code": code,
                "objective": "A1",
                "title": code,
                "value_type": value_type,
                "targets": targets,
                **({"formula": formula} if formula else {}),
            }
            for code, formula, value_type, targets in indicators
        ],
    }
    return json.dumps(case).encode()


@dataclass(frozen=True)
class Inside:
    """Looks into the database behind the API's back."""

    owner_url: str
    chamber: str

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a query, with the chamber in view."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute("SELECT set_config('ciclo.chambers', $1, false)", self.chamber)
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        """What a message may change, to compare before and after."""
        tables = {
            "measurements": "plan_id, position",
            "measurement_versions": "version_id",
            "webhook_messages": "integration_id, message_id",
            "quarantine": "quarantine_id",
            "audit_log": "audit_id",
            "outbox": "event_id",
            "plans": "plan_id",
        }
        return {
            name: await self.rows(f"SELECT * FROM {name} ORDER BY {order}")  # noqa: S608
            for name, order in tables.items()
        }

    async def value(self, code: str, year: int, plan_year: int | None = None) -> str | None:
        """The value that stands for a measure of a year in one plan."""
        found = await self.rows(
            "SELECT m.value FROM measurements m JOIN plans p USING (chamber_id, plan_id)"
            " WHERE m.subject_code = $1 AND m.year = $2 AND p.year = $3",
            code,
            year,
            plan_year or year,
        )
        return found[0]["value"] if found else None


def minutes_ago(minutes: float) -> datetime:
    """An instant in the past."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


@asynccontextmanager
async def measured_system(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """An application that can seal secrets, with chambers PI and LU and two plans in PI."""
    settings = settings_for(runtime_url, issuer, secret_keys=new_key(), dispatch=False)
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        made = Api(app, client, issuer)
        await made.create_chambers("PI", "LU")
        for year in (2030, 2031):
            assert (await made.import_case("PI", plan("PI", year))).status_code == 201
        yield made


NOTHING = {"applied": 0, "unchanged": 0, "superseded": 0, "quarantined": 0}


def counts(answer: httpx.Response) -> dict[str, int]:
    assert answer.status_code == 200, answer.text
    return {name: answer.json()[name] for name in NOTHING}


async def revision(api: Api, year: int) -> int:
    answer = await api.call("GET", f"/v1/chambers/PI/plans/{year}")
    return int(answer.json()["revision"])
