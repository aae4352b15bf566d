"""One preview from the queue to the API: taken once, laid out, handed back.

Nothing is sealed, nothing tried again, no lease kept: a preview takes a second, and whoever
waited for it in vain asks for another.
"""

import base64
import logging
from dataclasses import dataclass
from typing import Protocol

from services.renderer.client import (
    BRIEF_PATIENCE,
    ApiClient,
    ApiRefusedError,
    ApiUnavailableError,
    LeaseLostError,
    NotLeasableError,
    PreviewKey,
)
from services.renderer.errors import RenderError
from services.renderer.process import Preview
from services.renderer.sandbox import Limits
from shared.contracts.preview_job import LONGEST_SECONDS, PreviewLease, RenderedPreview
from shared.contracts.render_job import RenderFailure
from shared.contracts.snapshot import canonical_bytes

_log = logging.getLogger(__name__)


class Previewer(Protocol):
    """``process.Presses.preview``, or a stand-in."""

    async def __call__(self, snapshot_json: bytes, anchor: str, limits: Limits) -> Preview:
        """Lay out the part of the document where ``anchor`` stands; raises ``RenderError``."""
        ...


@dataclass(frozen=True)
class PreviewDesk:
    """What is needed to make previews."""

    api: ApiClient
    preview: Previewer
    limits: Limits

    @classmethod
    def with_limits(cls, api: ApiClient, preview: Previewer, limits: Limits) -> "PreviewDesk":
        """A desk that spends no more time on a preview than somebody waits for it."""
        seconds = min(limits.seconds, LONGEST_SECONDS)
        return cls(api, preview, Limits(limits.memory_mb, seconds))


async def run(desk: PreviewDesk, key: PreviewKey) -> None:
    """Make one preview; every outcome is told to the API, or nobody waits for it any more."""
    try:
        lease = await desk.api.lease_preview(key)
        await _work(desk, key, lease)
    except (NotLeasableError, LeaseLostError) as reason:
        _log.info("preview %s of %s is not wanted: %s", key.preview_id, key.chamber, reason)
    except (ApiUnavailableError, ApiRefusedError) as reason:
        _log.warning("preview %s of %s: %s", key.preview_id, key.chamber, reason)


async def _work(desk: PreviewDesk, key: PreviewKey, lease: PreviewLease) -> None:
    try:
        made = await desk.preview(canonical_bytes(lease.snapshot), lease.anchor, desk.limits)
    except RenderError as error:
        failure = RenderFailure(
            code=error.code, detail=error.detail[:2000], section=None, retryable=False
        )
        await desk.api.fail(key, lease.lease_token, failure, BRIEF_PATIENCE)
        return
    result = RenderedPreview(
        pdf=base64.b64encode(made.pdf),
        html=made.html,
        pages=made.pages,
        warnings=made.warnings,
    )
    await desk.api.deliver_preview(key, lease.lease_token, result)
    _log.info("preview %s of %s: %d pages", key.preview_id, key.chamber, made.pages)
