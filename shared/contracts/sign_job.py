"""``ciclo/sign-job@1``: a signature that the API asks the renderer for.

It travels on the same paths as a render job (:mod:`shared.contracts.render_job`) and is leased
in the same way; ``format`` tells the two apart. What is to be signed is fetched with the lease:

======  =============  ==========================================================
method  path           body -> answer
======  =============  ==========================================================
GET     ``/document``  -> 200 application/pdf, the bytes whose hash is ``base_sha256``
PUT     ``/document``  application/pdf, the same bytes with one more signature -> 204
======  =============  ==========================================================
"""

import json
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from shared.contracts.base import Contract
from shared.contracts.render_job import LEASE_SECONDS
from shared.contracts.signing import Office, OfficeTitle
from shared.contracts.snapshot import ChamberCard
from shared.contracts.verification import SignatureLevel

Fingerprint = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        max_length=64,
        description="Impronta SHA-256 del certificato (DER), esadecimale.",
    ),
]


class ExpectedSigner(Contract):
    """Il certificato di chi firma; ogni indicazione data deve corrispondere."""

    common_name: Annotated[
        str | None,
        Field(max_length=200, pattern=r"^\S(.*\S)?$", description="Nome comune (CN) del soggetto."),
    ] = None
    serial_number: Annotated[
        str | None,
        Field(
            max_length=64,
            pattern=r"^\S+$",
            description="Numero di serie del soggetto (per una firma qualificata `TINIT-` e il "
            "codice fiscale), non del certificato.",
        ),
    ] = None
    certificates: Annotated[
        tuple[Fingerprint, ...],
        Field(
            max_length=10, description="Certificati ammessi: il nuovo e il vecchio, nel rinnovo."
        ),
    ] = ()


class SignLease(Contract):
    """The right to make one signature, with all that is needed for it."""

    format: Literal["ciclo/sign-job@1"] = "ciclo/sign-job@1"
    job_id: str
    attempt: int = Field(ge=1)
    lease_token: str
    expires_at: str
    lease_seconds: int = Field(default=LEASE_SECONDS, ge=1)
    chamber: ChamberCard
    office: Office
    title: OfficeTitle
    identity: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    level: SignatureLevel | None = None
    expected: ExpectedSigner
    base_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    pin: SecretStr | None = None
    """As the person gave it for this signature; serialised only by :meth:`revealed`."""
    otp: SecretStr | None = None

    def revealed(self) -> bytes:
        """The lease as JSON with its secrets in clear: for the body of the answer, no log."""
        document = self.model_dump(mode="json")
        for name in ("pin", "otp"):
            secret: SecretStr | None = getattr(self, name)
            document[name] = None if secret is None else secret.get_secret_value()
        return json.dumps(document).encode()
