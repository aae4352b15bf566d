"""A chamber taken out of one installation, put into another, and erased."""

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import DBAPIError

from deploy.local import roles
from deploy.local.identity import LocalIssuer
from services.api.archives import certificate, erasing, repository, rows, service, writing
from services.api.archives.certificate import CertificateRefusedError, InstallationKey
from services.api.archives.reading import ReadArchive
from services.api.container import Container
from services.api.db.session import Author, Database
from services.api.db.tables import metadata
from services.api.errors import Refusal
from services.api.main import create_app
from shared.contracts.archive import MANIFEST, ArchiveManifest
from shared.runtime.blobs import ChamberBlobs, report_key
from tests.api.system import MASSA, PISA, Api, settings_for
from tests.api.webhook_sender import batch, create_integration, measure
from tests.db.rows import row_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOST = Author("host:prova")
RESULTS = "/v1/chambers/{}/plans/2020/results"


@dataclass
class Installation:
    """One installation, from inside and from outside."""

    api: Api
    owner_url: str

    @property
    def parts(self) -> Container:
        parts: Container = self.api.app.state.container
        return parts

    async def export(self, chamber: str, path: Path) -> writing.Written:
        return await service.export_chamber(
            self.parts.database, self.parts.blobs, chamber, path, HOST
        )

    async def restore(self, path: Path) -> None:
        archive = ReadArchive.open(path)
        await service.import_chamber(self.parts.database, self.parts.blobs, archive, HOST)
        self.parts.directory.forget("TNO")  # what another process learns within seconds

    async def suspend(self, chamber: str) -> None:
        answer = await self.api.call(
            "POST", f"/v1/chambers/{chamber}/suspension", json={"reason": "trasloco"}
        )
        assert answer.status_code == 200, answer.text

    async def erase(
        self, chamber: str, key: InstallationKey, typed: str | None = None
    ) -> erasing.Erased:
        database = Database(self.owner_url, pool_size=3)
        try:
            return await erasing.erase_chamber(
                database, self.parts.blobs, key, chamber, typed or chamber, HOST
            )
        finally:
            await database.close()

    async def counts(self, chamber: str) -> dict[str, int]:
        """Rows of a chamber, by table."""
        async with self.parts.database.read([chamber]) as session:
            return {
                table.name: int(await session.scalar(sa.select(sa.func.count()).select_from(table)))
                for table in metadata.sorted_tables
                if "chamber_id" in table.c
            }


