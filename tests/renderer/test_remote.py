"""Remote signing by the CSC API, and what may go wrong with the service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.signatures import verify
from tests.renderer.cloud import OTP, PIN, TOKEN, Cloud
from tests.renderer.pki import Pki
from tests.renderer.signing import Office, order, page, refusal


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[tuple[Office, Cloud]]:
    with Pki() as pki, Cloud(pki.person("Da remoto")) as cloud:
        office = Office(pki, tmp_path)
        (tmp_path / "remote.toml").write_text(cloud.description())
        (tmp_path / "token").write_text(TOKEN)
        yield office, cloud


def test_a_service_signs_the_hash_that_was_authorised(remote: tuple[Office, Cloud]) -> None:
    office, cloud = remote
    signed = office.sign(page(), order("a", "remote", pin=PIN, otp=OTP), "B-LTA")
    report = verify(signed, office.trust)
    assert report.valid, report.problems
    assert report.signers[0].common_name == "Da remoto"
    assert cloud.calls == ["credentials/info", "credentials/authorize", "signatures/signHash"]


def test_wrong_secrets_are_tried_once(remote: tuple[Office, Cloud]) -> None:
    office, cloud = remote
    for pin, otp in (("000000", OTP), (PIN, "000000")):
        cloud.calls.clear()
        error = refusal(office.signer(), page(), order("a", "remote", pin=pin, otp=otp))
        assert (error.code, error.retryable) == ("wrong_pin", False)
        assert cloud.calls.count("credentials/authorize") == 1
    assert refusal(office.signer(), page(), order("a", "remote")).code == "pin_required"
    cloud.answers["credentials/authorize"] = (400, {"error": "locked_pin"})
    error = refusal(office.signer(), page(), order("a", "remote", pin=PIN, otp=OTP))
    assert error.code == "pin_locked"


@pytest.mark.parametrize(
    "call", ["credentials/info", "credentials/authorize", "signatures/signHash"]
)
def test_a_service_that_is_away_is_asked_again_and_one_that_refuses_is_not(
    remote: tuple[Office, Cloud], call: str
) -> None:
    office, cloud = remote
    given = order("a", "remote", pin=PIN, otp=OTP)
    cloud.answers[call] = (503, {})
    error = refusal(office.signer(), page(), given)
    assert (error.code, error.retryable) == ("remote_unavailable", True)
    cloud.answers[call] = (401, {"error": "invalid_token"})
    error = refusal(office.signer(), page(), given)
    assert (error.code, error.retryable) == ("remote_refused", False)


def test_a_signature_that_is_none_is_not_believed(remote: tuple[Office, Cloud]) -> None:
    office, cloud = remote
    cloud.answers["signatures/signHash"] = (200, {"signatures": ["AAAA"]})
    error = refusal(office.signer(), page(), order("a", "remote", pin=PIN, otp=OTP))
    assert (error.code, error.retryable) == ("level_not_obtained", False)


def test_nobody_answers(remote: tuple[Office, Cloud]) -> None:
    office, _ = remote
    path = office.folder / "remote.toml"
    path.write_text(path.read_text().replace("http://127.0.0.1", "http://127.0.0.1:9/x"))
    error = refusal(office.signer(), page(), order("a", "remote", pin=PIN, otp=OTP))
    assert error.code in {"remote_unavailable", "remote_refused"}
