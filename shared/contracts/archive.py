"""``ciclo/archive@1``: everything of one chamber in one file, and what says that it is whole.

A ZIP without compression, so that the same chamber gives the same bytes wherever and however
often it is written: no time, no version of a compressor is in it. ``manifest.json``, the last
entry, names every other one with its SHA-256.
"""

import json
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.chamber import Code

FORMAT = "ciclo/archive@1"
MANIFEST = "manifest.json"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Field(ge=0, strict=True)]


class Entry(Contract):
    """One file of the archive."""

    name: Annotated[str, Field(pattern=r"^(tables|blobs|cases)/[A-Za-z0-9._/-]{1,400}$")]
    size: Size
    sha256: Sha256
    rows: Size | None = None
    """Of a table: how many lines it has."""


class LeftOut(Contract):
    """A table whose rows are not in the archive, and why."""

    table: str
    reason: str


class SetAnew(Contract):
    """What the other installation has to be told again: secrets never travel."""

    table: str
    names: tuple[str, ...]


class ArchiveManifest(Contract):
    """What an archive holds."""

    format: Literal["ciclo/archive@1"] = "ciclo/archive@1"
    chamber: Code
    entity: Code
    entity_title: str
    schema_revision: Annotated[str, Field(pattern=r"^[0-9a-z]{1,40}$")]
    """Revision of the database that the rows are of."""
    cases: tuple[Entry, ...]
    """``cases/2020.json``: each year as ``ciclo/case@1``, for whoever reads no tables."""
    tables: tuple[Entry, ...]
    """``tables/plans.jsonl``: a row a line, in the order in which they can be put back."""
    blobs: tuple[Entry, ...]
    """``blobs/PI/reports/...``: stored documents under their keys."""
    left_out: tuple[LeftOut, ...]
    set_anew: tuple[SetAnew, ...]

    def entries(self) -> tuple[Entry, ...]:
        """Every file but the manifest, in the order of the archive."""
        return (*self.cases, *self.tables, *self.blobs)

    def to_bytes(self) -> bytes:
        """The manifest as it stands in the archive."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
