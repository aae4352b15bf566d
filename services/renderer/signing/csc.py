"""Remote signing by the API of the Cloud Signature Consortium, as trust providers offer it.

The provider authorises one signature (PIN and OTP of the person, the hash to be signed) and
answers activation data; with these it signs the hash. The document never leaves.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from pydantic import SecretStr
from pyhanko.sign import Signer
from pyhanko.sign.general import SigningError as PyHankoSigningError
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationInfo,
    CSCAuthorizationManager,
    CSCCredentialInfo,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)

from services.renderer.errors import SigningError
from services.renderer.signing import GivenSecrets
from services.renderer.signing.words import refusal

WRONG_SECRETS = frozenset({"invalid_pin", "invalid_otp"})
LOCKED = frozenset({"locked_pin", "locked_otp"})


class RemoteSigner(CSCSigner):
    """Lets the reason of a failure through, which pyHanko only logs."""

    def __init__(
        self, identity: str, session: aiohttp.ClientSession, authorization: "Authorization"
    ) -> None:
        super().__init__(session, authorization, sign_timeout=authorization.seconds)
        self._identity = identity

    async def _do_commit(self, batch: Any) -> None:  # noqa: ANN401 - pyHanko's own class
        with told(self._identity):
            await super()._do_commit(batch)


class Authorization(CSCAuthorizationManager):
    """Asks the service to activate the key for one hash, with what the person gave."""

    def __init__(
        self,
        source: "CscSource",
        session: aiohttp.ClientSession,
        service: CSCServiceSessionInfo,
        credential: CSCCredentialInfo,
        secrets: GivenSecrets,
    ) -> None:
        super().__init__(service, credential)
        self._source = source
        self._session = session
        self._secrets = secrets
        self.seconds = source.seconds

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        """Activation data for this hash; raises ``SigningError``."""
        identity = self._source.identity
        pin = self._source.pin or self._secrets.pin
        otp = self._secrets.otp
        asked = self.format_csc_auth_request(
            pin=None if pin is None else pin.get_secret_value(),
            otp=None if otp is None else otp.get_secret_value(),
            hash_b64s=hash_b64s,
        )
        with told(identity):
            async with self._session.post(
                self.csc_session_info.endpoint_url("credentials/authorize"),  # type: ignore[no-untyped-call]
                headers=self.auth_headers,
                json=asked,
                timeout=aiohttp.ClientTimeout(total=self.seconds),
            ) as answer:
                if answer.status == HTTPStatus.BAD_REQUEST:
                    raise _refused(identity, await answer.json(content_type=None))
                answer.raise_for_status()
                given: dict[str, Any] = await answer.json()
        with told(identity):
            return self.parse_csc_auth_response(given)


@dataclass(frozen=True)
class CscSource:
    """A credential of a remote signing service."""

    identity: str
    url: str
    """What precedes ``/csc/v1/``."""
    credential: str
    token: SecretStr
    """OAuth access token of the service account."""
    pin: SecretStr | None = None
    """``None``: the person gives it, each time, with the OTP."""
    seconds: int = 30

    @asynccontextmanager
    async def open(self, secrets: GivenSecrets) -> AsyncIterator[Signer]:
        """As ``KeySource.open`` says."""
        if self.pin is None and secrets.pin is None:
            raise refusal("pin_required", identity=self.identity)
        service = CSCServiceSessionInfo(
            self.url, self.credential, oauth_token=self.token.get_secret_value() or None
        )
        async with aiohttp.ClientSession() as session:
            with told(self.identity):
                credential = await fetch_certs_in_csc_credential(session, service, self.seconds)
            authorization = Authorization(self, session, service, credential, secrets)
            yield RemoteSigner(self.identity, session, authorization)


def _refused(identity: str, answer: object) -> SigningError:
    """The error of the service (CSC API, 10.1) in our words."""
    error = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    if error in WRONG_SECRETS:
        return refusal("wrong_pin", identity=identity)
    if error in LOCKED:
        return refusal("pin_locked", identity=identity)
    return refusal("remote_refused", identity=identity, reason=error[:60] or "400")


@contextmanager
def told(identity: str) -> Iterator[None]:
    """Turns what goes wrong with the service into a ``SigningError``."""
    try:
        yield
    except aiohttp.ClientResponseError as error:
        raise _of_status(identity, error) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise refusal(
            "remote_unavailable", identity=identity, reason=type(error).__name__
        ) from error
    except PyHankoSigningError as error:
        cause = error.__cause__
        if isinstance(cause, aiohttp.ClientResponseError):
            raise _of_status(identity, cause) from error
        if isinstance(cause, aiohttp.ClientError):
            raise refusal(
                "remote_unavailable", identity=identity, reason=type(cause).__name__
            ) from error
        raise refusal("remote_refused", identity=identity, reason=str(error)[:200]) from error


def _of_status(identity: str, error: aiohttp.ClientResponseError) -> SigningError:
    passing = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status in {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.REQUEST_TIMEOUT,
    }
    code = "remote_unavailable" if passing else "remote_refused"
    return refusal(code, identity=identity, reason=f"HTTP {error.status}")
