"""The API with reports in it, and a renderer that does as it is told.

The application runs in this process with its relay and sweeper, on a real PostgreSQL and a
real Redis; the renderer is a client of the internal routes that a test holds by the hand.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pikepdf
from cryptography.fernet import Fernet
from fastapi import FastAPI

from deploy.local.identity import LocalIssuer
from services.api.main import create_app
from services.renderer.document import html
from services.renderer.seal_field import signature_field
from services.renderer.signing import SignatureOrder
from services.renderer.signing.development import ensure_authority
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.render_job import RenderLease
from shared.contracts.sign_job import SignLease
from shared.contracts.signing import SIGNATORIES, SignatureSlot
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from shared.runtime.settings import LOCAL_ISSUER, ApiSettings
from tests.api.webhook_sender import Inside

PISA = Path(__file__).parents[1] / "cases" / "pisa-2020.json"
RENDERER_TOKEN = "renderer-" + "t" * 40
ADMINISTRATOR = {"*": ["entity_administrator", "controller", "signer"]}
OFFICES = tuple(item.office for item in SIGNATORIES)
CHAMBERS = {"PI": "Camera di commercio di Pisa", "LU": "Camera di commercio di Lucca"}

Found = TypeVar("Found")

QUICK: Mapping[str, Any] = {
    "retry_seconds": 0,
    "resend_seconds": 1,
    "sweep_seconds": 0.1,
    "render_attempts": 3,
}
"""What takes half a minute in the field takes a moment here."""


@dataclass
class ReportSystem:
    """A running API and what a caller of it needs."""

    app: FastAPI
    client: httpx.AsyncClient
    issuer: LocalIssuer
    signing: Path

    def bearer(self, roles: Mapping[str, Sequence[str]] = ADMINISTRATOR) -> dict[str, str]:
        """The header of a caller with these roles."""
        return {"Authorization": f"Bearer {self.issuer.mint(roles)}"}

    async def request(
        self,
        method: str,
        path: str,
        **more: Any,  # noqa: ANN401 - as httpx takes them
    ) -> httpx.Response:
        """A request of the administrator, unless ``headers`` name somebody else."""
        headers = self.bearer() | more.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **more)

    async def prepare(self) -> None:
        """An entity, two chambers, and the year 2020 of Pisa."""
        await self._made("/v1/entities", {"code": "TNO", "title": "Toscana Nord-Ovest"})
        for code, title in CHAMBERS.items():
            await self._made("/v1/chambers", {"code": code, "entity": "TNO", "title": title})
        answer = await self.request(
            "POST",
            "/v1/chambers/PI/imports",
            content=PISA.read_bytes(),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code in {200, 201}, answer.text

    async def _made(self, path: str, body: dict[str, str]) -> None:
        answer = await self.request("POST", path, json=body)
        assert answer.status_code in {201, 409}, answer.text

    async def ask(self, **headers: str) -> dict[str, Any]:
        """The job of a newly requested report."""
        answer = await self.request(
            "POST", "/v1/chambers/PI/reports", json={"year": 2020}, headers=headers
        )
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    async def job(self, job_id: str) -> dict[str, Any]:
        """The job as it is now."""
        answer = await self.request("GET", f"/v1/chambers/PI/render-jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def job_when(
        self, job_id: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 60
    ) -> dict[str, Any]:
        """The job as soon as it fulfils a condition."""

        async def look() -> dict[str, Any] | None:
            found = await self.job(job_id)
            return found if condition(found) else None

        return await eventually(look, seconds)

    async def sign(self, report: str, offices: Sequence[str] = OFFICES) -> list[bytes]:
        """Every signature that a validated report waits for; answers its stages."""
        stages = []
        for office in offices:
            asked = await self.request(
                "POST",
                f"{report}/signatures",
                json={"office": office},
                headers=self.signer(office),
            )
            assert asked.status_code == 202, asked.text
            stages.append(await self.renderer(asked.json()["job_id"]).sign())
        return stages

    def signer(self, office: str, **more: Any) -> dict[str, str]:  # noqa: ANN401 - as minted
        """The header of whoever signs for an office of Pisa."""
        token = self.issuer.mint({"PI": ["signer"]}, subject=office, units=[office], **more)
        return {"Authorization": f"Bearer {token}"}

    def renderer(self, job_id: str, chamber: str = "PI") -> "ScriptedRenderer":
        """A renderer that was told about a job."""
        base = f"/internal/v1/chambers/{chamber}/render-jobs/{job_id}"
        return ScriptedRenderer(self.client, self.signing, base)


@dataclass
class ScriptedRenderer:
    """Speaks the renderer's part of ``render-job@1``, one sentence at a time."""

    client: httpx.AsyncClient
    signing: Path
    base: str
    lease: RenderLease | None = None
    signature: SignLease | None = None
    token: str = RENDERER_TOKEN

    def _headers(self) -> dict[str, str]:
        held = self.lease or self.signature
        lease = {"Ciclo-Lease-Token": held.lease_token} if held else {}
        return {"Authorization": f"Bearer {self.token}", **lease}

    async def take(self) -> httpx.Response:
        """Asks for the lease."""
        answer = await self.client.post(f"{self.base}/lease", headers=self._headers())
        if answer.status_code == 200:
            self.lease = RenderLease.model_validate_json(answer.content)
        return answer

    async def beat(self, stage: str = "pdf", progress: int = 40) -> httpx.Response:
        """Says how far it is."""
        body = {"stage": stage, "progress": progress}
        return await self.client.post(f"{self.base}/heartbeat", headers=self._headers(), json=body)

    async def fail(self, *, retryable: bool, section: str | None = None) -> httpx.Response:
        """Says that it could not."""
        body = {
            "code": "layout_failed",
            "detail": "La sezione non si compone.",
            "section": section,
            "retryable": retryable,
        }
        return await self.client.post(f"{self.base}/failure", headers=self._headers(), json=body)

    async def pdf(self, snapshot: ReportSnapshot | None = None) -> bytes:
        """A sealed document that carries the snapshot of the lease, or another one."""
        if snapshot is None:
            assert self.lease is not None
            snapshot = self.lease.snapshot
        identities = IdentityFolder(self.signing, "", production=False, make_missing=True)
        return await PadesSigner(identities).seal(plain_pdf(snapshot), snapshot.chamber)

    def page(self) -> bytes:
        """The web page of the document of the lease, as the renderer writes it."""
        assert self.lease is not None
        return html.build(self.lease.snapshot).web.encode()

    async def deliver(self, pdf: bytes, digest: str | None = None) -> httpx.Response:
        """Uploads a document."""
        return await self._put("document", "application/pdf", pdf, digest)

    async def deliver_page(self, page: bytes, digest: str | None = None) -> httpx.Response:
        """Uploads a web page."""
        return await self._put("web-page", "text/html", page, digest)

    async def _put(
        self, call: str, media_type: str, content: bytes, digest: str | None
    ) -> httpx.Response:
        if digest is None:
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {"Content-Type": media_type, "Content-Digest": f"sha-256=:{digest}:"}
        return await self.client.put(
            f"{self.base}/{call}", headers=self._headers() | headers, content=content
        )

    async def take_signature(self) -> SignLease:
        """Takes the lease of a signature."""
        answer = await self.client.post(f"{self.base}/lease", headers=self._headers())
        assert answer.status_code == 200, answer.text
        self.signature = SignLease.model_validate_json(answer.content)
        return self.signature

    async def fetch(self) -> bytes:
        """What is to be signed."""
        answer = await self.client.get(f"{self.base}/base", headers=self._headers())
        assert answer.status_code == 200, answer.text
        return answer.content

    async def signed(self, base: bytes) -> bytes:
        """``base`` with the signature of the lease, by a development identity."""
        assert self.signature is not None
        identities = IdentityFolder(self.signing, "", production=False, make_missing=True)
        slot = SignatureSlot(office=self.signature.office, title=self.signature.title)
        order = SignatureOrder(
            chamber=self.signature.chamber,
            field=signature_field(slot),
            identity=self.signature.identity,
            name=self.signature.title,
            reason="prova",
            expected=self.signature.expected,
        )
        return await PadesSigner(identities).sign(base, order)

    async def deliver_signature(self, pdf: bytes) -> httpx.Response:
        """Uploads a signed document."""
        return await self._put("signature", "application/pdf", pdf, None)

    async def sign(self) -> bytes:
        """A whole signature, as a good renderer makes it."""
        await self.take_signature()
        pdf = await self.signed(await self.fetch())
        answer = await self.deliver_signature(pdf)
        assert answer.status_code == 204, answer.text
        return pdf

    async def work(self) -> bytes:
        """Everything, as a good renderer does it."""
        taken = await self.take()
        assert taken.status_code == 200, taken.text
        answer = await self.deliver_page(self.page())
        assert answer.status_code == 204, answer.text
        pdf = await self.pdf()
        answer = await self.deliver(pdf)
        assert answer.status_code == 204, answer.text
        return pdf