@asynccontextmanager
async def _installation(
    urls: roles.DatabaseUrls, issuer: LocalIssuer, folder: Path
) -> AsyncIterator[Installation]:
    settings = settings_for(urls.runtime, issuer, blob_url=f"file://{folder}", dispatch=False)
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        yield Installation(Api(app, client, issuer), urls.owner)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one(
    database_urls: roles.DatabaseUrls, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """An installation with two chambers that have lived."""
    folder = tmp_path_factory.mktemp("one")
    async with _installation(database_urls, issuer, folder) as made:
        await made.api.create_chambers("PI", "LU")
        for chamber in ("PI", "LU"):
            assert (await made.api.import_case(chamber, PISA)).status_code == 201
            assert (await made.api.import_case(chamber, MASSA)).status_code == 201
            sender = await create_integration(made.api, chamber, "integra")
            event = batch(measure("689", "7", 2020), measure("ignota", "1", 2020))
            assert (await sender.post(event, sender.headers(event, "m1"))).status_code == 200
            await _document(made, chamber)
        yield made


async def _document(made: Installation, chamber: str) -> None:
    """An issued report with its PDF, put where the renderer's delivery puts it."""
    content = b"%PDF-1.7 " + chamber.encode() * 1000
    table = metadata.tables["reports"]
    async with made.parts.database.write([chamber], HOST) as session:
        plan = await session.scalar(
            sa.text("SELECT plan_id FROM plans WHERE year = 2020 AND chamber_id = :c"),
            {"c": chamber},
        )
        row = row_of(table, chamber) | {"plan_id": plan, "state": "rendered", "kind": "relazione"}
        key = report_key(chamber, row["report_id"], "ab" * 32)
        await session.execute(sa.insert(table), row | {"blob_key": key, "pdf_sha256": "ab" * 32})
    blobs = made.parts.blobs.of_chamber(chamber)
    await blobs.put(key, content, media_type="application/pdf")


@pytest_asyncio.fixture(loop_scope="module")
async def two(
    other_database_urls: roles.DatabaseUrls, issuer: LocalIssuer, tmp_path: Path
) -> AsyncIterator[Installation]:
    """An empty installation."""
    async with _installation(other_database_urls, issuer, tmp_path / "two") as made:
        yield made


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> InstallationKey:
    path = tmp_path_factory.mktemp("key") / "installation.pem"
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return InstallationKey.load(path)


def _manifest(path: Path) -> ArchiveManifest:
    with zipfile.ZipFile(path) as archive:
        return ArchiveManifest.model_validate_json(archive.read(MANIFEST))


# --- export ----------------------------------------------------------------------------------


async def test_the_same_state_gives_the_same_archive(one: Installation, tmp_path: Path) -> None:
    first = await one.export("PI", tmp_path / "a.zip")
    await one.api.call("GET", RESULTS.format("PI"))  # stores what is computed again anyway
    second = await one.export("PI", tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert first.sha256 == second.sha256
    assert first.rows_sha256 == second.rows_sha256
    changed = await one.api.import_case("PI", PISA.replace(b'"2.00"', b'"2.01"', 1))
    assert changed.status_code == 201
    third = await one.export("PI", tmp_path / "c.zip")
    assert third.rows_sha256 != first.rows_sha256


async def test_an_archive_holds_every_table_and_no_secret(
    one: Installation, tmp_path: Path
) -> None:
    written = await one.export("PI", tmp_path / "a.zip")
    manifest = _manifest(tmp_path / "a.zip")
    assert manifest == written.manifest
    there = {entry.name: entry.rows for entry in manifest.tables}
    counts = await one.counts("PI")
    for name, count in counts.items():
        if name in rows.left_out_tables():
            assert f"tables/{name}.jsonl" not in there
        else:
            assert there[f"tables/{name}.jsonl"] == count, name
    assert len(there) + len(manifest.left_out) == len(counts)
    assert counts["integration_secrets"] == 1
    assert [(one.table, one.names) for one in manifest.set_anew] == [
        ("integration_secrets", ("integra",))
    ]
    assert [entry.name for entry in manifest.cases] == ["cases/2020.json", "cases/2021.json"]
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        case = archive.read("cases/2020.json")
    exported = await one.api.call("GET", "/v1/chambers/PI/plans/2020/export")
    assert case == exported.content
    assert len(manifest.blobs) == 1


async def test_every_table_is_archived_or_says_why_not() -> None:
    tenant = {table.name for table in metadata.sorted_tables if "chamber_id" in table.c}
    archived = {table.name for table in rows.archived_tables()}
    assert archived | set(rows.left_out_tables()) == tenant
    assert all(rows.left_out_tables().values())


async def test_what_looks_like_a_secret_is_left_out() -> None:
    telling = ("sealed", "secret", "password", "token", "digest")
    found = {
        f"{table.name}.{column.name}"
        for table in rows.archived_tables()
        for column in table.columns
        if any(word in column.name for word in telling)
    }
    # The hash of a lease that has ended by the time anybody reads it.
    assert found == {"render_jobs.lease_token_hash"}


async def test_a_document_that_is_not_stored_is_told(one: Installation, tmp_path: Path) -> None:
    blobs = one.parts.blobs.of_chamber("PI")
    (name,) = await blobs.all_keys()
    content = await blobs.get(name)
    await blobs.delete(name)
    with pytest.raises(Refusal, match="blob_missing"):
        await one.export("PI", tmp_path / "a.zip")
    await blobs.put(name, content, media_type="application/pdf")


# --- import ----------------------------------------------------------------------------------


async def test_an_imported_chamber_is_the_same_chamber(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    written = await one.export("PI", tmp_path / "a.zip")
    await two.restore(tmp_path / "a.zip")
    again = await two.export("PI", tmp_path / "b.zip")
    assert again.sha256 == written.sha256
    for path in (
        RESULTS.format("PI"),
        "/v1/chambers/PI/plans/2020/export",
        "/v1/chambers/PI/plans/2020/measurements?limit=500",
        "/v1/chambers/PI/configuration",
        "/v1/chambers/PI/quarantine",
    ):
        here, there = await one.api.call("GET", path), await two.api.call("GET", path)
        assert here.status_code == 200
        assert here.content == there.content
    (document,) = await two.parts.blobs.of_chamber("PI").all_keys()
    assert await two.parts.blobs.of_chamber("PI").get(document) == await one.parts.blobs.of_chamber(
        "PI"
    ).get(document)
    assert await two.counts("LU") == dict.fromkeys(await two.counts("LU"), 0)


async def test_a_chamber_that_is_there_is_not_overwritten(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    await one.export("PI", tmp_path / "a.zip")
    await two.restore(tmp_path / "a.zip")
    with pytest.raises(Refusal, match="chamber_exists"):
        await two.restore(tmp_path / "a.zip")
    assert len(await two.parts.blobs.of_chamber("PI").all_keys()) == 1


def _rewritten(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """An archive with its contents changed in place."""
    with zipfile.ZipFile(source) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    change(contents)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return target


def _forged(contents: dict[str, bytes], name: str, content: bytes) -> None:
    """Replaces an entry and makes the manifest agree."""
    contents[name] = content
    manifest = json.loads(contents[MANIFEST])
    for section in ("cases", "tables", "blobs"):
        for entry in manifest[section]:
            if entry["name"] == name:
                entry["size"] = len(content)
                entry["sha256"] = hashlib.sha256(content).hexdigest()
                if section == "tables":
                    entry["rows"] = content.count(b"\n") - 1
    contents[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=1).encode()


async def _refused(two: Installation, path: Path) -> set[tuple[str, str]]:
    with pytest.raises(Refusal, match="archive_refused") as refused:
        await two.restore(path)
    assert await two.parts.blobs.of_chamber("PI").all_keys() == []
    assert set((await two.counts("PI")).values()) == {0}
    return {(issue.pointer, issue.code) for issue in refused.value.issues}


async def test_an_archive_that_is_not_whole_is_refused_with_everything_wrong(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    await one.export("PI", tmp_path / "a.zip")

    def spoil(contents: dict[str, bytes]) -> None:
        contents["tables/plans.jsonl"] += b"\n"
        contents["tables/more.jsonl"] = b"[]"
        del contents["cases/2021.json"]

    spoiled = _rewritten(tmp_path / "a.zip", tmp_path / "b.zip", spoil)
    assert await _refused(two, spoiled) == {
        ("/tables/plans.jsonl", "entry_altered"),
        ("/tables/more.jsonl", "entry_unknown"),
        ("/cases/2021.json", "entry_missing"),
    }
    torn = tmp_path / "torn.zip"
    torn.write_bytes((tmp_path / "a.zip").read_bytes()[:-2000])
    assert await _refused(two, torn) == {("/", "no_archive")}


async def test_rows_that_do_not_hold_together_are_refused_whole(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    await one.export("PI", tmp_path / "a.zip")

    def orphan(contents: dict[str, bytes]) -> None:
        heading = contents["tables/objectives.jsonl"].split(b"\n")[0] + b"\n"
        _forged(contents, "tables/objectives.jsonl", heading)

    def foreign(contents: dict[str, bytes]) -> None:
        plans = contents["tables/plans.jsonl"]
        _forged(contents, "tables/plans.jsonl", plans.replace(b'["PI",', b'["LU",', 1))

    assert await _refused(two, _rewritten(tmp_path / "a.zip", tmp_path / "b.zip", orphan)) == {
        ("/", "rows_do_not_fit")
    }
    with pytest.raises(DBAPIError, match="row-level security"):
        await two.restore(_rewritten(tmp_path / "a.zip", tmp_path / "c.zip", foreign))
    assert set((await two.counts("PI")).values()) == {0}


async def test_an_archive_of_another_version_is_told_so(
    one: Installation, two: Installation, tmp_path: Path
) -> None:
    await one.export("PI", tmp_path / "a.zip")

    def older(contents: dict[str, bytes]) -> None:
        manifest = json.loads(contents[MANIFEST]) | {"schema_revision": "0001"}
        contents[MANIFEST] = json.dumps(manifest).encode()

    with pytest.raises(Refusal, match="archive_of_other_version"):
        await two.restore(_rewritten(tmp_path / "a.zip", tmp_path / "b.zip", older))


async def test_a_failure_in_the_middle_of_an_import_leaves_nothing(
    one: Installation, two: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.export("PI", tmp_path / "a.zip")

    async def fail(*_: object) -> None:
        raise RuntimeError("the machine stops")

    monkeypatch.setattr(repository, "check_constraints", fail)
    with pytest.raises(RuntimeError):
        await two.restore(tmp_path / "a.zip")
    assert await two.parts.blobs.of_chamber("PI").all_keys() == []
    assert set((await two.counts("PI")).values()) == {0}
    monkeypatch.undo()
    await two.restore(tmp_path / "a.zip")


# --- erasing ---------------------------------------------------------------------------------


async def test_nothing_is_erased_until_everything_is_as_it_must_be(
    one: Installation, key: InstallationKey, tmp_path: Path
) -> None:
    before = await one.counts("LU")
    for typed, code in (("lu", "erasure_not_confirmed"), ("LU", "erasure_of_active_chamber")):
        with pytest.raises(Refusal, match=code):
            await one.erase("LU", key, typed)
    await one.export("LU", tmp_path / "early.zip")
    await one.suspend("LU")
    with pytest.raises(Refusal, match="erasure_without_export"):
        await one.erase("LU", key)
    assert await one.counts("LU") == before | {
        "audit_log": before["audit_log"] + 1,
        **{name: n for name, n in (await one.counts("LU")).items() if name.startswith("audit_")},
    }
    await one.api.call("POST", "/v1/chambers/LU/resumption", json={})


async def test_a_row_that_the_archive_does_not_hold_stops_the_erasure(
    one: Installation, key: InstallationKey, tmp_path: Path
) -> None:
    await one.suspend("LU")
    await one.export("LU", tmp_path / "a.zip")
    async with one.parts.database.write(["LU"], HOST) as session:
        await session.execute(sa.text("UPDATE plans SET revision = revision + 1"))
    with pytest.raises(Refusal, match="erasure_after_change"):
        await one.erase("LU", key)
    assert (await one.counts("LU"))["plans"] == 2
    await one.api.call("POST", "/v1/chambers/LU/resumption", json={})


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("SELECT ciclo_erase_chamber('LU', 'XX', 'x', gen_random_uuid(), 'me')", "not_confirmed"),
        ("SELECT ciclo_erase_chamber('PI', 'PI', 'x', gen_random_uuid(), 'me')", "not_confirmed"),
        ("SELECT ciclo_erase_chamber('LU', 'LU', 'x', gen_random_uuid(), 'me')", "active_chamber"),
    ],
)
async def test_the_database_itself_refuses(one: Installation, statement: str, refusal: str) -> None:
    connection = await asyncpg.connect(one.owner_url)
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', 'LU', false)")
        with pytest.raises(asyncpg.RaiseError, match=refusal):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_an_export_of_yesterday_does_not_count(one: Installation, tmp_path: Path) -> None:
    await one.suspend("LU")
    written = await one.export("LU", tmp_path / "a.zip")
    connection = await asyncpg.connect(one.owner_url)
    call = "SELECT ciclo_erase_chamber('LU', 'LU', $1, gen_random_uuid(), 'me')"
    try:
        await connection.execute("SELECT set_config('ciclo.chambers', 'LU', false)")
        await connection.execute(
            "UPDATE chamber_archives SET at = at - interval '25 hours' WHERE chamber_code = 'LU'"
        )
        with pytest.raises(asyncpg.RaiseError, match="erasure_without_export"):
            await connection.execute(call, written.sha256)
    finally:
        await connection.close()
    await one.api.call("POST", "/v1/chambers/LU/resumption", json={})


async def test_the_api_cannot_erase(one: Installation) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with one.parts.database.write(["LU"], HOST) as session:
            await session.scalar(
                sa.text("SELECT ciclo_erase_chamber('LU', 'LU', 'x', gen_random_uuid(), 'x')")
            )


async def test_an_erased_chamber_is_gone_and_a_certificate_says_so(
    one: Installation, two: Installation, key: InstallationKey, tmp_path: Path
) -> None:
    others = await one.counts("PI")
    await one.suspend("LU")
    written = await one.export("LU", tmp_path / "a.zip")
    suspended = await one.counts("LU")
    erased = await one.erase("LU", key)

    assert (await one.api.call("GET", "/v1/chambers/LU")).status_code == 404
    assert set((await one.counts("LU")).values()) == {0}
    assert await one.parts.blobs.of_chamber("LU").all_keys() == []
    assert await one.counts("PI") == others
    assert len(await one.parts.blobs.of_chamber("PI").all_keys()) == 1

    said = certificate.verify(erased.certificate)
    assert said.thumbprint == key.thumbprint
    assert said.facts["chamber"] == "LU"
    assert said.facts["erased_by"] == "host:prova"
    assert said.facts["archive"]["sha256"] == written.sha256
    assert said.facts["removed_rows"] == suspended
    assert said.facts["removed_documents"] == 1
    assert said.facts["removed_rows"]["plans"] == 2
    head, payload, signature = erased.certificate.split(".")
    with pytest.raises(CertificateRefusedError):
        certificate.verify(f"{head}.{payload[:-2]}AA.{signature}")

    await two.restore(tmp_path / "a.zip")
    assert (await two.api.call("GET", "/v1/chambers/LU")).json()["status"] == "suspended"
    with pytest.raises(Refusal, match="chamber_not_found"):
        await one.erase("LU", key)
    await one.restore(tmp_path / "a.zip")
    assert await one.counts("LU") | {"results": 0} == suspended | dict.fromkeys(
        rows.left_out_tables(), 0
    )
    await one.api.call("POST", "/v1/chambers/LU/resumption", json={})


async def test_a_crash_between_rows_and_documents_is_made_good(
    one: Installation, key: InstallationKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.suspend("LU")
    await one.export("LU", tmp_path / "a.zip")

    async def stop(*_: object) -> None:
        raise RuntimeError("the machine stops")

    monkeypatch.setattr(ChamberBlobs, "delete", stop)
    with pytest.raises(RuntimeError):
        await one.erase("LU", key)
    monkeypatch.undo()
    assert (await one.api.call("GET", "/v1/chambers/LU")).status_code == 404
    assert len(await one.parts.blobs.of_chamber("LU").all_keys()) == 1
    erased = await one.erase("LU", key)
    assert certificate.verify(erased.certificate).facts["removed_documents"] == 1
    assert await one.parts.blobs.of_chamber("LU").all_keys() == []
    with pytest.raises(Refusal, match="chamber_not_found"):
        await one.erase("LU", key)
