"""``ciclo/sign-job@1``: a signature that the API asks the renderer for.

It travels on the same paths as a render job (:mod:`shared.contracts.render_job`) and is leased
in the same way; ``format`` tells the two apart. What is to be signed is fetched with the lease:

======  ==============  ==========================================================
method  path            body -> answer
======  ==============  ==========================================================
GET     ``/base``       -> 200 application/pdf, the bytes whose hash is ``base_sha256``
PUT     ``/signature``  application/pdf, the same bytes with one more signature -> 204
======  ==============  ==========================================================
"""

import json
from typing import Literal

from pydantic import Field, SecretStr

from shared.contracts.base import Contract
from shared.contracts.render_job import LEASE_SECONDS
from shared.contracts.signing import ExpectedSigner, Office, OfficeTitle
from shared.contracts.snapshot import ChamberCard
from shared.contracts.verification import PadesLevel


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
    level: PadesLevel | None = None
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
