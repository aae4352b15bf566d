"""One signature from lease to delivery: fetch what is to be signed, sign it, hand it over."""

import hashlib
import logging

from services.renderer.client import ApiClient, JobKey
from services.renderer.process import Progress
from services.renderer.seal_field import signature_field
from services.renderer.signing import GivenSecrets, SignatureOrder, Signer
from services.renderer.signing.words import refusal
from shared.contracts.sign_job import SignLease
from shared.contracts.signing import TIME_STAMP, SignatureSlot

FETCHING_AT = 10
SIGNING_AT = 30
UPLOADING_AT = 90

_log = logging.getLogger(__name__)


async def work(
    api: ApiClient, signer: Signer, key: JobKey, lease: SignLease, tell: Progress
) -> None:
    """Make the signature; raises ``SigningError`` when it was not made as asked.

    Until it is delivered nothing of it exists anywhere else: whoever is stopped in between has
    made a copy that nobody gets.
    """
    tell("signing", FETCHING_AT)
    pdf = await api.base(key, lease.lease_token)
    if hashlib.sha256(pdf).hexdigest() != lease.base_sha256:
        raise refusal("document_changed")
    tell("signing", SIGNING_AT)
    if lease.office == TIME_STAMP:
        signed = await signer.renew(pdf)
    else:
        signed = await signer.sign(pdf, _order(lease))
    tell("uploading", UPLOADING_AT)
    await api.deliver_signature(key, lease.lease_token, signed)
    _log.info("job %s of %s: signed for %s", key.job_id, key.chamber, lease.office)


def _order(lease: SignLease) -> SignatureOrder:
    return SignatureOrder(
        chamber=lease.chamber,
        field=signature_field(SignatureSlot(office=lease.office, title=lease.title)),
        identity=lease.identity,
        name=lease.title,
        reason=f"{lease.title}, {lease.chamber.name}",
        level=lease.level,
        expected=lease.expected,
        secrets=GivenSecrets(lease.pin, lease.otp),
    )
