"""Whom the renderer trusts and who stamps time for it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from pydantic import SecretStr
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleTrustManager

from services.renderer.signing.words import refusal
from shared.contracts.verification import SignatureLevel
from shared.signatures import load_anchors

STAMPED: frozenset[SignatureLevel] = frozenset({"B-T", "B-LT", "B-LTA"})
LASTING: frozenset[SignatureLevel] = frozenset({"B-LT", "B-LTA"})
"""Levels that carry what is needed to validate them later."""

REPLY = "application/timestamp-reply"


class HttpTimeStamper(TimeStamper):
    """RFC 3161 over HTTP; says plainly when the service is away and when it refuses."""

    def __init__(
        self, url: str, user: str, password: SecretStr | None, seconds: float, attempts: int = 2
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._url = url
        secret = password.get_secret_value() if password else ""
        self._auth = httpx.BasicAuth(user, secret) if user else httpx.Auth()
        self._seconds = seconds
        self._attempts = attempts

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask once more where nobody answered; raises ``SigningError``."""
        for left in reversed(range(self._attempts)):
            try:
                return await self._ask(req)
            except httpx.TransportError as error:
                reason = type(error).__name__
            except httpx.HTTPStatusError as error:
                reason = f"HTTP {error.response.status_code}"
                if error.response.is_client_error:
                    raise refusal("tsa_refused", reason=reason) from error
            if left:
                await asyncio.sleep(1)
        raise refusal("tsa_unavailable", reason=reason)

    async def _ask(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        async with httpx.AsyncClient(timeout=self._seconds, trust_env=False) as http:
            answer = await http.post(
                self._url,
                content=req.dump(),
                auth=self._auth,
                headers={"Content-Type": "application/timestamp-query", "Accept": REPLY},
            )
        answer.raise_for_status()
        if answer.headers.get("content-type", "").partition(";")[0].strip() != REPLY:
            raise refusal("tsa_refused", reason="content type")
        try:
            response = tsp.TimeStampResp.load(answer.content, strict=True)
            response["status"]["status"].native  # noqa: B018 - parses, so a wrong answer fails here
        except ValueError as error:
            raise refusal("tsa_refused", reason="RFC 3161") from error
        return response


@dataclass(frozen=True)
class Authorities:
    """Trust anchors (a folder of certificates, read anew) and the time stamping authority."""

    anchors: Path | None = None
    tsa_url: str = ""
    tsa_user: str = ""
    tsa_password: SecretStr | None = None
    timeout_seconds: float = 10.0

    @property
    def _known(self) -> tuple[asn1_x509.Certificate, ...]:
        return (
            () if self.anchors is None or not self.anchors.is_dir() else load_anchors(self.anchors)
        )

    def roots(self, chain: Iterable[asn1_x509.Certificate]) -> tuple[asn1_x509.Certificate, ...]:
        """What to trust; where nothing is configured, what the identity itself brings along."""
        return self._known or tuple(chain)

    def stamper(self, level: SignatureLevel) -> TimeStamper | None:
        """Who stamps time for a level; raises ``SigningError`` when nobody is configured."""
        if level not in STAMPED:
            return None
        if not self.tsa_url:
            raise refusal(
                "level_unavailable", level=level, reason="CICLO_TSA_URL (marca temporale)"
            )
        if not self._known:
            raise refusal("level_unavailable", level=level, reason="CICLO_TRUST_ANCHORS")
        return HttpTimeStamper(self.tsa_url, self.tsa_user, self.tsa_password, self.timeout_seconds)

    def context(
        self, level: SignatureLevel, chain: Iterable[asn1_x509.Certificate]
    ) -> ValidationContext:
        """To judge certificates in: for a lasting level every status must be known.

        For the others a status that can be had is looked at: nobody signs with a certificate
        that is known to be revoked.
        """
        chain = tuple(chain)
        return ValidationContext(
            trust_manager=SimpleTrustManager.build(trust_roots=list(self.roots(chain))),
            other_certs=chain,
            allow_fetching=True,
            revocation_mode="require" if level in LASTING else "soft-fail",
        )
