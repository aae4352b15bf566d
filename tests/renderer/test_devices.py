"""Keys on a PKCS#11 device (SoftHSM), and what may go wrong with one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, ObjectClass

from shared.signatures import verify
from tests.renderer.pki import Pki
from tests.renderer.signing import Office, order, page, refusal

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
MODULE = next((path for path in MODULES if Path(path).exists()), "")
PIN = "2468"
LABEL = "segretario"


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A token with one key and its certificate."""
    if not MODULE or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM (Debian: softhsm2) is not installed")
    folder = tmp_path_factory.mktemp("device")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    with Pki() as pki:
        office = Office(pki, folder)
        _fill(office)
        yield office
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def _fill(office: Office) -> None:
    util = ["softhsm2-util", "--module", MODULE]
    token = ["--label", "Ciclo", "--pin", PIN, "--so-pin", "13579"]
    subprocess.run([*util, "--init-token", "--free", *token], check=True, capture_output=True)
    holder = office.pki.person("Sul dispositivo")
    with pkcs11.lib(MODULE).get_token(token_label="Ciclo").open(user_pin=PIN, rw=True) as session:
        _put(session, holder.pkcs8(), holder.certificate.public_bytes(Encoding.DER))
    chain = b"".join(item.public_bytes(Encoding.PEM) for item in holder.chain)
    (office.folder / "chain.pem").write_bytes(chain)
    described = (
        f'source = "pkcs11"\nmodule = "{MODULE}"\ntoken = "Ciclo"\nkey = "{LABEL}"\n'
        'chain = "chain.pem"\n'
    )
    (office.folder / "asked.toml").write_text(described)
    (office.folder / "kept.toml").write_text(described + 'pin_file = "pin"\n')
    (office.folder / "elsewhere.toml").write_text(described.replace('"Ciclo"', '"Altro"'))
    (office.folder / "pin").write_text(PIN + "\n")


def _put(session: pkcs11.Session, key: bytes, certificate: bytes) -> None:
    from asn1crypto.keys import PrivateKeyInfo
    from pkcs11.util.rsa import decode_rsa_private_key

    attributes = decode_rsa_private_key(PrivateKeyInfo.load(key)["private_key"].parsed.dump())
    more = {
        Attribute.LABEL: LABEL,
        Attribute.ID: b"\x01",
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SIGN: True,
    }
    session.create_object(attributes | more)
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            Attribute.LABEL: LABEL,
            Attribute.ID: b"\x01",
            Attribute.TOKEN: True,
            Attribute.VALUE: certificate,
            Attribute.SUBJECT: b"",
        }
    )


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
