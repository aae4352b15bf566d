"""The certificates that signatures must chain to."""

from pathlib import Path

from asn1crypto import pem, x509

SUFFIXES = frozenset({".pem", ".crt", ".cer"})


def load_anchors(folder: Path) -> tuple[x509.Certificate, ...]:
    """Every certificate in the PEM or DER files of ``folder``, by file name.

    Raises ``OSError`` when the folder cannot be read, ``ValueError`` for a file that is not
    a certificate: a trust list with holes must not go unnoticed.
    """
    found: list[x509.Certificate] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            found.extend(certificates_in(path.read_bytes()))
    return tuple(found)


def certificates_in(content: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM or DER file; raises ``ValueError`` for anything else."""
    if pem.detect(content):
        found = [x509.Certificate.load(der) for _, _, der in pem.unarmor(content, multiple=True)]
    else:
        found = [x509.Certificate.load(content, strict=True)]
    for certificate in found:
        certificate.subject.native  # noqa: B018 - parses, so a wrong file fails here
    return found
