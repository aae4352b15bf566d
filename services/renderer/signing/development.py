"""A certification authority made on the spot, for development and tests only.

``python -m services.renderer.signing.development --dir DIR [--chamber CODE --name NAME]``
makes ``DIR/trust/ca.pem`` (the certificate to trust), ``DIR/ca.key`` and, for each chamber,
``DIR/<CHAMBER>.p12``. Every certificate carries a policy that says what it is, so production
recognises and refuses it (``identities.py``).
"""

import argparse
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from shared.runtime.clock import SystemClock

POLICY = x509.ObjectIdentifier("2.999.150.2009")
"""Certificate policy of development identities; 2.999 is the arc reserved for examples."""

AUTHORITY_YEARS = 20
IDENTITY_YEARS = 5
_BACKDATED = timedelta(days=1)


def ensure_authority(signing_dir: Path) -> Path:
    """Make the authority once; answers the path of its certificate.

    The private key is readable by its owner only. Safe to call from several processes.
    """
    certificate_file = signing_dir / "trust" / "ca.pem"
    with _alone(signing_dir):
        if certificate_file.exists() and _key_file(signing_dir).exists():
            return certificate_file
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Ciclo, autorità di prova", "Ciclo, ambiente di sviluppo")
        certificate = _sign(name, name, key.public_key(), key, AUTHORITY_YEARS, authority=True)
        _write_private(
            _key_file(signing_dir),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        certificate_file.parent.mkdir(parents=True, exist_ok=True)
        _replace(certificate_file, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate_file


def identity_for(
    signing_dir: Path,
    chamber: str,
    name: str,
    password: bytes = b"",
    *,
    target: Path | None = None,
    office: str | None = None,
) -> Path:
    """Make the identity of a chamber once; answers the path of its PKCS#12 file.

    ``target`` is the file, ``DIR/<CHAMBER>.p12`` when none is given.
    ``name`` is the chamber's full name (``Camera di commercio di Pisa``); the certificate is
    for "NAME (sigillo di prova)", organisational unit = chamber code; for an office of the
    chamber, "OFFICE (firma di prova)".
    """
    certificate_file = ensure_authority(signing_dir)
    target = target or signing_dir / f"{chamber}.p12"
    with _alone(signing_dir):
        if target.exists():
            return target
        authority = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        authority_key = serialization.load_pem_private_key(
            _key_file(signing_dir).read_bytes(), password=None
        )
        if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{_key_file(signing_dir)} does not hold an elliptic curve key")
        key = ec.generate_private_key(ec.SECP256R1())
        common_name = _common_name(office or name, "firma" if office else "sigillo")
        subject = _name(common_name, name[:64], unit=chamber)
        certificate = _sign(
            subject,
            authority.subject,
            key.public_key(),
            authority_key,
            IDENTITY_YEARS,
            authority=False,
        )
        protection: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption()
        )
        _write_private(
            target,
            pkcs12.serialize_key_and_certificates(
                chamber.encode(), key, certificate, [authority], protection
            ),
        )
    return target


def _common_name(name: str, what: str) -> str:
    """X.520 allows 64 characters: a long name is cut, the words that matter stay."""
    suffix = f" ({what} di prova)"
    return f"{name[: 64 - len(suffix)]}{suffix}"


def _name(common_name: str, organisation: str, unit: str | None = None) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    if unit is not None:
        attributes.insert(2, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(attributes)


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    years: int,
    *,
    authority: bool,
) -> x509.Certificate:
    now = SystemClock().now()
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None),
            critical=True,
        )
        .add_extension(usage, critical=True)
        .add_extension(
            x509.CertificatePolicies([x509.PolicyInformation(POLICY, None)]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _key_file(signing_dir: Path) -> Path:
    return signing_dir / "ca.key"


@contextmanager
def _alone(signing_dir: Path) -> Iterator[None]:
    """One process at a time makes keys in a folder."""
    signing_dir.mkdir(parents=True, exist_ok=True)
    with (signing_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_private(path: Path, content: bytes) -> None:
    _replace(path, content, 0o600)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write aside and rename: a reader never sees half a file, nor wider permissions."""
    aside = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    aside.replace(path)


def main() -> None:
    """Command line: make the authority and, when asked, a chamber's identity."""
    parser = argparse.ArgumentParser(description="Make seals without legal value, for tests.")
    parser.add_argument("--dir", type=Path, required=True, help="signing folder")
    parser.add_argument("--chamber", help="chamber code, e.g. PI")
    parser.add_argument("--name", help="full name of the chamber")
    arguments = parser.parse_args()
    if (arguments.chamber is None) != (arguments.name is None):
        parser.error("--chamber and --name go together")
    print(ensure_authority(arguments.dir))  # noqa: T201 - a command's answer
    if arguments.chamber is not None:
        print(identity_for(arguments.dir, arguments.chamber, arguments.name))  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
