"""A chamber leaves, arrives and ends through the API; what the API itself cannot do."""

import base64
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from deploy.local import roles
from deploy.local.identity import LocalIssuer
from services.api.archives import certificate
from services.api.archives.certificate import InstallationKey
from services.api.errors import Refusal
from services.api.main import create_app
from services.api.transfers.running import Runner
from shared.contracts.archive import MANIFEST
from shared.runtime.blobs import transit_key
from tests.api.installations import HOST, Installation, installation, lived_in
from tests.api.system import Api, settings_for
from tests.api.test_erasing import key as key  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZIP = {"Content-Type": "application/zip"}
EXPORTS = "/v1/chambers/PI/exports"
IMPORTS = "/v1/entities/TNO/chamber-imports"
ERASURES = "/v1/entities/TNO/chamber-erasures"
RUNNING = {"*": ["entity_administrator"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one(
    database_urls: roles.DatabaseUrls, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """An installation with two chambers that have lived."""
    async with lived_in(database_urls, issuer, tmp_path_factory.mktemp("one")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def two(
    other_database_urls: roles.DatabaseUrls, issuer: LocalIssuer, tmp_path: Path
) -> AsyncIterator[Installation]:
    """An empty installation."""
    async with installation(other_database_urls, issuer, tmp_path / "two") as made:
        yield made


async def exported(one: Installation, chamber: str = "PI") -> dict[str, Any]:
    """An export that was asked for and made."""
    asked = await one.api.call("POST", f"/v1/chambers/{chamber}/exports", RUNNING)
    assert asked.status_code == 202, asked.text
    assert (asked.json()["state"], asked.headers["retry-after"]) == ("queued", "2")
    await Runner(one.parts).run_all()
    done = await one.api.call("GET", asked.headers["location"], RUNNING)
    found: dict[str, Any] = done.json()
    assert found["state"] == "done", done.text
    assert "retry-after" not in done.headers
    return found


async def fetched(one: Installation, chamber: str = "PI") -> bytes:
    """The bytes of a new archive, by who sees all of it."""
    job = await exported(one, chamber)
    answer = await one.api.call("GET", job["file"], {"*": ["entity_administrator", "signer"]})
    assert answer.status_code == 200, answer.text
    return answer.content


async def brought(two: Installation, archive: bytes) -> httpx.Response:
    return await two.api.call("POST", IMPORTS, RUNNING, content=archive, headers=ZIP)


async def test_an_archive_is_made_followed_and_fetched(one: Installation, tmp_path: Path) -> None:
    written = await one.export("PI", tmp_path / "host.zip")
    before = await one.counts("PI")
    job = await exported(one)
    assert (job["sha256"], job["size"]) == (written.sha256, written.size)
    assert job["with_sheets"]
    assert job["progress"] == 100
    answer = await one.api.call("GET", job["file"], {"PI": ["signer"]})
    assert answer.content == (tmp_path / "host.zip").read_bytes()
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert answer.headers["etag"] == f'"{job["sha256"]}"'
    assert answer.headers["content-length"] == str(job["size"])
    assert await one.counts("PI") == before | {"chamber_exports": before["chamber_exports"] + 1}
    # A file that waits is no part of the chamber: the next archive is the same.
    assert (await one.export("PI", tmp_path / "again.zip")).sha256 == written.sha256
    register = await one.api.call(
        "GET", "/v1/entities/TNO/audit-log", params={"action": "chamber.archive_fetched"}
    )
    assert json.loads(register.json()["items"][0]["detail"])["sha256"] == job["sha256"]
    listed = (await one.api.call("GET", EXPORTS, RUNNING)).json()["items"]
    assert listed[0] == job


async def test_an_archive_with_sheets_is_for_who_sees_them(one: Installation) -> None:
    job = await exported(one)
    for asked, status in (
        (RUNNING, 403),
        ({"PI": ["chamber_administrator", "controller", "reader"]}, 403),
        ({"LU": ["entity_administrator", "signer"]}, 404),
        ({"PI": ["signer"]}, 200),
    ):
        assert (await one.api.call("GET", job["file"], asked)).status_code == status, asked
    refused = await one.api.call("GET", job["file"], RUNNING)
    assert refused.json()["code"] == "sheet_not_visible"
    assert (await one.api.call("POST", EXPORTS, {"PI": ["signer"]})).status_code == 403


async def test_events_tell_every_stage(one: Installation) -> None:
    asked = (await one.api.call("POST", EXPORTS, RUNNING)).headers["location"]
    await Runner(one.parts).run_all()
    answer = await one.api.call("GET", f"{asked}/events", RUNNING)
    told = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done"
    assert (await one.api.call("GET", f"{asked}0/events", RUNNING)).status_code in {404, 422}


async def test_a_file_waits_for_a_day(one: Installation) -> None:
    job = await exported(one)
    key = transit_key("PI", job["export_id"])
    assert key in await one.parts.blobs.of_chamber("PI").all_keys()
    async with one.parts.database.write(["PI"], HOST) as session:
        await session.execute(
            sa.text("UPDATE chamber_exports SET expires_at = now() WHERE export_id = :id"),
            {"id": job["export_id"]},
        )
    await Runner(one.parts).run_all()
    shown = await one.api.call("GET", f"{EXPORTS}/{job['export_id']}", RUNNING)
    assert (shown.json()["state"], shown.json()["file"]) == ("expired", None)
    gone = await one.api.call("GET", job["file"], {"PI": ["signer"]})
    assert (gone.status_code, gone.json()["code"]) == (409, "archive_not_ready")
    assert key not in await one.parts.blobs.of_chamber("PI").all_keys()


async def test_a_job_that_fails_says_why_and_one_left_behind_is_done(one: Installation) -> None:
    store = one.parts.blobs.of_chamber("PI")
    (document,) = await store.kept_keys()
    content = await store.get(document)
    await store.delete(document)
    asked = (await one.api.call("POST", EXPORTS, RUNNING)).headers["location"]
    await Runner(one.parts).run_all()
    failed = (await one.api.call("GET", asked, RUNNING)).json()
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "blob_missing")
    assert document in failed["failure"]["detail"]
    await store.put(document, content, media_type="application/pdf")

    asked = (await one.api.call("POST", EXPORTS, RUNNING)).headers["location"]
    async with one.parts.database.write(["PI"], HOST) as session:
        await session.execute(
            sa.text(
                "UPDATE chamber_exports SET state = 'running', "
                "heartbeat_at = now() - interval '11 minutes' WHERE state = 'queued'"
            )
        )
    await Runner(one.parts).run_all()
    assert (await one.api.call("GET", asked, RUNNING)).json()["state"] == "done"


async def test_an_archive_is_brought_in_as_on_the_machine(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    archive = await fetched(one)
    accepted = await brought(two, archive)
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["sha256"] == hashlib.sha256(archive).hexdigest()
    await Runner(two.parts).run_all()
    done = await two.api.call("GET", accepted.headers["location"], RUNNING)
    assert (done.json()["state"], done.json()["chamber"]) == ("done", "PI"), done.text
    for path in ("plans/2020/results", "plans/2021/export", "configuration"):
        here = await one.api.call("GET", f"/v1/chambers/PI/{path}")
        there = await two.api.call("GET", f"/v1/chambers/PI/{path}")
        assert here.content == there.content
    again = await two.export("PI", tmp_path / "b.zip")
    assert again.sha256 == hashlib.sha256(archive).hexdigest()
    verified = await two.api.call("GET", "/v1/chambers/PI/audit-log/verification")
    assert verified.json()["valid"]
    assert len(await two.parts.blobs.of_chamber("PI").all_keys()) == 1
    assert (await brought(two, archive)).json()["code"] == "chamber_exists"
    events = await two.api.call("GET", f"{accepted.headers['location']}/events", RUNNING)
    assert '"state":"done"' in events.text


def forged(archive: bytes, folder: Path, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """An archive with other contents and a manifest that agrees with them."""
    source, target = folder / "source.zip", folder / "target.zip"
    source.write_bytes(archive)
    with zipfile.ZipFile(source) as read:
        contents = {name: read.read(name) for name in read.namelist()}
    change(contents)
    manifest = json.loads(contents[MANIFEST])
    for entry in (*manifest["tables"], *manifest["cases"], *manifest["blobs"]):
        content = contents[entry["name"]]
        digest = hashlib.sha256(content).hexdigest()
        entry |= {"size": len(content), "sha256": digest}
    contents[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as written:
        for name, content in contents.items():
            written.writestr(name, content)
    return target.read_bytes()


def replaced(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(contents: dict[str, bytes]) -> None:
        assert old in contents[name]
        contents[name] = contents[name].replace(old, new)

    return change


async def test_what_is_wrong_with_an_archive_is_told_at_once(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    archive = await fetched(one)
    assert (await brought(two, b"PK no archive")).json()["errors"][0]["code"] == "no_archive"
    altered = bytearray(archive)
    for name in (b"cases/2020.json", b"tables/plans.jsonl", b"tables/audit_log.jsonl"):
        at = altered.index(name) + len(name) + 40  # some byte of its content
        altered[at] ^= 1
    refused = await brought(two, bytes(altered))
    assert (refused.status_code, refused.json()["code"]) == (422, "archive_refused")
    assert len(refused.json()["errors"]) == 3

    def other(contents: dict[str, bytes]) -> None:
        contents[MANIFEST] = json.dumps(json.loads(contents[MANIFEST]) | {"entity": "XYZ"}).encode()

    foreign = await brought(two, forged(archive, tmp_path, other))
    assert [(e["pointer"], e["code"]) for e in foreign.json()["errors"]] == [
        ("/entity", "other_entity")
    ]
    plain = await two.api.call("POST", IMPORTS, RUNNING, content=b"x", headers={})
    assert plain.status_code == 415
    assert (await two.api.call("GET", IMPORTS, RUNNING)).json()["items"] == []
    assert await two.parts.blobs.of_chamber("PI").all_keys() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (replaced("tables/chambers.jsonl", b'"TNO"', b'"XYZ"'), "rows_do_not_fit"),
        (replaced("tables/plans.jsonl", b'["PI",', b'["LU",'), "rows_do_not_fit"),
        (replaced("tables/plans.jsonl", b'"draft"', b'"nonsense"'), "rows_do_not_fit"),
        (replaced("tables/plans.jsonl", b"perspective", b"nonsense"), "case_differs"),
        (replaced("cases/2020.json", b"2020", b"2021"), "case_differs"),
        (replaced("tables/objectives.jsonl", b'"A1"', b'["A1"]'), "rows_do_not_fit"),
    ],
)
async def test_forged_rows_leave_nothing_behind(
    one: Installation,
    two: Installation,
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], None],
    code: str,
) -> None:
    """Archives come from outside now: what nobody could have written is not taken."""
    await two.api.create_chambers("LU")
    accepted = await brought(two, forged(await fetched(one), tmp_path, change))
    assert accepted.status_code == 202, accepted.text
    await Runner(two.parts).run_all()
    job = (await two.api.call("GET", accepted.headers["location"], RUNNING)).json()
    assert job["state"] == "failed"
    assert job["failure"]["code"] == "archive_refused"
    assert [error["code"] for error in job["failure"]["errors"]][:1] == [code]
    assert set((await two.counts("PI")).values()) == {0}
    assert await two.parts.blobs.of_chamber("PI").all_keys() == []
    assert (await two.counts("LU"))["plans"] == 0


async def test_a_body_that_is_too_large_is_not_taken(
    other_database_urls: roles.DatabaseUrls, issuer: LocalIssuer, tmp_path: Path
) -> None:
    settings = settings_for(
        other_database_urls.runtime,
        issuer,
        blob_url=f"file://{tmp_path}",
        dispatch=False,
        max_body_bytes=2048,
        archive_max_bytes=100_000,
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1000

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        api = Api(app, client, issuer)
        declared = await api.call("POST", IMPORTS, RUNNING, content=b"x" * 100_001, headers=ZIP)
        assert declared.status_code == 413
        streamed = await api.call("POST", IMPORTS, RUNNING, content=pieces(), headers=ZIP)
        assert streamed.status_code == 413
        read = await api.call("POST", IMPORTS, RUNNING, content=b"x" * 50_000, headers=ZIP)
        assert read.status_code == 422
        elsewhere = await api.call("POST", "/v1/entities", content=b"x" * 3000)
        assert elsewhere.status_code == 413


async def test_who_may_bring_and_ask(one: Installation) -> None:
    for asked, status in (
        ({"*": ["controller"]}, 403),
        ({"PI": ["entity_administrator"]}, 403),
        ({}, 404),
    ):
        for method, path in (("POST", IMPORTS), ("GET", IMPORTS), ("GET", ERASURES)):
            answer = await one.api.call(method, path, asked, headers=ZIP)
            assert answer.status_code == status, (asked, path)
    other = one.api.token(RUNNING, entity="XYZ")
    assert (await one.api.client.get(ERASURES, headers=other)).status_code == 404


# --- the end of a chamber --------------------------------------------------------------------


async def ask(one: Installation, sha256: str, code: str = "LU", **more: Any) -> httpx.Response:  # noqa: ANN401
    body = {"code": code, "archive_sha256": sha256, "reason": "Accorpamento"}
    return await one.api.call(
        "POST", "/v1/chambers/LU/erasure-requests", RUNNING, json=body, **more
    )


async def test_a_request_needs_what_an_erasure_needs(one: Installation) -> None:
    nothing = "0" * 64
    assert (await ask(one, nothing, "lu")).json()["code"] == "erasure_not_confirmed"
    assert (await ask(one, nothing)).json()["code"] == "erasure_of_active_chamber"
    early = await exported(one, "LU")
    await one.suspend("LU")
    assert (await ask(one, early["sha256"])).json()["code"] == "erasure_without_export"
    late = await exported(one, "LU")
    assert (await ask(one, nothing)).json()["code"] == "erasure_without_export"
    reader = await one.api.call(
        "POST",
        "/v1/chambers/LU/erasure-requests",
        {"LU": ["chamber_administrator"]},
        json={"code": "LU", "archive_sha256": late["sha256"], "reason": "x"},
    )
    assert reader.status_code == 403
    await one.api.call("POST", "/v1/chambers/LU/resumption", json={})


async def test_a_request_erases_nothing_and_can_be_taken_back(
    one: Installation, key: InstallationKey
) -> None:
    await one.suspend("LU")
    job = await exported(one, "LU")
    before = await one.counts("LU")
    asked = await ask(one, job["sha256"], headers={"Idempotency-Key": "once"})
    assert asked.status_code == 202, asked.text
    assert asked.json()["allowed_actions"] == ["chamber.erase"]
    replayed = await ask(one, job["sha256"], headers={"Idempotency-Key": "once"})
    assert replayed.json() == asked.json()
    assert (await ask(one, job["sha256"])).json()["code"] == "erasure_requested"
    await Runner(one.parts).run_all()
    after = await one.counts("LU")
    assert after == before | {"idempotency_keys": after["idempotency_keys"]}
    path = asked.headers["location"]
    assert (await one.api.call("GET", f"{path}/certificate", RUNNING)).status_code == 404
    withdrawn = await one.api.call("POST", f"{path}/withdrawal", RUNNING)
    assert withdrawn.json()["state"] == "withdrawn"
    twice = await one.api.call("POST", f"{path}/withdrawal", RUNNING)
    assert (twice.status_code, twice.json()["code"]) == (409, "erasure_decided")
    with pytest.raises(Refusal, match="erasure_not_requested"):
        await one.erase("LU", key, request=asked.json()["erasure_id"])
    await one.api.call("POST", "/v1/chambers/LU/resumption", json={})


FORGERIES = {
    "a row of the function's": (
        "SELECT ciclo_erase_chamber('LU', 'LU', 'x', gen_random_uuid(), 'me')"
    ),
    "an erasure": (
        "INSERT INTO chamber_erasures (entity_id, erasure_id, chamber_code, archive_sha256, "
        "removed, erased_by) VALUES ('TNO', gen_random_uuid(), 'LU', 'x', '{}', 'me')"
    ),
    "a certificate": "UPDATE chamber_erasures SET certificate = 'x'",
    "a request's chamber": "UPDATE erasure_requests SET chamber_code = 'PI'",
    "a request's archive": "UPDATE erasure_requests SET archive_sha256 = 'x'",
    "a request that never was": "DELETE FROM erasure_requests",
    "the chamber itself": "DELETE FROM chambers WHERE chamber_id = 'LU'",
    "its history": "DELETE FROM audit_log",
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_the_role_of_the_api_can_ask_and_nothing_else(
    one: Installation, forgery: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with one.parts.database.write(["LU"], HOST) as session:
            await session.execute(sa.text(FORGERIES[forgery]))


async def test_who_has_the_database_carries_it_out_and_the_certificate_is_there_for_good(
    one: Installation, key: InstallationKey
) -> None:
    await one.suspend("LU")
    job = await exported(one, "LU")
    asked = await ask(one, job["sha256"])
    erasure = asked.json()["erasure_id"]
    others = await one.counts("PI")
    with pytest.raises(Refusal, match="erasure_not_requested"):
        await one.erase("LU", key, request="11111111-1111-4111-8111-111111111111")
    erased = await one.erase("LU", key, request=erasure)

    assert (await one.api.call("GET", "/v1/chambers/LU")).status_code == 404
    assert set((await one.counts("LU")).values()) == {0}
    assert await one.parts.blobs.of_chamber("LU").all_keys() == []
    assert await one.counts("PI") == others
    shown = (await one.api.call("GET", asked.headers["location"], RUNNING)).json()
    assert (shown["state"], shown["erased_by"]) == ("erased", "host:prova")
    assert shown["removed_rows"] > 500
    assert shown["allowed_actions"] == []
    answer = await one.api.call("GET", shown["certificate"], RUNNING)
    assert answer.headers["content-type"] == "application/jose"
    assert answer.text.strip() == erased.certificate
    said = certificate.verify(answer.text)
    assert said.thumbprint == key.thumbprint
    assert said.facts["erasure"] == erasure
    assert said.facts["requested"]["reason"] == "Accorpamento"
    assert said.facts["requested"]["by"] == shown["requested_by"]
    assert said.facts["removed_documents"] == 1
    listed = (await one.api.call("GET", ERASURES, RUNNING)).json()["items"]
    assert listed[0] == shown
    assert {item["state"] for item in listed} == {"erased", "withdrawn"}
    stranger = await one.api.call("GET", shown["certificate"], {"*": ["controller"]})
    assert stranger.status_code == 403
