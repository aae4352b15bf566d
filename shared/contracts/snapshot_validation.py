"""What the document of the OIV's decision has: the decision, its object, what was looked at."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.snapshot_views import Act, DateText

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DecidedDocument(Contract):
    """The very document that was validated or refused, to be told from any other."""

    report_id: str
    kind: str
    year: int
    version: int
    pdf_sha256: Sha256
    snapshot_sha256: Sha256
    verification_url: str
    approval: Act | None = None
    """The act by which the body had approved it."""


class CheckView(Contract):
    """How many of the things that were looked at are as they should be."""

    check: str
    """Name of a check of :mod:`shared.contracts.validation_checks`."""
    done: int
    of: int


class ValidationView(Contract):
    """The decision of the OIV on a report (D.Lgs. 150/2009, art. 14, c. 4, c)."""

    outcome: Literal["validated", "refused"]
    date: DateText
    number: str | None = None
    conditions: str | None = None
    remarks: str | None = None
    reason: str | None = None
    """Why it was refused."""
    document: DecidedDocument
    checks: tuple[CheckView, ...]
