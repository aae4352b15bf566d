"""Signing in tests: a document of one page, a chamber's signer with the tests' own authorities."""

import asyncio
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pydantic import SecretStr

from services.renderer.errors import SigningError
from services.renderer.seal_field import SealField
from services.renderer.signing import NO_SECRETS, GivenSecrets, SignatureOrder
from services.renderer.signing.authorities import Authorities
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.signing import ExpectedSigner
from shared.contracts.verification import SignatureLevel
from tests.renderer.pki import PASSWORD, Pki
from tests.renderer.snapshots import PISA

SECRETARY = "segretario_generale"
PRESIDENT = "presidente"
ANYBODY = ExpectedSigner()


def page() -> bytes:
    """A document of one empty page, without fields."""
    plain = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain, deterministic_id=True)
    return plain.getvalue()


def order(
    office: str,
    identity: str | None = None,
    *,
    level: SignatureLevel | None = None,
    expected: ExpectedSigner = ANYBODY,
    pin: str | None = None,
    otp: str | None = None,
) -> SignatureOrder:
    """A signature that an office asks for."""
    secrets = NO_SECRETS
    if pin is not None or otp is not None:
        secrets = GivenSecrets(pin and SecretStr(pin), otp and SecretStr(otp))  # type: ignore[arg-type]
    return SignatureOrder(
        chamber=PISA,
        field=SealField(f"Firma_{office}", f"Firma: {office}"),
        identity=identity or office,
        name=office,
        reason="Relazione sulla performance",
        level=level,
        expected=expected,
        secrets=secrets,
    )


@dataclass
class Office:
    """A folder of identities, and who signs with them."""

    pki: Pki
    folder: Path
    trust: Path = field(init=False)

    def __post_init__(self) -> None:
        """With a seal, a secretary and a president."""
        self.trust = self.pki.trust(self.folder / "trust")
        for name, unit in (("PI", "PI"), (SECRETARY, None), (PRESIDENT, None)):
            person = self.pki.person(f"Titolare {name}", unit)
            (self.folder / f"{name}.p12").write_bytes(person.p12())

    def signer(
        self, level: SignatureLevel = "B-B", *, tsa: str | None = None, seconds: float = 60
    ) -> PadesSigner:
        """Signs at a level, with the stamps of the tests' own authority or of ``tsa``."""
        url = self.pki.tsa_url if tsa is None else tsa
        return PadesSigner(
            IdentityFolder(self.folder, PASSWORD, production=True, make_missing=False),
            level,
            Authorities(self.trust, url, timeout_seconds=5),
            seconds,
        )

    def seal(self, pdf: bytes, level: SignatureLevel = "B-B") -> bytes:
        """The seal of the chamber."""
        return asyncio.run(self.signer(level).seal(pdf, PISA))

    def sign(self, pdf: bytes, given: SignatureOrder, level: SignatureLevel = "B-B") -> bytes:
        """One more signature."""
        return asyncio.run(self.signer(level).sign(pdf, given))

    def all_three(self, pdf: bytes, level: SignatureLevel) -> list[bytes]:
        """The document before, and after each of three signatures."""
        stages = [pdf, self.seal(pdf, level)]
        for office in (SECRETARY, PRESIDENT):
            stages.append(self.sign(stages[-1], order(office), level))
        return stages


def refusal(signer: PadesSigner, pdf: bytes, given: SignatureOrder) -> SigningError:
    """Why a signature was not made; in both languages, without a secret."""
    with pytest.raises(SigningError) as caught:
        asyncio.run(signer.sign(pdf, given))
    error = caught.value
    assert error.detail
    assert error.english
    assert error.detail != error.english
    for secret in (given.secrets.pin, given.secrets.otp):
        assert secret is None or secret.get_secret_value() not in f"{error}{error.english}"
    return error
