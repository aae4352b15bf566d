"""Keys in PKCS#12 files: for seals, and for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from pyhanko.sign import Signer, SimpleSigner

from services.renderer.signing import GivenSecrets
from services.renderer.signing.words import refusal


@dataclass(frozen=True)
class Pkcs12Source:
    """A file, opened with the password of the configuration or with the PIN of the request."""

    identity: str
    path: Path
    password: SecretStr | None
    """``None``: the person gives it as PIN, each time."""

    @asynccontextmanager
    async def open(self, secrets: GivenSecrets) -> AsyncIterator[Signer]:
        """As ``KeySource.open`` says."""
        password = self.password if self.password is not None else secrets.pin
        if password is None:
            raise refusal("pin_required", identity=self.identity)
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise refusal("identity_missing", identity=self.identity) from error
        try:
            signer = SimpleSigner.load_pkcs12_data(
                content, other_certs=[], passphrase=password.get_secret_value().encode() or None
            )
        except ValueError as error:
            if self.password is None:
                raise refusal("wrong_pin", identity=self.identity) from error
            raise refusal(
                "identity_unreadable", identity=self.identity, reason="PKCS#12"
            ) from error
        yield signer
