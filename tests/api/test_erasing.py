"""A chamber is erased when everything is as it must be, and a certificate remains."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import DBAPIError

from deploy.local import roles
from deploy.local.identity import LocalIssuer
from services.api.archives import certificate, rows
from services.api.archives.certificate import CertificateRefusedError, InstallationKey
from services.api.errors import Refusal
from shared.runtime.blobs import ChamberBlobs
from tests.api.installations import HOST, Installation, installation, lived_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
