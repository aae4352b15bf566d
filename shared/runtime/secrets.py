"""Encryption of secrets at rest (webhook keys and the like) under keys that can be rotated."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_SEPARATOR = b"\x00"


class SealError(Exception):
    """A sealed secret cannot be opened: other keys, other context, or changed bytes."""


class SecretBox:
    """Seals and opens small secrets.

    Each seal carries the context it was made in (such as ``PI/integra``), and opens in that
    context only: a row copied to another chamber is of no use there. The first key seals,
    all of them open, so a key is rotated by putting a new one in front, resealing what is
    stored (:meth:`reseal`) and then taking the old one away.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys of ``CICLO_SECRET_KEYS``.

        Raises:
            ValueError: no key, or one that is not 32 bytes in URL-safe base64.
        """
        if not keys:
            raise ValueError("at least one key is needed")
        fernets = [Fernet(key) for key in keys]
        self._first = fernets[0]
        self._fernet = MultiFernet(fernets)

    def seal(self, secret: str, *, context: str) -> bytes:
        """Encrypt ``secret`` so that it opens in ``context`` only."""
        return self._fernet.encrypt(context.encode() + _SEPARATOR + secret.encode())

    def open(self, sealed: bytes, *, context: str) -> str:
        """The secret that was sealed in this very context.

        Raises:
            SealError: it does not open.
        """
        try:
            opened = self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SealError("no key opens this secret") from error
        found, separator, secret = opened.partition(_SEPARATOR)
        if not separator or found != context.encode():
            raise SealError("the secret was sealed in another context")
        return secret.decode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first key opens it: the others are not needed for it."""
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: bytes) -> bytes:
        """The same secret under the first key.

        Raises:
            SealError: no key opens it.
        """
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise SealError("no key opens this secret") from error


def new_key() -> str:
    """A fresh key for ``CICLO_SECRET_KEYS``."""
    return Fernet.generate_key().decode()
