"""Files that prove measurements: kept as they came, listed with the history, one chamber's."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from services.api.container import Container
from services.api.evidence import service
from services.api.evidence.background import sweep_all
from services.api.main import create_app
from shared.domain.evidence import MOST_FILES
from shared.runtime.blobs import evidence_key
from tests.api.plan_office import Office, small
from tests.api.system import Api, codes, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

_years = iter(range(2031, 2095))

PDF = b"%PDF-1.7\nregistro presenze"
OFFICE = {"LU": ["contributor"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stored(
    runtime_url: str, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Api, Path]]:
    """The application with its blobs in a folder that the test can look into."""
    folder = tmp_path_factory.mktemp("blobs")
    more = {"blob_url": folder.as_uri(), "evidence_max_bytes": 2048}
    app = create_app(settings_for(runtime_url, issuer, **more))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://ciclo.test"
        ) as client,
    ):
        api = Api(app, client, issuer)
        await api.create_chambers("PI", "LU")
        yield api, folder


@pytest_asyncio.fixture(loop_scope="module")
async def evidence(stored: tuple[Api, Path]) -> str:
    """Address of the evidence of the only measurement of a plan of a year of its own."""
    office = Office(stored[0], next(_years))
    assert (await office.send(small(office.year))).status_code == 201
    (row,) = (await office.document("/measurements"))["items"]
    return f"{office.path}/measurements/{row['measurement_id']}/evidence"


async def upload(api: Api, path: str, content: bytes = PDF, **more: Any) -> httpx.Response:  # noqa: ANN401
    kind = more.pop("kind", "application/pdf")
    name = more.pop("name", "presenze aprile.pdf")
    headers = {"Content-Type": kind} | more.pop("headers", {})
    roles = more.pop("roles", OFFICE)
    where = {"params": {"name": name}}
    return await api.call("POST", path, roles, content=content, headers=headers, **where, **more)


def files(folder: Path, chamber: str = "LU") -> list[Path]:
    return sorted(path for path in (folder / chamber).rglob("*") if path.is_file())


async def test_a_file_comes_back_as_it_was(stored: tuple[Api, Path], evidence: str) -> None:
    api, _ = stored
    made = await upload(api, evidence)
    assert made.status_code == 201, made.text
    said = made.json()
    assert (said["name"], said["size"], said["version"]) == ("presenze aprile.pdf", len(PDF), 1)
    assert said["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (await api.call("GET", made.headers["location"])).json() == said
    assert (await api.call("GET", evidence)).json()["items"] == [said]
    given = await api.call("GET", said["href"], {"LU": ["reader"]})
    assert (given.content, given.headers["content-type"]) == (PDF, "application/pdf")
    assert given.headers["etag"] == f'"{said["sha256"]}"'
    assert given.headers["content-disposition"].startswith("attachment;")
    known = {"If-None-Match": given.headers["etag"]}
    assert (await api.call("GET", said["href"], headers=known)).status_code == 304


async def test_a_file_belongs_to_the_version_it_came_with(
    stored: tuple[Api, Path], evidence: str
) -> None:
    api, _ = stored
    first = await upload(api, evidence)
    year = int(evidence.split("/")[5])
    values = {"measurements": [{"measure": "m1", "year": year, "value": "81"}]}
    plan = evidence.partition("/measurements")[0]
    assert (await api.call("POST", f"{plan}/measurements", json=values)).is_success
    second = await upload(api, evidence, b"a;b\n1;2\n", kind="text/csv", name="dati.csv")
    assert [first.json()["version"], second.json()["version"]] == [1, 2]
    history = (await api.call("GET", evidence.replace("/evidence", "/history"))).json()["items"]
    assert [(h["event"], h["version"], h["file_name"]) for h in history] == [
        ("value", 1, None),
        ("evidence", 1, "presenze aprile.pdf"),
        ("value", 2, None),
        ("evidence", 2, "dati.csv"),
    ]
    assert history[3]["file_sha256"] == second.json()["sha256"]


async def test_nothing_is_changed_or_taken_away(stored: tuple[Api, Path], evidence: str) -> None:
    api, _ = stored
    address = (await upload(api, evidence)).headers["location"]
    for method in ("PUT", "PATCH", "DELETE"):
        assert (await api.call(method, address)).status_code == 405


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/pdf", 422, "evidence_refused"),
        (b"MZ\x90", "application/pdf", 422, "evidence_refused"),
        (b"testo\0", "text/plain", 422, "evidence_refused"),
        (b"<svg/>", "image/svg+xml", 415, "unsupported_media_type"),
        (b"<html>", "text/html", 415, "unsupported_media_type"),
        (PDF + b"x" * 2048, "application/pdf", 413, "evidence_too_large"),
    ],
)
async def test_what_is_no_evidence_is_refused_and_not_kept(
    stored: tuple[Api, Path], evidence: str, content: bytes, kind: str, status: int, code: str
) -> None:
    api, folder = stored
    before = files(folder)
    refused = await upload(api, evidence, content, kind=kind)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert files(folder) == before


@pytest.mark.parametrize("name", ["", "../a.pdf", "a/b.pdf", "a\\b.pdf", "a\nb", "x" * 201])
async def test_a_name_is_a_name(stored: tuple[Api, Path], evidence: str, name: str) -> None:
    refused = await upload(stored[0], evidence, name=name)
    assert codes(refused)[0][0] == "/query/name"


async def test_only_who_may_writes_and_reads(stored: tuple[Api, Path], evidence: str) -> None:
    api, folder = stored
    before = files(folder)
    reader = await upload(api, evidence, roles={"LU": ["reader"]})
    stranger = await upload(api, evidence, roles={"PI": ["controller"]})
    assert (reader.status_code, stranger.status_code) == (403, 404)
    elsewhere = evidence.replace("/LU/", "/PI/")
    assert (await upload(api, elsewhere, roles={"PI": ["contributor"]})).status_code == 404
    assert files(folder) == before
    href = (await upload(api, evidence)).json()["href"]
    assert (await api.call("GET", href, {"PI": ["controller"]})).status_code == 404
    theirs = href.replace("/LU/", "/PI/")
    assert (await api.call("GET", theirs, {"PI": ["controller"]})).status_code == 404
    assert files(folder, "PI") == []


async def test_the_same_key_keeps_one_file(stored: tuple[Api, Path], evidence: str) -> None:
    api, folder = stored
    before = len(files(folder))
    key = {"Idempotency-Key": "evidence-once"}
    first = await upload(api, evidence, headers=key)
    second = await upload(api, evidence, headers=key)
    other = await upload(api, evidence, PDF + b"2", headers=key)
    assert first.content == second.content
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(files(folder)) == before + 1


async def test_a_row_that_cannot_be_written_leaves_no_file(
    stored: tuple[Api, Path], evidence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measurement has room when it is looked at, and none when the row is written."""
    api, folder = stored
    before = files(folder)
    counts = iter([0, MOST_FILES])

    async def count(*_: object) -> int:
        return next(counts)

    monkeypatch.setattr("services.api.evidence.repository.count", count)
    refused = await upload(api, evidence)
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_too_many")
    assert files(folder) == before


async def test_what_a_killed_process_left_is_swept(stored: tuple[Api, Path], evidence: str) -> None:
    api, _ = stored
    parts: Container = api.app.state.container
    kept = (await upload(api, evidence)).json()
    blobs = parts.blobs.of_chamber("LU")
    orphan = evidence_key("LU", "0199f3a0-7b5c-7c11-8f3e-2b6d5a1c9e04", "ab" * 32)
    await blobs.put(orphan, b"x", media_type="text/plain")
    assert await sweep_all(parts) == 0  # it may be on its way
    assert await service.sweep(parts, "LU", age=timedelta(seconds=-5)) == 1
    assert orphan not in await blobs.keys("LU/evidence")
    assert (await api.call("GET", kept["href"])).content == PDF
