"""Installations next to each other: chambers that have lived, taken out, put in, erased."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa

from deploy.local import roles
from deploy.local.identity import LocalIssuer
from services.api.archives import erasing, service, writing
from services.api.archives.certificate import InstallationKey
from services.api.archives.reading import ReadArchive
from services.api.container import Container
from services.api.db.session import Author, Database
from services.api.db.tables import metadata
from services.api.main import create_app
from shared.runtime.blobs import report_key
from tests.api.system import MASSA, PISA, Api, settings_for
from tests.api.webhook_sender import batch, create_integration, measure
from tests.db.rows import row_of

HOST = Author("host:prova")


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
        self,
        chamber: str,
        key: InstallationKey,
        typed: str | None = None,
        request: str | None = None,
    ) -> erasing.Erased:
        database = Database(self.owner_url, pool_size=3)
        try:
            return await erasing.erase_chamber(
                database, self.parts.blobs, key, chamber, typed or chamber, HOST, request=request
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
async def installation(
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


@asynccontextmanager
async def lived_in(
    urls: roles.DatabaseUrls, issuer: LocalIssuer, folder: Path
) -> AsyncIterator[Installation]:
    """An installation with two chambers that have lived."""
    async with installation(urls, issuer, folder) as made:
        await made.api.create_chambers("PI", "LU")
        for chamber in ("PI", "LU"):
            assert (await made.api.import_case(chamber, PISA)).status_code == 201
            assert (await made.api.import_case(chamber, MASSA)).status_code == 201
            sender = await create_integration(made.api, chamber, "integra")
            event = batch(measure("689", "7", 2020), measure("ignota", "1", 2020))
            assert (await sender.post(event, sender.headers(event, "m1"))).status_code == 200
            await _write_together(made.api, chamber)
            await _document(made, chamber)
        yield made


async def _write_together(api: Api, chamber: str) -> None:
    """A text in two versions, a draft, a thread that was answered, and who owes the next one."""
    plan = f"/v1/chambers/{chamber}/plans/2020"
    for text, match in (("Uno.", {}), ("Due.", {"If-Match": '"v1"'})):
        path = f"{plan}/narratives/section:1"
        answer = await api.call("PUT", path, json={"text": text}, headers=match)
        assert answer.status_code == 200, answer.text
    draft = {"text": "Tre, forse.", "base_version": 2}
    thread = {"key": "section:1", "text": "Perché due?"}
    owed = {"offices": ["Ufficio Studi"], "due_on": "2021-04-30"}
    for method, path, body in (
        ("PUT", "narratives/section:1/draft", draft),
        ("POST", "comment-threads", thread),
        ("PUT", "text-assignments/section:2", owed),
        ("POST", "previews", {"key": "section:1", "own_drafts": True}),
    ):
        answer = await api.call(method, f"{plan}/{path}", json=body)
        assert answer.is_success, answer.text
    listed = (await api.call("GET", f"{plan}/comment-threads")).json()["items"]
    path = f"{plan}/comment-threads/{listed[0]['thread_id']}/comments"
    assert (await api.call("POST", path, json={"text": "Una sì."})).status_code == 201


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
