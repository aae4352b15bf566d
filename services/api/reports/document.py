"""The file of a report, as it lies in the blob store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A signed PDF that lies in the blob store."""

    sha256: str
    size: int
    pages: int
    blob_key: str
    signature: Mapping[str, Any]
