"""Is a signature of whom a chamber expects of an office?"""

import hashlib

from asn1crypto import x509

from shared.contracts.signing import ExpectedSigner
from shared.contracts.verification import SignerReport


def differences(certificate: x509.Certificate, expected: ExpectedSigner) -> list[str]:
    """Every indication that does not correspond, as ``name=expected``; none when it is the one."""
    subject = certificate.subject.native
    fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
    return _wrong(expected, subject.get("common_name"), subject.get("serial_number"), fingerprint)


def differences_of(made: SignerReport, expected: ExpectedSigner) -> list[str]:
    """As :func:`differences`, of a signature that was verified."""
    return _wrong(expected, made.common_name, made.subject_serial_number, made.certificate_sha256)


def _wrong(
    expected: ExpectedSigner, common_name: object, serial_number: object, fingerprint: str
) -> list[str]:
    wrong = [
        f"{name}={wanted}"
        for name, wanted, found in (
            ("CN", expected.common_name, common_name),
            ("serialNumber", expected.serial_number, serial_number),
        )
        if wanted is not None and found != wanted
    ]
    if expected.certificates and fingerprint not in expected.certificates:
        wrong.append(f"SHA-256={fingerprint}")
    return wrong
