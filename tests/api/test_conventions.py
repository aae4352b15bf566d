"""What holds for every endpoint: problems, languages, ETags, keys, limits, lists."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from deploy.local.identity import LocalIssuer
from services.api.edge import RateLimiter
from services.api.main import create_app
from services.api.openapi import PUBLIC
from services.api.problem_table import PROBLEMS
from services.api.requests import preferred_language
from tests.api.system import JSON, PISA, Api, codes, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_health(api: Api) -> None:
    for path in ("/status", "/health/live", "/health/ready"):
        answer = await api.client.get(path)
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert answer.headers["cache-control"] == "no-store"


async def test_status_says_so_when_the_database_is_away(issuer: LocalIssuer) -> None:
    app = create_app(settings_for("postgresql://nobody:x@127.0.0.1:1/nothing", issuer))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        live = await client.get("/health/live")
        ready = await client.get("/health/ready")
        status = await client.get("/status")
    assert live.status_code == 200
    for answer in (ready, status):
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]
        assert answer.json()["code"] == "not_ready"


async def test_automatic_refusals_are_problems(api: Api) -> None:
    tried = {
        404: await api.call("GET", "/v1/nothing-here"),
        405: await api.call("DELETE", "/status"),
        422: await api.call("GET", "/v1/chambers?limit=0"),
        401: await api.client.get("/v1/chambers"),
    }
    for status, answer in tried.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["status"] == status
        assert body["request_id"] == answer.headers["request-id"]
        assert body["type"] == f"http://ciclo.test/problems/{body['code']}"
        page = await api.client.get(body["type"])
        assert page.status_code == 200
        assert body["title"] in page.text
    assert tried[405].headers["allow"]
    assert codes(tried[422]) == [("/query/limit", "out_of_range")]


@pytest.mark.parametrize("code", sorted(PROBLEMS))
async def test_every_problem_has_a_page_and_two_languages(api: Api, code: str) -> None:
    page = await api.client.get(f"/problems/{code}")
    assert page.status_code == 200
    assert not re.search(r"\{|!r", page.text.split("<main>")[1])
    assert 400 <= PROBLEMS[code].status <= 599
    assert all(PROBLEMS[code].it)
    assert all(PROBLEMS[code].en)


async def test_problems_speak_the_callers_language(api: Api) -> None:
    italian = await api.call("GET", "/v1/chambers/XX")
    english = await api.call("GET", "/v1/chambers/XX", headers={"Accept-Language": "en-GB"})
    assert italian.json()["title"] == "Camera inesistente"
    assert english.json()["title"] == "No such chamber"
    assert english.headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "it"),
        ("fr", "it"),
        ("en", "en"),
        ("en;q=0.3, it;q=0.5", "it"),
        ("de, en;q=0.9", "en"),
        ("en;q=x", "it"),
        ("*", "it"),
    ],
)
async def test_language_negotiation(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


async def test_an_unexpected_error_is_a_problem_without_details(issuer: LocalIssuer) -> None:
    app = create_app(settings_for("postgresql://x@127.0.0.1:1/x", issuer))

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("a secret")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text


async def test_a_body_too_large_is_refused_declared_or_not(
    runtime_url: str, issuer: LocalIssuer
) -> None:
    app = create_app(settings_for(runtime_url, issuer, max_body_bytes=2048))
    header = {"Authorization": f"Bearer {issuer.mint({'PI': ['controller']})}", **JSON}

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 1024

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        declared = await client.post("/v1/entities", content=b" " * 4096, headers=header)
        undeclared = await client.post("/v1/entities", content=chunks(), headers=header)
    for answer in (declared, undeclared):
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"


async def test_too_many_requests(runtime_url: str, issuer: LocalIssuer) -> None:
    app = create_app(settings_for(runtime_url, issuer, rate_limit_per_minute=3))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        answers = [await client.get("/v1/chambers") for _ in range(4)]
        health = await client.get("/status")
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].headers["ratelimit-limit"] == "3"
    assert answers[3].headers["retry-after"] == answers[3].headers["ratelimit-reset"]
    assert health.status_code == 200


async def test_front_ends_of_listed_origins_may_read(runtime_url: str, issuer: LocalIssuer) -> None:
    app = create_app(settings_for(runtime_url, issuer, cors_origins="https://pi.example.it"))
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match"}
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        ours = await client.options(
            "/v1/chambers", headers={"Origin": "https://pi.example.it"} | asked
        )
        other = await client.options(
            "/v1/chambers", headers={"Origin": "https://x.example"} | asked
        )
        read = await client.get("/status", headers={"Origin": "https://pi.example.it"})
    assert ours.status_code == 200
    assert ours.headers["access-control-allow-origin"] == "https://pi.example.it"
    assert "access-control-allow-origin" not in other.headers
    assert "ETag" in read.headers["access-control-expose-headers"]


async def test_windows_end_and_callers_are_apart() -> None:
    instants = [0.0]
    limiter = RateLimiter(1, now=lambda: instants[0])
    assert limiter.count("a")[0] == 0
    assert limiter.count("a")[0] == -1
    assert limiter.count("b")[0] == 0
    instants[0] = 60.5
    assert limiter.count("a") == (0, 60)


async def test_documentation_uses_own_assets_only(api: Api) -> None:
    page = await api.client.get("/docs")
    assert "http" not in page.text.replace("https://www.w3.org", "")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "start.js"):
        asset = await api.client.get(f"/docs/assets/{name}")
        assert asset.status_code == 200
    assert (await api.client.get("/docs/assets/../main.py")).status_code == 404
    assert (await api.client.get("/docs/condizioni")).status_code == 200


# --- conditions and keys ---------------------------------------------------------------------


async def test_etags_save_the_content(api: Api) -> None:
    await api.create_chambers("PI")
    first = await api.call("GET", "/v1/chambers/PI")
    etag = first.headers["etag"]
    again = await api.call("GET", "/v1/chambers/PI", headers={"If-None-Match": f'"x", W/{etag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == etag


async def test_two_offices_cannot_overwrite_each_other(api: Api) -> None:
    await api.create_chambers("PI")
    path = "/v1/chambers/PI"
    read = await api.call("GET", path)
    merge = {"Content-Type": "application/merge-patch+json"}
    body = json.dumps({"colour": "#123456"})
    without = await api.call("PATCH", path, content=body, headers=merge)
    match = merge | {"If-Match": read.headers["etag"]}
    first = await api.call("PATCH", path, content=body, headers=match)
    second = await api.call("PATCH", path, content=body, headers=match)
    assert without.status_code == 428
    assert first.status_code == 200
    assert first.json()["colour"] == "#123456"
    assert first.json()["title"] == read.json()["title"]
    assert second.status_code == 412
    assert second.headers["etag"] == first.headers["etag"]


async def test_texts_are_versioned_from_the_first_on(api: Api) -> None:
    await api.create_chambers("PI")
    await api.import_case("PI", PISA)
    path = "/v1/chambers/PI/plans/2020/narratives/objective:A1"
    assert (await api.call("GET", path)).status_code == 404
    first = await api.call("PUT", path, json={"text": "uno"})
    blind = await api.call("PUT", path, json={"text": "due"})
    careful = await api.call("PUT", path, json={"text": "due"}, headers={"If-None-Match": "*"})
    etag = {"If-Match": first.headers["etag"]}
    second = await api.call("PUT", path, json={"text": "due"}, headers=etag)
    late = await api.call("PUT", path, json={"text": "tre"}, headers=etag)
    answers = (first, blind, careful, second, late)
    assert [answer.status_code for answer in answers] == [200, 428, 412, 200, 412]
    assert (await api.call("GET", path)).json()["text"] == "due"
    nobody = "/v1/chambers/PI/plans/2020/narratives/objective:NONE"
    assert (await api.call("PUT", nobody, json={"text": "x"})).status_code == 404


async def test_a_creation_is_done_once(api: Api) -> None:
    await api.create_chambers("PI")
    key = {"Idempotency-Key": "import-once"}
    first = await api.import_case("PI", PISA, headers=key)
    second = await api.import_case("PI", PISA, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    other = await api.import_case("PI", PISA.replace(b'"2.00"', b'"2.01"', 1), headers=key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


async def test_the_same_key_at_the_same_time_is_told_so(api: Api) -> None:
    await api.create_chambers("PI")
    key = {"Idempotency-Key": "import-at-once"}
    answers = await asyncio.gather(*(api.import_case("PI", PISA, headers=key) for _ in range(6)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1


async def test_a_refused_creation_keeps_no_key(api: Api) -> None:
    await api.create_chambers("PI")
    key = {"Idempotency-Key": "first-wrong"}
    wrong = await api.import_case("PI", b'{"format": "ciclo/case@1"}', headers=key)
    right = await api.import_case("PI", PISA, headers=key)
    assert wrong.status_code == 422
    assert right.status_code == 201


# --- lists -----------------------------------------------------------------------------------


async def _walk(api: Api, path: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    cursor = ""
    for _ in range(100):
        separator = "&" if "?" in path else "?"
        answer = await api.call("GET", f"{path}{separator}limit=7{cursor}")
        assert answer.status_code == 200
        items += answer.json()["items"]
        if answer.json()["next"] is None:
            return items
        cursor = f"&cursor={answer.json()['next']}"
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("sort", ["position", "-position", "code", "-code"])
async def test_pages_make_the_whole_list(api: Api, sort: str) -> None:
    await api.create_chambers("PI")
    await api.import_case("PI", PISA)
    items = await _walk(api, f"/v1/chambers/PI/plans/2020/indicators?sort={sort}")
    keys = [item[sort.removeprefix("-")] for item in items]
    assert len(items) == len(json.loads(PISA)["indicators"])
    assert keys == sorted(keys, reverse=sort.startswith("-"))  # type: ignore[type-var]


async def test_a_cursor_survives_inserts(api: Api) -> None:
    await api.create_chambers("PI")
    await api.import_case("PI", PISA)
    path = "/v1/chambers/PI/imports?limit=2"
    first = (await api.call("GET", path)).json()
    await api.import_case("PI", PISA)
    second = (await api.call("GET", f"{path}&cursor={first['next']}")).json()
    seen = [item["import_id"] for item in first["items"] + second["items"]]
    assert len(set(seen)) == len(seen)


async def test_lists_refuse_what_they_do_not_know(api: Api) -> None:
    await api.create_chambers("PI")
    await api.import_case("PI", PISA)
    base = "/v1/chambers/PI/plans/2020/objectives"
    narrowed = await api.call("GET", f"{base}?fields=code,title&limit=1")
    assert set(narrowed.json()["items"][0]) == {"code", "title"}
    for query in ("fields=nothing", "sort=nothing", "cursor=nothing", "cursor=W10", "limit=501"):
        answer = await api.call("GET", f"{base}?{query}")
        assert answer.status_code == 422, query
    other = (await api.call("GET", f"{base}?limit=1")).json()["next"]
    mixed = await api.call("GET", f"{base}?limit=1&sort=code&cursor={other}")
    assert mixed.json()["code"] == "invalid_cursor"


async def test_whatever_anyone_may_read_answers_head(api: Api) -> None:
    """Routes without parameters are asked; of the others it is enough that there is one."""
    found = [context.original_route for context in iter_route_contexts(api.app.routes)]
    routes = [route for route in found if isinstance(route, APIRoute)]
    heads = {route.path for route in routes if route.methods == {"HEAD"}}
    open_to_all = {
        route.path
        for route in routes
        if route.methods == {"GET"}
        and (not route.include_in_schema or route.openapi_extra == PUBLIC)
        and not route.path.startswith(("/internal/", "/metrics"))
    }
    assert {"/status", "/docs", "/verifica/{chamber}/{report_id}", "/sitemap.xml"} <= open_to_all
    assert open_to_all <= heads
    assert not {route.path for route in routes if route.path.startswith("/v1/chambers")} & heads
    for path in sorted(path for path in open_to_all if "{" not in path):
        shown, asked = await api.client.get(path), await api.client.head(path)
        assert asked.status_code == shown.status_code, path
        # An address that leads on has no content, and no type of it.
        assert asked.headers.get("content-type") == shown.headers.get("content-type"), path
        assert asked.headers.get("location") == shown.headers.get("location"), path
