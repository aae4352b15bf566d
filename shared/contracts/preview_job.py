"""``ciclo/preview-job@1``: one part of a document, laid out in a moment and kept for minutes.

A preview is no report: it is not sealed, not counted, not kept, and says on every page that it is
one. The renderer is told of it by a queue of its own, so that it waits behind no document, takes
it once over HTTP, and hands back what it made. Nobody tries again: whoever wants it asks anew.
"""

from typing import Literal

from pydantic import Base64Bytes, ConfigDict, Field

from shared.contracts.base import Contract
from shared.contracts.snapshot import ReportSnapshot

PREVIEW_QUEUE = "ciclo:previews"
"""arq queue of previews."""

PREVIEW_FUNCTION = "render_preview"
"""Name of the arq function; called with ``(chamber, preview_id)``, JSON-serialised, ids only."""

LONGEST_SECONDS = 20
"""A preview that is not there by then is given up: nobody waits for it any more."""

MOST_BYTES = 10_000_000
"""Of the page and of the PDF; the largest chapter has some hundred thousand."""


class PreviewLease(Contract):
    """The right to make one preview, with all that is needed for it."""

    format: Literal["ciclo/preview-job@1"] = "ciclo/preview-job@1"
    preview_id: str
    lease_token: str
    anchor: str
    """The place of the document whose part is wanted."""
    snapshot: ReportSnapshot


class RenderedPreview(Contract):
    """What the renderer made: the same part as a PDF and as a page."""

    # ``Base64Bytes`` writes the letters itself.
    model_config = ConfigDict(ser_json_bytes="utf8")

    pdf: Base64Bytes = Field(max_length=MOST_BYTES)
    html: str = Field(max_length=MOST_BYTES)
    pages: int = Field(ge=1, le=10_000)
    warnings: tuple[str, ...] = Field(default=(), max_length=1000)
