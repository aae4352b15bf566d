"""Is a certificate the one that a chamber expects of an office?"""

import hashlib

from asn1crypto import x509

from shared.contracts.sign_job import ExpectedSigner


def differences(certificate: x509.Certificate, expected: ExpectedSigner) -> list[str]:
    """Every indication that does not correspond, as ``name=expected``; none when it is the one."""
    subject = certificate.subject.native
    wrong = [
        f"{short}={wanted}"
        for short, name, wanted in (
            ("CN", "common_name", expected.common_name),
            ("serialNumber", "serial_number", expected.serial_number),
        )
        if wanted is not None and subject.get(name) != wanted
    ]
    fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
    if expected.certificates and fingerprint not in expected.certificates:
        wrong.append(f"SHA-256={fingerprint}")
    return wrong
