"""``ciclo/render-job@1``: what the renderer and the API say to each other over HTTP.

The renderer is the client. Every call carries the service token (``Authorization: Bearer``)
and, after the lease, the lease token in the header ``Ciclo-Lease-Token``. A call whose
lease is gone (expired, cancelled, taken by another worker) is answered 409 with code
``lease_lost``: the worker drops the job.

Below ``/internal/v1/chambers/{chamber}/render-jobs/{job_id}``:

======  ==============  =====================================
method  path            body -> answer
======  ==============  =====================================
POST    ``/lease``      -> 200 RenderLease
POST    ``/heartbeat``  RenderProgress -> 204
PUT     ``/web-page``   text/html -> 204
PUT     ``/document``   application/pdf -> 204
POST    ``/failure``    RenderFailure -> 204
======  ==============  =====================================

``lease`` answers 404 for an unknown job and 409 with code ``not_leasable`` when the job is
finished or another worker holds a live lease. ``document`` carries ``Content-Digest:
sha-256=:<base64>:`` (RFC 9530) and is answered 422 when hash or signature do not hold. So does
``web-page`` (:mod:`shared.contracts.web_page`), which comes before it: the document ends the job.
"""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.snapshot import ReportSnapshot

QUEUE_NAME = "ciclo:render"
"""arq queue of render jobs."""

RENDER_FUNCTION = "render_report"
"""Name of the arq function; called with ``(chamber, job_id)``, JSON-serialised, ids only."""

LEASE_SECONDS = 30
"""A lease lives this long after the last heartbeat unless the API is set otherwise.

The lease itself says how long (``RenderLease.lease_seconds``); heartbeats come every third
of that.
"""

Stage = Literal["queued", "leased", "document", "pdf", "signing", "uploading", "done"]


def arq_job_id(chamber: str, job_id: str, attempt: int) -> str:
    """Id under which an attempt at a render job is queued: one message per attempt.

    The attempt is part of it because arq refuses an id as long as the in-progress key of a
    killed worker lives, which is longer than anybody wants to wait for a report.
    """
    return f"render:{chamber}:{job_id}:{attempt}"


class RenderLease(Contract):
    """The right to render one job until ``expires_at``, with all that is needed for it."""

    format: Literal["ciclo/render-job@1"] = "ciclo/render-job@1"
    job_id: str
    attempt: int = Field(ge=1)
    lease_token: str
    expires_at: str
    """RFC 3339 UTC instant by the database's clock."""
    lease_seconds: int = Field(default=LEASE_SECONDS, ge=1)
    """How long the lease lives after each heartbeat; heartbeats come every third of it."""
    snapshot_sha256: str
    """Of ``canonical_bytes(snapshot)``, in hexadecimal; the API has frozen these bytes."""
    snapshot: ReportSnapshot
    signing_identity: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    """Name of the identity that seals for the chamber; the chamber's code where none is set."""


class RenderProgress(Contract):
    """Heartbeat: where the renderer is, 0-100."""

    stage: Stage
    progress: int = Field(ge=0, le=100)


class RenderFailure(Contract):
    """The job could not be rendered; ``section`` names the part of the document."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    detail: str = Field(max_length=2000)
    detail_en: str | None = Field(default=None, max_length=2000)
    """The same in English, where the renderer has it."""
    section: str | None = Field(default=None, max_length=200)
    retryable: bool
