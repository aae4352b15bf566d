"""``/internal/metrics``: who may read it, and what it tells."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families as families

from deploy.local.identity import LocalIssuer
from services.api.main import create_app
from tests.api.plan_office import small
from tests.api.system import Api, settings_for
from tests.api.webhook_sender import create_integration, measure

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "metrics-" + "m" * 40
PATH = "/internal/metrics"

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """A system that is watched, with something waiting in ``PI`` and nothing in ``LU``."""
    app = create_app(settings_for(runtime_url, issuer, metrics_token=TOKEN, dispatch=False))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        made = Api(app, client, issuer)
        await made.create_chambers("PI", "LU")
        imported = await made.call(
            "POST", "/v1/chambers/PI/imports", json=small(2020, chamber="PI")
        )
        assert imported.status_code == 201
        sender = await create_integration(made, "PI", "integra")
        answer = await sender.send(measure("unknown", "1"), measure("strange", "2"))
        assert answer.json()["quarantined"] == 2
        yield made


async def read(api: Api) -> Samples:
    answer = await api.client.get(PATH, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    found: Samples = {}
    for family in families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def waiting(samples: Samples, chamber: str, what: str) -> float:
    return samples["ciclo_waiting"].get((("chamber", chamber), ("what", what)), 0)


async def test_what_waits_is_told_by_chamber(api: Api) -> None:
    samples = await read(api)
    assert waiting(samples, "PI", "quarantine") == 2
    assert waiting(samples, "LU", "quarantine") == 0
    assert waiting(samples, "PI", "outbox") > 0
    oldest = samples["ciclo_waiting_oldest_seconds"]
    assert all(value >= 0 for value in oldest.values())
    assert waiting(samples, "PI", "renders_queued") == 0
    asked = await api.call("POST", "/v1/chambers/PI/reports", json={"year": 2020})
    assert asked.status_code == 202
    assert waiting(await read(api), "PI", "renders_queued") == 1


async def test_requests_are_counted_by_template(api: Api) -> None:
    for path in ("/v1/chambers/PI/plans/2020", "/v1/chambers/PI/plans/2021", "/v1/secret-thing"):
        await api.call("GET", path)
    samples = await read(api)
    route = "/v1/chambers/{chamber}/plans/{year}"
    requests = samples["ciclo_requests_total"]
    assert requests[("method", "GET"), ("route", route), ("status", "200")] >= 1
    assert requests[("method", "GET"), ("route", route), ("status", "404")] >= 1
    assert requests[("method", "other"), ("route", "other"), ("status", "404")] >= 1
    assert samples["ciclo_request_seconds_count"][(("route", route),)] >= 2
    labels = {value for name in samples for key in samples[name] for _, value in key}
    assert not [label for label in labels if "PI/" in label or "secret-thing" in label]


async def test_requests_are_counted_by_chamber_and_made_up_chambers_are_none(api: Api) -> None:
    for code in ("PI", "LU", "ZZ"):
        await api.call("GET", f"/v1/chambers/{code}")
        await api.call("GET", f"/v1/chambers/{code}/plans/2021")
    requests = (await read(api))["ciclo_chamber_requests_total"]
    for code in ("PI", "LU"):
        assert requests[("chamber", code), ("outcome", "2xx")] >= 1
        assert requests[("chamber", code), ("outcome", "4xx")] >= 1
    assert {dict(key)["chamber"] for key in requests} == {"PI", "LU"}


@pytest.mark.parametrize("header", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}"])
async def test_nobody_else_reads_it(api: Api, header: str) -> None:
    answer = await api.client.get(PATH, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert (await api.call("GET", PATH)).status_code == 401


async def test_without_a_token_there_is_nothing(runtime_url: str, issuer: LocalIssuer) -> None:
    app = create_app(settings_for(runtime_url, issuer))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        for header in ("Bearer ", f"Bearer {TOKEN}"):
            answer = await client.get(PATH, headers={"Authorization": header})
            assert answer.status_code == 404
