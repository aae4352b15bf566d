"""Which files may prove a measurement: kinds that can be read in thirty years, and told apart.

What a file says it is must be what it begins with; nothing of it is opened or run here.
"""

from collections.abc import Mapping
from types import MappingProxyType

_ZIPPED = (b"PK\x03\x04",)

_TEXT = ()
"""Kinds without a beginning of their own: any text."""

BEGINNINGS: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "application/pdf": (b"%PDF-",),
        "image/png": (b"\x89PNG\r\n\x1a\n",),
        "image/jpeg": (b"\xff\xd8\xff",),
        "text/plain": _TEXT,
        "text/csv": _TEXT,
        "message/rfc822": _TEXT,
        # DER, or PEM: a signed file of any kind.
        "application/pkcs7-mime": (b"\x30", b"-----BEGIN"),
        "application/vnd.oasis.opendocument.text": _ZIPPED,
        "application/vnd.oasis.opendocument.spreadsheet": _ZIPPED,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _ZIPPED,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _ZIPPED,
    }
)
"""Media type -> how such a file begins."""

MEDIA_TYPES = tuple(BEGINNINGS)

MOST_FILES = 50
"""Files that one measurement may have."""


def content_problem(media_type: str, content: bytes) -> str | None:
    """Why a file is not what it is called, as a stable code; ``None`` when it may be.

    Raises:
        KeyError: a media type that is not taken at all.
    """
    beginnings = BEGINNINGS[media_type]
    if not content:
        return "empty_file"
    if beginnings:
        return None if content.startswith(beginnings) else "not_that_type"
    return "not_that_type" if b"\0" in content else None