def plain_pdf(snapshot: ReportSnapshot) -> bytes:
    """An unsigned page with the snapshot attached, as small as it gets."""
    document = pikepdf.new()
    document.add_blank_page()
    document.attachments["snapshot.json"] = canonical_bytes(snapshot)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


async def set_lease(owner_url: str, job_id: str, seconds: int) -> None:
    """Leaves so many seconds of the lease of a job; below zero it has run out.

    Nobody has to wait for that, and a slow machine loses no lease that a test still needs.
    """
    changed = await Inside(owner_url, "PI").rows(
        "UPDATE render_jobs SET lease_expires_at = now() + $2 * interval '1 second' "
        "WHERE job_id = $1 AND state = 'leased' RETURNING job_id",
        job_id,
        seconds,
    )
    assert len(changed) == 1


async def eventually(look: Callable[[], Awaitable[Found | None]], seconds: float = 60) -> Found:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while True:
        found = await look()
        if found is not None:
            return found
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.02)


def settings_for(
    runtime_url: str,
    redis_url: str,
    folder: Path,
    **changes: Any,  # noqa: ANN401 - any setting
) -> ApiSettings:
    """Settings of an API whose files are below ``folder``."""
    issuer = LocalIssuer(folder / "identity")
    issuer.ensure_keys()
    ensure_authority(folder / "signing")
    values: dict[str, Any] = {
        "mode": "development",
        "database_url": runtime_url,
        "redis_url": redis_url,
        "renderer_token": RENDERER_TOKEN,
        "public_url": "http://ciclo.test",
        "oidc_issuer": LOCAL_ISSUER,
        "oidc_jwks_file": issuer.key_set_file,
        "secret_keys": Fernet.generate_key().decode(),
        "blob_url": f"file://{folder / 'blobs'}",
        "trust_anchors": folder / "signing" / "trust",
        **QUICK,
        **changes,
    }
    return ApiSettings(**values)


@asynccontextmanager
async def running(settings: ApiSettings, folder: Path) -> AsyncIterator[ReportSystem]:
    """The API, started as a server starts it, and stopped at the end of the block."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        yield ReportSystem(app, client, LocalIssuer(folder / "identity"), folder / "signing")
