"""A chamber taken out of one installation and put into another: the same chamber."""

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from deploy.local import roles
from deploy.local.identity import LocalIssuer
from services.api.archives import repository, rows
from services.api.db.base import LEFT_OUT
from services.api.db.tables import metadata
from services.api.errors import Refusal
from shared.contracts.archive import MANIFEST, ArchiveManifest
from tests.api.installations import Installation, installation, lived_in
from tests.api.system import PISA

pytestmark = pytest.mark.asyncio(loop_scope="module")

RESULTS = "/v1/chambers/{}/plans/2020/results"


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
        if any(word in column.name for word in telling) and not column.info.get(LEFT_OUT)
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
    with pytest.raises(Refusal, match="archive_refused") as refused:
        await two.restore(_rewritten(tmp_path / "a.zip", tmp_path / "c.zip", foreign))
    assert isinstance(refused.value.__cause__, DBAPIError)
    assert "row-level security" in str(refused.value.__cause__)
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
