"""Seals and signatures: the only code that touches private keys.

Two seams. ``Signer`` is what a job asks: a PDF in, the same PDF with one more signature out, at
the level asked for or with a ``SigningError``. ``KeySource`` is where a key lives (PKCS#12 file,
PKCS#11 device, remote service by the CSC API): one method that opens an identity.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr
from pyhanko.sign import Signer as PyHankoSigner

from services.renderer.seal_field import SealField
from shared.contracts.signing import ExpectedSigner
from shared.contracts.snapshot import ChamberCard
from shared.contracts.verification import SignatureLevel


@dataclass(frozen=True)
class GivenSecrets:
    """What the person who signs gave for this signature only; never logged."""

    pin: SecretStr | None = None
    otp: SecretStr | None = None


NO_SECRETS = GivenSecrets()


@dataclass(frozen=True)
class SignatureOrder:
    """One signature: where, with which identity, at which level."""

    chamber: ChamberCard
    field: SealField
    identity: str
    name: str
    """Who signs, as the signature says it: the chamber or an office, never a person."""
    reason: str
    level: SignatureLevel | None = None
    """``None``: the renderer's own."""
    expected: ExpectedSigner | None = None
    """Whose certificate it has to be; ``None`` for the seal, whose unit is the chamber's code."""
    secrets: GivenSecrets = NO_SECRETS


class Signer(Protocol):
    """Puts the seal of a chamber, or a person's signature, on a document.

    Both answer ``pdf`` with an incremental update, and raise
    ``services.renderer.errors.SigningError``: a document is never answered unsigned or at a
    lower level.
    """

    async def seal(self, pdf: bytes, chamber: ChamberCard, identity: str | None = None) -> bytes:
        """Seal an unsigned document."""

    async def sign(self, pdf: bytes, order: SignatureOrder) -> bytes:
        """Add one signature after those that are there."""

    async def renew(self, pdf: bytes) -> bytes:
        """Add a time stamp over everything that is there, before the last one's proof ends."""


class KeySource(Protocol):
    """Where a key lives."""

    def open(self, secrets: GivenSecrets) -> AbstractAsyncContextManager[PyHankoSigner]:
        """The identity, ready to sign until the context ends; raises ``SigningError``."""
