"""Keys on a PKCS#11 device (SoftHSM), and what may go wrong with one."""

from collections.abc import Iterator

import pytest

from shared.signatures import verify
from tests.renderer import hsm
from tests.renderer.hsm import PIN
from tests.renderer.pki import Pki
from tests.renderer.signing import Office, order, page, refusal


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A token with one key and its certificate."""
    folder = tmp_path_factory.mktemp("device")
    with Pki() as pki, hsm.token(folder, pki.person("Sul dispositivo")):
        office = Office(pki, folder)
        (folder / "asked.toml").write_text(hsm.description())
        (folder / "kept.toml").write_text(hsm.description() + 'pin_file = "pin"\n')
        (folder / "elsewhere.toml").write_text(hsm.description(name="Altro"))
        (folder / "pin").write_text(PIN + "\n")
        yield office


def test_a_device_signs_with_the_pin_of_the_person_or_of_the_configuration(device: Office) -> None:
    for given in (order("a", "asked", pin=PIN), order("b", "kept")):
        signed = device.sign(page(), given, "B-LTA")
        report = verify(signed, device.trust)
        assert report.valid, report.problems
        assert report.signers[0].common_name == "Sul dispositivo"


def test_a_wrong_pin_is_tried_once(device: Office) -> None:
    error = refusal(device.signer(), page(), order("a", "asked", pin="9999"))
    assert (error.code, error.retryable) == ("wrong_pin", False)
    assert refusal(device.signer(), page(), order("a", "asked")).code == "pin_required"
    assert device.sign(page(), order("a", "asked", pin=PIN))


def test_a_device_that_is_not_there_is_asked_again(device: Office) -> None:
    error = refusal(device.signer(), page(), order("a", "elsewhere", pin=PIN))
    assert (error.code, error.retryable) == ("token_unavailable", True)


def test_a_device_that_goes_away_in_mid_signature(
    device: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.renderer.signing.pkcs11 import DeviceSigner

    tokens, aside = device.folder / "tokens", device.folder / "aside"
    whole = DeviceSigner.ensure_objects_loaded

    async def then_gone(self: DeviceSigner) -> None:
        await whole(self)  # type: ignore[no-untyped-call]
        tokens.rename(aside)

    monkeypatch.setattr(DeviceSigner, "ensure_objects_loaded", then_gone)
    error = refusal(device.signer(), page(), order("a", "asked", pin=PIN))
    assert (error.code, error.retryable) == ("token_unavailable", True)
    monkeypatch.undo()
    aside.rename(tokens)
    assert device.sign(page(), order("a", "asked", pin=PIN))
