"""Keys that never leave a device: HSM, smart card, token, through its PKCS#11 module."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import pkcs11
from asn1crypto import x509 as asn1_x509
from pkcs11 import exceptions
from pydantic import SecretStr
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import Signer
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

from services.renderer.signing import GivenSecrets
from services.renderer.signing.words import refusal

WRONG = (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange)
LOCKED = (exceptions.PinLocked, exceptions.PinExpired)
AWAY = (
    exceptions.DeviceError,
    exceptions.DeviceMemory,
    exceptions.DeviceRemoved,
    exceptions.GeneralError,
    exceptions.FunctionFailed,
    exceptions.NoSuchToken,
    exceptions.TokenNotPresent,
    exceptions.TokenNotRecognised,
    exceptions.SessionClosed,
    exceptions.SessionHandleInvalid,
    exceptions.SlotIDInvalid,
    exceptions.UserAlreadyLoggedIn,
    exceptions.UserNotLoggedIn,
)

# A token knows one login for the whole process: while it lasts, another session would be let in
# whatever its PIN. So devices are used by one job at a time.
_TURN = asyncio.Lock()


class DeviceSigner(PKCS11Signer):
    """Says of what the device does wrong whether trying again helps."""

    def __init__(
        self, identity: str, session: pkcs11.Session, key: str, chain: list[asn1_x509.Certificate]
    ) -> None:
        super().__init__(session, cert_label=key, key_label=key, ca_chain=chain)
        self._identity = identity

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002 - pyHanko's signature
    ) -> bytes:
        """Sign on the device."""
        with told(self._identity):
            return await super().async_sign_raw(data, digest_algorithm, dry_run)


@dataclass(frozen=True)
class Pkcs11Source:
    """A key and its certificate, of one label, on a token of a module."""

    identity: str
    module: str
    token: str
    key: str
    chain: tuple[asn1_x509.Certificate, ...] = ()
    pin: SecretStr | None = None
    """``None``: the person gives it, each time."""

    @asynccontextmanager
    async def open(self, secrets: GivenSecrets) -> AsyncIterator[Signer]:
        """As ``KeySource.open`` says."""
        pin = self.pin if self.pin is not None else secrets.pin
        if pin is None:
            raise refusal("pin_required", identity=self.identity)
        async with _TURN:
            session = await asyncio.to_thread(self._session, pin)
            try:
                signer = DeviceSigner(self.identity, session, self.key, list(self.chain))
                with told(self.identity):
                    await signer.ensure_objects_loaded()  # type: ignore[no-untyped-call]
                yield signer
            finally:
                await asyncio.to_thread(_close, session)

    def _session(self, pin: SecretStr) -> pkcs11.Session:
        with told(self.identity):
            # What is plugged in may have changed since the module was loaded.
            pkcs11.lib(self.module).reinitialize()
            return open_pkcs11_session(
                self.module,
                token_criteria=TokenCriteria(label=self.token),
                user_pin=pin.get_secret_value(),
            )


@contextmanager
def told(identity: str) -> Iterator[None]:
    """Turns what a module raises into a ``SigningError`` that says what to do."""
    try:
        yield
    except WRONG as error:
        raise refusal("wrong_pin", identity=identity) from error
    except LOCKED as error:
        raise refusal("pin_locked", identity=identity) from error
    except (*AWAY, OSError) as error:
        raise refusal(
            "token_unavailable", identity=identity, reason=type(error).__name__
        ) from error
    except exceptions.PKCS11Error as error:
        # Also when the token is not in any slot: it may be put back.
        raise refusal(
            "token_unavailable", identity=identity, reason=str(error)[:200] or type(error).__name__
        ) from error
    except PdfError as error:
        raise refusal("identity_unreadable", identity=identity, reason=str(error)[:200]) from error


def _close(session: pkcs11.Session) -> None:
    try:
        session.close()
    except (exceptions.PKCS11Error, OSError):
        # The device is gone, and the session with it.
        return
