"""The level asked for is the level obtained, or there is no signature and the reason is told."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from services.renderer.errors import SigningError
from services.renderer.signing.authorities import Authorities
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.signing import ExpectedSigner
from shared.contracts.verification import SignatureLevel
from shared.signatures import verify
from shared.signatures.states import state_before
from tests.renderer.pki import PASSWORD, Pki
from tests.renderer.signing import SECRETARY, Office, order, page, refusal
from tests.renderer.snapshots import PISA

LEVELS: tuple[SignatureLevel, ...] = ("B-B", "B-T", "B-LT", "B-LTA")


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with Pki() as running:
        yield running


@pytest.fixture
def office(pki: Pki, tmp_path: Path) -> Iterator[Office]:
    yield Office(pki, tmp_path)
    pki.behaviour.away.clear()
    pki.behaviour.refusing = False


@pytest.mark.parametrize("level", LEVELS)
def test_three_people_sign_at_the_level_asked_for(office: Office, level: SignatureLevel) -> None:
    stages = office.all_three(page(), level)
    for before, after in pairwise(stages):
        assert after.startswith(before)
    report = verify(stages[-1], office.trust, chamber="PI")
    assert report.valid, report.problems
    assert [item.level for item in report.signers] == [level] * 3
    assert [item.field for item in report.signers][1:] == [
        "Firma_segretario_generale",
        "Firma_presidente",
    ]
    stamped = [item.trusted_time is not None for item in report.signers]
    assert stamped == [level != "B-B"] * 3


def test_each_stage_is_told_by_its_hash(office: Office) -> None:
    stages = office.all_three(page(), "B-B")
    report = verify(stages[-1], office.trust)
    assert [item.covers_sha256 for item in report.signers] == [
        verify(stage, office.trust).sha256 for stage in stages[1:]
    ]


def test_every_stage_is_a_state_of_the_last(office: Office) -> None:
    for level in LEVELS:
        stages = office.all_three(page(), level)
        report = verify(stages[-1], office.trust)
        digests = [state.sha256 for state in report.states]
        places = [digests.index(hashlib.sha256(stage).hexdigest()) for stage in stages]
        assert places == sorted(places)
        assert places[-1] == len(digests) - 1
        assert len(report.stamps) == (3 if level == "B-LTA" else 0)
        for stamp in report.stamps:
            assert stamp.good
            assert stamp.authority
        seal = report.signers[0]
        before = state_before(report.states, seal.covers_size)
        assert before is not None
        assert before.sha256 == hashlib.sha256(stages[0]).hexdigest()


def test_an_archived_signature_outlives_its_certificate(office: Office) -> None:
    lasting, basic = (office.all_three(page(), level)[-1] for level in ("B-LTA", "B-B"))
    later = datetime.now(UTC) + timedelta(days=364)
    report = verify(lasting, office.trust, moment=later)
    assert report.valid, report.problems
    far = datetime.now(UTC) + timedelta(days=400)
    codes = {item.code for item in verify(basic, office.trust, moment=far).problems}
    assert codes == {"certificate_expired"}


def test_time_stamps_are_renewed_and_the_chain_goes_on(office: Office) -> None:
    archived = office.all_three(page(), "B-LTA")[-1]
    once = asyncio.run(office.signer("B-LTA").renew(archived))
    twice = asyncio.run(office.signer("B-LTA").renew(once))
    for before, after in pairwise((archived, once, twice)):
        assert after.startswith(before)
    report = verify(twice, office.trust, chamber="PI")
    assert report.valid, report.problems
    assert [item.level for item in report.signers] == ["B-LTA"] * 3
    assert [item.good for item in report.stamps] == [True] * 5
    assert [item.covers_whole_document for item in report.stamps] == [False] * 4 + [True]
    # Older stamps are judged at the moment of the next: only the last has to be good now.
    assert report.stamp_ends == report.stamps[-1].certificate_ends


def test_what_is_not_archived_or_not_provable_is_not_renewed(office: Office) -> None:
    def refused(pdf: bytes) -> SigningError:
        with pytest.raises(SigningError) as caught:
            asyncio.run(office.signer("B-LTA").renew(pdf))
        return caught.value

    assert refused(office.all_three(page(), "B-T")[-1]).code == "nothing_to_renew"
    archived = office.all_three(page(), "B-LTA")[-1]
    assert not refused(archived[:-9] + b"x" + archived[-8:]).retryable
    office.pki.behaviour.away.add("tsa")
    error = refused(archived)
    assert (error.code, error.retryable) == ("tsa_unavailable", True)


def test_a_missing_stamping_service_is_tried_again(office: Office) -> None:
    office.pki.behaviour.away.add("tsa")
    for level in LEVELS[1:]:
        error = refusal(office.signer(level), page(), order(SECRETARY))
        assert error.code == "tsa_unavailable"
        assert error.retryable
    nobody = office.signer("B-T", tsa="http://127.0.0.1:9")
    assert refusal(nobody, page(), order(SECRETARY)).code == "tsa_unavailable"


def test_a_stamping_service_that_refuses_is_not_asked_again(office: Office) -> None:
    office.pki.behaviour.refusing = True
    error = refusal(office.signer("B-T"), page(), order(SECRETARY))
    assert error.code == "tsa_refused"
    assert not error.retryable


def test_a_level_without_its_services_is_refused(office: Office) -> None:
    error = refusal(office.signer("B-T", tsa=""), page(), order(SECRETARY))
    assert (error.code, error.retryable) == ("level_unavailable", False)
    assert "CICLO_TSA_URL" in error.detail
    unknown = PadesSigner(
        IdentityFolder(office.folder, PASSWORD, production=True, make_missing=False),
        "B-T",
        Authorities(None, office.pki.tsa_url),
    )
    assert refusal(unknown, page(), order(SECRETARY)).code == "level_unavailable"


def test_a_stamp_of_a_stranger_is_no_stamp(office: Office, tmp_path: Path) -> None:
    with Pki() as stranger:
        error = refusal(office.signer("B-T", tsa=stranger.tsa_url), page(), order(SECRETARY))
    assert error.code in {"level_not_obtained", "tsa_refused", "identity_untrusted"}


def test_an_expired_certificate_does_not_sign(office: Office) -> None:
    old = office.pki.person("Scaduto", days=(-60, -1))
    (office.folder / f"{SECRETARY}.p12").write_bytes(old.p12())
    error = refusal(office.signer(), page(), order(SECRETARY))
    assert (error.code, error.retryable) == ("identity_expired", False)


@pytest.mark.parametrize("level", LEVELS)
def test_a_revoked_certificate_does_not_sign(office: Office, level: SignatureLevel) -> None:
    holder = office.pki.person("Revocato")
    office.pki.revoke(holder)
    (office.folder / f"{SECRETARY}.p12").write_bytes(holder.p12())
    error = refusal(office.signer(level), page(), order(SECRETARY))
    assert (error.code, error.retryable) == ("identity_revoked", False)


def test_what_was_signed_before_a_revocation_stays_good(office: Office) -> None:
    holder = office.pki.person("Poi revocato")
    (office.folder / f"{SECRETARY}.p12").write_bytes(holder.p12())
    signed = office.sign(page(), order(SECRETARY), "B-LTA")
    office.pki.revoke(holder, datetime.now(UTC))
    assert verify(signed, office.trust).valid


def test_a_lasting_level_needs_to_know_of_revocations(office: Office) -> None:
    office.pki.behaviour.away.update({"crl", "ocsp"})
    error = refusal(office.signer("B-LT"), page(), order(SECRETARY))
    assert (error.code, error.retryable) == ("revocation_unavailable", True)
    signed = office.sign(page(), order(SECRETARY), "B-T")
    assert verify(signed, office.trust).signers[0].level == "B-T"


def test_a_stranger_does_not_sign(office: Office) -> None:
    with Pki() as other:
        (office.folder / f"{SECRETARY}.p12").write_bytes(other.person("Altrove").p12())
        error = refusal(office.signer(), page(), order(SECRETARY))
    assert (error.code, error.retryable) == ("identity_untrusted", False)


def test_the_expected_person_signs_and_nobody_else(office: Office) -> None:
    named = ExpectedSigner(common_name=f"Titolare {SECRETARY}")
    assert office.sign(page(), order(SECRETARY, expected=named))
    wrong = ExpectedSigner(
        common_name="Altra persona", serial_number="TINIT-X", certificates=("0" * 64,)
    )
    error = refusal(office.signer(), page(), order(SECRETARY, expected=wrong))
    assert error.code == "identity_of_another"
    for part in ("CN=", "serialNumber=", "SHA-256="):
        assert part in error.detail


def test_a_password_may_be_asked_of_the_person(office: Office) -> None:
    (office.folder / "asked.toml").write_text(f'source = "pkcs12"\nfile = "{SECRETARY}.p12"\n')
    signer = office.signer()
    assert refusal(signer, page(), order("x", "asked")).code == "pin_required"
    wrong = refusal(signer, page(), order("x", "asked", pin="sbagliato"))
    assert (wrong.code, wrong.retryable) == ("wrong_pin", False)
    assert office.sign(page(), order("xx", "asked", pin=PASSWORD))


def test_a_description_that_is_wrong_is_told_without_what_it_says(office: Office) -> None:
    for text in ('source = "pkcs11"\ntoken = "segreto"', "source = segreto", 'source = "carta"'):
        (office.folder / "wrong.toml").write_text(text)
        error = refusal(office.signer(), page(), order("x", "wrong"))
        assert error.code == "identity_unreadable"
        assert "segreto" not in error.detail


def test_nobody_signs_twice_in_one_field(office: Office) -> None:
    once = office.sign(page(), order(SECRETARY))
    assert refusal(office.signer(), once, order(SECRETARY)).code == "already_signed"


def test_a_signature_that_takes_too_long_is_given_up(office: Office) -> None:
    class Slow(IdentityFolder):
        def _source(self, *_: object) -> object:  # type: ignore[override]
            class Source:
                def open(self, _: object) -> object:
                    class Wait:
                        async def __aenter__(self) -> None:
                            await asyncio.sleep(30)

                        async def __aexit__(self, *_: object) -> None:
                            """Nothing to close."""

                    return Wait()

            return Source()

    slow = PadesSigner(
        Slow(office.folder, PASSWORD, production=True, make_missing=False), seconds=0.1
    )
    error = refusal(slow, page(), order(SECRETARY))
    assert (error.code, error.retryable) == ("signing_timeout", True)


def test_a_seal_of_another_chamber_is_refused(office: Office) -> None:
    (office.folder / "PI.p12").write_bytes(office.pki.person("Lucca", "LU").p12())
    with pytest.raises(SigningError) as caught:
        asyncio.run(office.signer().seal(page(), PISA))
    assert caught.value.code == "identity_of_another"
