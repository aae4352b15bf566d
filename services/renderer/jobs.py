"""One render job from lease to delivery.

The child renders, the parent signs: the process that lays out other people's texts never
sees a key. While it works a pulse keeps the lease; when the lease is lost the work stops.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from services.renderer import signature_job
from services.renderer.client import (
    BRIEF_PATIENCE,
    LEASE_PATIENCE,
    ApiClient,
    ApiRefusedError,
    ApiUnavailableError,
    JobKey,
    LeaseLostError,
    NotLeasableError,
)
from services.renderer.errors import RenderError, SigningError
from services.renderer.process import Progress, RenderedPdf
from services.renderer.sandbox import Limits
from services.renderer.signing import Signer
from shared.contracts.render_job import RenderFailure, RenderLease, RenderProgress, Stage
from shared.contracts.sign_job import SignLease
from shared.contracts.snapshot import canonical_bytes

SIGNING_AT = 90
UPLOADING_AT = 96
BEATS_PER_LEASE = 3
SHORTEST_BEAT = 0.5
"""Progress is told at most this often (seconds), however fast pages are made."""

STAGES: dict[str, Stage] = {"document": "document", "pdf": "pdf"}
_log = logging.getLogger(__name__)


class Renderer(Protocol):
    """``process.render``, or a stand-in."""

    def __call__(
        self, snapshot_json: bytes, limits: Limits, on_progress: Progress
    ) -> Awaitable[RenderedPdf]:
        """Render a snapshot; raises ``RenderError``."""


@dataclass(frozen=True)
class Workshop:
    """What is needed to work on jobs."""

    api: ApiClient
    render: Renderer
    signer: Signer
    limits: Limits


async def run(workshop: Workshop, key: JobKey) -> None:
    """Lease, render, sign and deliver one job; every outcome is told to the API.

    Returns normally also when the job was not ours or could not be done: the database
    keeps the truth, the queue only knocks.
    """
    try:
        lease = await workshop.api.lease(key)
    except NotLeasableError as reason:
        _log.info("job %s of %s is not to be had: %s", key.job_id, key.chamber, reason)
        return
    except (ApiUnavailableError, ApiRefusedError) as reason:
        _log.warning("no lease for job %s of %s: %s", key.job_id, key.chamber, reason)
        return
    _log.info("job %s of %s leased, attempt %d", key.job_id, key.chamber, lease.attempt)
    pulse = _Pulse(workshop.api, key, lease)
    beating = asyncio.create_task(pulse.beat(), name="pulse")
    working = asyncio.create_task(_work(workshop, key, lease, pulse), name="work")
    try:
        await asyncio.wait({beating, working}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            _log.warning("lease of job %s of %s lost: dropped", key.job_id, key.chamber)
    finally:
        await _finish(working)
        await _finish(beating)


async def _finish(task: "asyncio.Task[None]") -> None:
    """Cancel what still runs, wait for its end, keep its errors for the log."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended with %s", task.get_name(), error, exc_info=error)


async def _work(
    workshop: Workshop, key: JobKey, lease: RenderLease | SignLease, pulse: "_Pulse"
) -> None:
    try:
        failure = await _attempt(workshop, key, lease, pulse)
        patience = LEASE_PATIENCE
    except asyncio.CancelledError:
        # Stopped from outside: let the job go at once instead of when the lease ends.
        failure, patience = (
            _failure("worker_stopped", "Il renderer è stato fermato.", retryable=True),
            1.0,
        )
        if pulse.lost:
            raise
        with contextlib.suppress(Exception):
            async with asyncio.timeout(BRIEF_PATIENCE):
                await workshop.api.fail(key, lease.lease_token, failure, patience)
        raise
    if failure is not None:
        _log.warning("job %s of %s failed: %s", key.job_id, key.chamber, failure)
        with contextlib.suppress(LeaseLostError, ApiUnavailableError):
            await workshop.api.fail(key, lease.lease_token, failure, patience)


