"""Sealing: the only code that touches private keys.

The seam is one method, ``Signer.seal``: unsigned PDF in, signed PDF out, at the level asked
for or with a ``SigningError``.
"""

from typing import Protocol

from shared.contracts.snapshot import ChamberCard


class Signer(Protocol):
    """Puts the seal of a chamber on a document."""

    async def seal(self, pdf: bytes, chamber: ChamberCard, identity: str | None = None) -> bytes:
        """Answer ``pdf`` with the seal as an incremental update.

        Raises ``services.renderer.errors.SigningError``: a document is never answered
        unsigned or at a lower level.
        """
