"""The key that an embedded installation signs certificates of erasure with."""

import os
from pathlib import Path

from deploy.local.layout import DataDirectory


def ensure_installation_key(directory: DataDirectory) -> Path:
    """The key's file (Ed25519, PEM, mode 0600), made when it is missing."""
    path = directory.identity / "installation.pem"
    if path.exists():
        return path
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    content = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    draft.replace(path)
    return path
