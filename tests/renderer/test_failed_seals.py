"""A document that cannot be sealed as it has to be is not delivered: the job says why.

The whole job but its layout: lease, seal, delivery or failure, over HTTP to a stand-in of the API.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.renderer import jobs
from services.renderer.client import ApiClient, JobKey
from services.renderer.process import Progress, RenderedPdf
from services.renderer.sandbox import Limits
from services.renderer.signing.pades import PadesSigner
from shared.signatures import verify
from tests.renderer import hsm, snapshots
from tests.renderer.pki import PASSWORD, Pki
from tests.renderer.signing import Office, page
from tests.renderer.standin import TOKEN, Job, StandIn

SEAL = "PI.p12"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with Pki() as running:
        yield running


@pytest.fixture
def office(pki: Pki, tmp_path: Path) -> Iterator[Office]:
    yield Office(pki, tmp_path)
    pki.behaviour.away.clear()


def worked_on(signer: PadesSigner) -> Job:
    """A job whose pages are there already, after its one attempt."""

    async def laid_out(snapshot_json: bytes, limits: Limits, on_progress: Progress) -> RenderedPdf:
        del snapshot_json, limits, on_progress
        return RenderedPdf(content=page(), web=b"<!DOCTYPE html>", pages=1, warnings=())

    async def work(url: str) -> None:
        async with ApiClient(url, TOKEN) as api:
            workshop = jobs.Workshop(api, laid_out, signer, Limits(512, 60))
            await jobs.run(workshop, JobKey("PI", "j1"))

    with StandIn(lease_seconds=30) as api:
        api.jobs["j1"] = Job(snapshots.small())
        asyncio.run(work(api.url))
        return api.jobs["j1"]


def _stamps_are_away(office: Office) -> PadesSigner:
    office.pki.behaviour.away.add("tsa")
    return office.signer("B-T")


def _nobody_stamps(office: Office) -> PadesSigner:
    return office.signer("B-T", tsa="")


def _statuses_are_away(office: Office) -> PadesSigner:
    office.pki.behaviour.away.update({"crl", "ocsp"})
    return office.signer("B-LT")


def _expired(office: Office) -> PadesSigner:
    old = office.pki.person("Sigillo scaduto", "PI", days=(-60, -1))
    (office.folder / SEAL).write_bytes(old.p12())
    return office.signer()


def _revoked(office: Office) -> PadesSigner:
    holder = office.pki.person("Sigillo revocato", "PI")
    office.pki.revoke(holder)
    (office.folder / SEAL).write_bytes(holder.p12())
    return office.signer()


def _other_password(office: Office) -> PadesSigner:
    holder = office.pki.person("Sigillo di altra password", "PI")
    (office.folder / SEAL).write_bytes(holder.p12(f"{PASSWORD}-altra"))
    return office.signer()


def _no_device(office: Office) -> PadesSigner:
    if not hsm.MODULE:
        pytest.skip("SoftHSM (Debian: softhsm2) is not installed")
    described = hsm.description(name="Tolto") + 'pin_file = "pin"\n'
    (office.folder / "PI.toml").write_text(described.replace('chain = "chain.pem"\n', ""))
    (office.folder / "pin").write_text(hsm.PIN)
    return office.signer()


@pytest.mark.parametrize(
    ("prepare", "code", "again"),
    [
        (_stamps_are_away, "tsa_unavailable", True),
        (_nobody_stamps, "level_unavailable", False),
        (_statuses_are_away, "revocation_unavailable", True),
        (_expired, "identity_expired", False),
        (_revoked, "identity_revoked", False),
        (_other_password, "identity_unreadable", False),
        (_no_device, "token_unavailable", True),
    ],
)
def test_what_cannot_be_sealed_is_not_delivered(
    office: Office, prepare: Callable[[Office], PadesSigner], code: str, *, again: bool
) -> None:
    job = worked_on(prepare(office))
    assert (job.state, job.document, job.web_page) == ("failed", None, None)
    [failure] = job.failures
    assert (failure["code"], failure["retryable"]) == (code, again)
    assert failure["detail"]
    assert failure["detail_en"] != failure["detail"]


def test_what_can_be_is(office: Office) -> None:
    job = worked_on(office.signer("B-LTA"))
    assert (job.state, job.failures) == ("done", [])
    assert job.document is not None
    assert verify(job.document, office.trust, chamber="PI").signers[0].level == "B-LTA"
