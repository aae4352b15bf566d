"""The renderer's side of ``ciclo/render-job@1``: eight calls to the API, patient ones."""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Annotated, Any, Self

import httpx
from pydantic import Field, TypeAdapter

from shared.contracts.preview_job import PreviewLease, RenderedPreview
from shared.contracts.render_job import RenderFailure, RenderLease, RenderProgress
from shared.contracts.sign_job import SignLease
from shared.contracts.web_page import MEDIA_TYPE

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
LEASE_PATIENCE = 60.0
"""Seconds to go on asking for a lease: after that the sweeper sends the job again."""

DELIVERY_PATIENCE = 600.0
"""Seconds to go on delivering a finished document: making it again costs more."""

BRIEF_PATIENCE = 5.0

_AWAY = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_LEASE: TypeAdapter[RenderLease | SignLease] = TypeAdapter(
    Annotated[RenderLease | SignLease, Field(discriminator="format")]
)
_log = logging.getLogger(__name__)


class LeaseLostError(Exception):
    """The job is no longer ours: cancelled, finished, or taken by another worker."""


class NotLeasableError(Exception):
    """The job cannot be leased: unknown, finished, or held by another worker."""


class ApiUnavailableError(Exception):
    """The API did not answer in the time we were ready to wait."""


class ApiRefusedError(Exception):
    """The API understood and refused; ``code`` is its problem code."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class JobKey:
    """Which job: chamber code and job id."""

    chamber: str
    job_id: str

    @property
    def path(self) -> str:
        """Where the job's calls live."""
        return f"/internal/v1/chambers/{self.chamber}/render-jobs/{self.job_id}"


@dataclass(frozen=True)
class PreviewKey:
    """Which preview: chamber code and its id."""

    chamber: str
    preview_id: str

    @property
    def path(self) -> str:
        """Where the preview's calls live."""
        return f"/internal/v1/chambers/{self.chamber}/previews/{self.preview_id}"


class ApiClient:
    """Talks to the API with the renderer's service token; use as a context manager."""

    def __init__(
        self, base_url: str, token: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(30.0, connect=5.0),
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def lease(self, key: JobKey) -> RenderLease | SignLease:
        """Take the job; raises ``NotLeasableError`` when there is nothing to take."""
        answer = await self._send("POST", key, "lease", patience=LEASE_PATIENCE)
        if answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
            raise NotLeasableError(_problem(answer)[0])
        self._expect_success(answer)
        return _LEASE.validate_json(answer.content)

    async def base(self, key: JobKey, token: str) -> bytes:
        """What is to be signed."""
        answer = await self._send("GET", key, "base", patience=LEASE_PATIENCE, token=token)
        self._expect_lease(answer)
        return answer.content

    async def heartbeat(self, key: JobKey, token: str, progress: RenderProgress) -> None:
        """Say where the work is and keep the lease; raises ``LeaseLostError``."""
        answer = await self._send(
            *("POST", key, "heartbeat"),
            patience=0,
            token=token,
            content=progress.model_dump_json().encode(),
            content_type="application/json",
        )
        self._expect_lease(answer)

    async def deliver(self, key: JobKey, token: str, pdf: bytes) -> None:
        """Hand over the signed document, which ends the job."""
        await self._put(key, "document", token, pdf, "application/pdf")

    async def deliver_web_page(self, key: JobKey, token: str, page: bytes) -> None:
        """Hand over the web page of the document, before the document itself."""
        await self._put(key, "web-page", token, page, MEDIA_TYPE)

    async def deliver_signature(self, key: JobKey, token: str, pdf: bytes) -> None:
        """Hand over the document with its new signature, which ends the job."""
        await self._put(key, "signature", token, pdf, "application/pdf")

    async def _put(
        self, key: JobKey, call: str, token: str, content: bytes, media_type: str
    ) -> None:
        """Hand over a file with its digest (RFC 9530)."""
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        answer = await self._send(
            *("PUT", key, call),
            patience=DELIVERY_PATIENCE,
            token=token,
            content=content,
            content_type=media_type,
            headers={"Content-Digest": f"sha-256=:{digest}:"},
        )
        self._expect_lease(answer)

    async def lease_preview(self, key: PreviewKey) -> PreviewLease:
        """Take a preview; raises ``NotLeasableError`` when nobody waits for it any more."""
        answer = await self._send("POST", key, "lease", patience=BRIEF_PATIENCE)
        if answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
            raise NotLeasableError(_problem(answer)[0])
        self._expect_success(answer)
        return PreviewLease.model_validate_json(answer.content)

    async def deliver_preview(self, key: PreviewKey, token: str, made: RenderedPreview) -> None:
        """Hand over what was made of a preview."""
        answer = await self._send(
            *("PUT", key, "result"),
            patience=BRIEF_PATIENCE,
            token=token,
            content=made.model_dump_json().encode(),
            content_type="application/json",
        )
        self._expect_lease(answer)

    async def fail(
        self, key: JobKey | PreviewKey, token: str, failure: RenderFailure, patience: float
    ) -> None:
        """Report that the job could not be rendered."""
        answer = await self._send(
            *("POST", key, "failure"),
            patience=patience,
            token=token,
            content=failure.model_dump_json().encode(),
            content_type="application/json",
        )
        self._expect_lease(answer)

    async def _send(
        self,
        method: str,
        key: JobKey | PreviewKey,
        call: str,
        *,
        patience: float,
        token: str | None = None,
        content: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send until answered, pausing longer each time, for at most ``patience`` seconds."""
        sent = dict(headers or {})
        if token is not None:
            sent["Ciclo-Lease-Token"] = token
        if content_type is not None:
            sent["Content-Type"] = content_type
        clock = asyncio.get_running_loop().time
        until, pause = clock() + patience, FIRST_PAUSE
        while True:
            try:
                answer = await self._http.request(
                    method, f"{key.path}/{call}", content=content, headers=sent
                )
                if answer.status_code not in _AWAY:
                    return answer
                reason = f"status {answer.status_code}"
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}"
            if clock() + pause > until:
                raise ApiUnavailableError(f"{call}: {reason}")
            _log.warning("the API is away (%s %s), next try in %.1f s", call, reason, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _expect_lease(self, answer: httpx.Response) -> None:
        if answer.status_code in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
            raise LeaseLostError(_problem(answer)[0])
        self._expect_success(answer)

    @staticmethod
    def _expect_success(answer: httpx.Response) -> None:
        if not answer.is_success:
            code, detail = _problem(answer)
            raise ApiRefusedError(answer.status_code, code, detail)


def _problem(answer: httpx.Response) -> tuple[str, str]:
    """Code and detail of a problem+json answer; the status when it is something else."""
    try:
        body: Any = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return f"http_{answer.status_code}", answer.text[:500]
    parts = [str(body.get("detail") or body.get("title") or "")]
    parts.extend(
        str(item.get("detail", "")) for item in body.get("errors", ()) if isinstance(item, dict)
    )
    return str(body.get("code", f"http_{answer.status_code}")), " ".join(filter(None, parts))
