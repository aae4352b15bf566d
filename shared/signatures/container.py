"""The bytes of a signature that the signature itself does not protect.

A PDF signature covers everything but the hexadecimal string that holds it. Inside, CMS
protects the signed attributes and, through them, the signer's certificate; padding, letter
case, versions, repeated algorithm identifiers and other certificates are free to change.
Here they are required to be what a signer writes, so that no byte of a document can change
unnoticed.
"""

from collections.abc import Sequence

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_der_x509_certificate

_RANGE_LENGTH = 4
"""``[start, length, start, length]``: the file without the signature's own string."""


def problem_in(
    pdf: bytes,
    byte_range: Sequence[int],
    contents: bytes,
    anchors: Sequence[x509.Certificate],
) -> str | None:
    """Say (for the log, in English) what is not canonical, or ``None``."""
    if strange := gap_problem(pdf, byte_range, contents):
        return strange
    message = cms.ContentInfo.load(contents)
    der = message.dump()
    if contents[len(der) :].strip(b"\x00"):
        return "padding that is not empty"
    return _message_problem(message) or _certificates_problem(message["content"], anchors)


def gap_problem(pdf: bytes, byte_range: Sequence[int], contents: bytes) -> str | None:
    """Say (for the log) when what a signature leaves out is not just the signature itself."""
    if len(byte_range) != _RANGE_LENGTH or byte_range[0] != 0 or min(byte_range) < 0:
        return "unusual byte range"
    gap = pdf[byte_range[1] : byte_range[2]]
    text = contents.hex().encode()
    if gap not in {b"<" + text + b">", b"<" + text.upper() + b">"}:
        return "the gap does not hold exactly the signature"
    return None


def _message_problem(message: cms.ContentInfo) -> str | None:
    data = message["content"]
    signer = data["signer_infos"][0]
    by_key = signer["sid"].name == "subject_key_identifier"
    plain = data["encap_content_info"]["content_type"].native == "data"
    findings = {
        "not exactly one signer": len(data["signer_infos"]) != 1,
        "digest algorithms differ": [item.dump() for item in data["digest_algorithms"]]
        != [signer["digest_algorithm"].dump()],
        "unusual signer version": signer["version"].native != ("v3" if by_key else "v1"),
        "unusual message version": data["version"].native not in ({"v1"} if plain else {"v3"}),
        # Written anew, the parsed structure has the same bytes only if it was canonical.
        "not canonical DER": cms.ContentInfo.load(message.dump()).dump(force=True)
        != message.dump(),
    }
    return next((words for words, found in findings.items() if found), None)


def _certificates_problem(data: cms.SignedData, anchors: Sequence[x509.Certificate]) -> str | None:
    """Certificates beside the signer's must be proven by one another or by an anchor."""
    present = [item.chosen for item in data["certificates"] if item.name == "certificate"]
    if len(present) != len(data["certificates"]):
        return None
    identifier = data["signer_infos"][0]["sid"]
    for certificate in present:
        if (
            identifier.name == "issuer_and_serial_number"
            and certificate.issuer == identifier.chosen["issuer"]
            and certificate.serial_number == identifier.chosen["serial_number"].native
        ):
            continue
        if not any(_signed_by(certificate, other) for other in (*anchors, *present)):
            return "a certificate that nothing proves"
    return None


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        load_der_x509_certificate(certificate.dump()).verify_directly_issued_by(
            load_der_x509_certificate(issuer.dump())
        )
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