async def _attempt(
    workshop: Workshop, key: JobKey, lease: RenderLease | SignLease, pulse: "_Pulse"
) -> RenderFailure | None:
    """Do the work; answers the failure to report, if any."""
    try:
        if isinstance(lease, SignLease):
            await signature_job.work(workshop.api, workshop.signer, key, lease, pulse.tell)
        else:
            await _document(workshop, key, lease, pulse)
    except RenderError as error:
        return _failure(error.code, error.detail, retryable=error.retryable, section=error.section)
    except SigningError as error:
        failure = _failure(error.code, error.detail, retryable=error.retryable)
        return failure.model_copy(update={"detail_en": error.english[:2000]})
    except ApiRefusedError as error:
        return _failure(
            "document_refused", f"Il documento è stato rifiutato: {error}", retryable=False
        )
    except LeaseLostError:
        _log.warning("job %s of %s: lease lost at delivery", key.job_id, key.chamber)
    except ApiUnavailableError as error:
        _log.warning("job %s of %s not delivered: %s", key.job_id, key.chamber, error)
    except Exception as error:  # noqa: BLE001 - a fault of ours: told to the API and the log
        _log.exception("job %s of %s", key.job_id, key.chamber)
        return _failure(
            "renderer_fault", f"Errore del renderer: {type(error).__name__}.", retryable=True
        )
    return None


async def _document(workshop: Workshop, key: JobKey, lease: RenderLease, pulse: "_Pulse") -> None:
    """Render, seal, deliver."""
    snapshot = canonical_bytes(lease.snapshot)
    if hashlib.sha256(snapshot).hexdigest() != lease.snapshot_sha256:
        raise RenderError(
            "snapshot_damaged", "I dati ricevuti non hanno l'impronta attesa.", retryable=True
        )
    rendered = await workshop.render(snapshot, workshop.limits, pulse.tell)
    for warning in rendered.warnings:
        _log.warning("job %s of %s: %s", key.job_id, key.chamber, warning)
    pulse.tell("signing", SIGNING_AT)
    signed = await workshop.signer.seal(
        rendered.content, lease.snapshot.chamber, lease.signing_identity
    )
    pulse.tell("uploading", UPLOADING_AT)
    await workshop.api.deliver_web_page(key, lease.lease_token, rendered.web)
    await workshop.api.deliver(key, lease.lease_token, signed)
    _log.info("job %s of %s delivered, %d pages", key.job_id, key.chamber, rendered.pages)


def _failure(
    code: str, detail: str, *, retryable: bool, section: str | None = None
) -> RenderFailure:
    return RenderFailure(
        code=code, detail=detail[:2000], section=section[:200] if section else None,
        retryable=retryable,
    )  # fmt: skip


class _Pulse:
    """Heartbeats: at once when something changes, and three times in the life of a lease."""

    def __init__(self, api: ApiClient, key: JobKey, lease: RenderLease | SignLease) -> None:
        self._api = api
        self._key = key
        self._token = lease.lease_token
        self._interval = lease.lease_seconds / BEATS_PER_LEASE
        self._progress = RenderProgress(stage="leased", progress=1)
        self._changed = asyncio.Event()
        self.lost = False

    def tell(self, stage: str, progress: int) -> None:
        """Note where the work is; the next heartbeat carries it."""
        known: Stage = stage if stage in {"signing", "uploading"} else STAGES.get(stage, "pdf")  # type: ignore[assignment]
        self._progress = RenderProgress(stage=known, progress=progress)
        self._changed.set()

    async def beat(self) -> None:
        """Run until the lease is lost. An API that is away is no reason to stop working."""
        while True:
            self._changed.clear()
            try:
                await self._api.heartbeat(self._key, self._token, self._progress)
            except LeaseLostError:
                self.lost = True
                return
            except (ApiUnavailableError, ApiRefusedError) as error:
                _log.warning("heartbeat of job %s: %s", self._key.job_id, error)
            await asyncio.sleep(SHORTEST_BEAT)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._interval - SHORTEST_BEAT)):
                    await self._changed.wait()
