"""A PKCS#11 token of SoftHSM with one key and its certificate."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
import pytest
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, ObjectClass
from pkcs11.util.rsa import decode_rsa_private_key

from tests.renderer.pki import Holder

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
MODULE = next((path for path in MODULES if Path(path).exists()), "")
TOKEN = "Ciclo"
PIN = "2468"
LABEL = "segretario"
SETTINGS = "SOFTHSM2_CONF"
"""The variable by which a process finds the token."""


@contextmanager
def token(folder: Path, holder: Holder) -> Iterator[Path]:
    """A token in ``folder / "tokens"``, for this process; answers the value of ``SETTINGS``.

    Who is not to reach it any more moves that folder away.
    """
    if not MODULE or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM (Debian: softhsm2) is not installed")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTINGS, str(settings))
        _fill(holder)
        chain = b"".join(item.public_bytes(Encoding.PEM) for item in holder.chain)
        (folder / "chain.pem").write_bytes(chain)
        yield settings


def description(*, name: str = TOKEN) -> str:
    """The identity of who holds the token, as the renderer reads it; the PIN is asked for."""
    return (
        f'source = "pkcs11"\nmodule = "{MODULE}"\ntoken = "{name}"\nkey = "{LABEL}"\n'
        'chain = "chain.pem"\n'
    )


def _fill(holder: Holder) -> None:
    util = ["softhsm2-util", "--module", MODULE]
    named = ["--label", TOKEN, "--pin", PIN, "--so-pin", "13579"]
    subprocess.run(
        [*util, "--init-token", "--free", *named], check=True, capture_output=True, env=os.environ
    )
    library = pkcs11.lib(MODULE)
    library.reinitialize()
    with library.get_token(token_label=TOKEN).open(user_pin=PIN, rw=True) as session:
        _put(session, holder.pkcs8(), holder.certificate.public_bytes(Encoding.DER))


def _put(session: pkcs11.Session, key: bytes, certificate: bytes) -> None:
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
