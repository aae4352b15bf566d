"""Reading an archive: nothing of it is used before all of it is what its manifest says."""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from pydantic import ValidationError

from services.api.archives import rows
from services.api.archives.writing import file_sha256, file_size, rows_digest, table_name
from services.api.errors import Refusal
from shared.contracts.archive import MANIFEST, ArchiveManifest, Entry
from shared.contracts.issues import Issue

_PIECE = 1024 * 1024
_LARGEST_MANIFEST = 64 * 1024 * 1024


@dataclass(frozen=True)
class ReadArchive:
    """An archive that was found whole."""

    path: Path
    manifest: ArchiveManifest
    sha256: str

    @classmethod
    def open(cls, path: Path) -> Self:
        """Checks every entry against the manifest, piece by piece.

        Raises:
            Refusal: ``archive_refused`` with everything that is wrong.
            OSError: the file cannot be read.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                manifest = _manifest(archive)
                faults = [*_misplaced(archive, manifest, path)]
                if _honest(archive, path):  # or reading it might never end
                    faults += _altered(archive, manifest)
        except (zipfile.BadZipFile, KeyError, ValidationError, NotImplementedError) as error:
            issue = _fault("", "no_archive", "non è un archivio ciclo/archive@1", "no such archive")
            raise Refusal("archive_refused", issues=[issue]) from error
        if faults:
            raise Refusal("archive_refused", issues=faults)
        return cls(path, manifest, file_sha256(path))

    @property
    def rows_sha256(self) -> str:
        """One hash for the rows of all tables."""
        return rows_digest(list(self.manifest.tables))

    def lines(self, table: sa.Table) -> Iterator[bytes]:
        """The rows of a table, without the heading."""
        with zipfile.ZipFile(self.path) as archive, archive.open(table_name(table)) as stream:
            if stream.readline() != rows.heading(table):
                place = table_name(table)
                issue = _fault(place, "other_columns", "le colonne sono altre", "other columns")
                raise Refusal("archive_refused", issues=[issue])
            yield from stream

    def blob(self, entry: Entry) -> bytes:
        """A stored document."""
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(entry.name)


def _manifest(archive: zipfile.ZipFile) -> ArchiveManifest:
    if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
        raise zipfile.BadZipFile("the manifest is too large")
    return ArchiveManifest.model_validate_json(archive.read(MANIFEST))


def _misplaced(archive: zipfile.ZipFile, manifest: ArchiveManifest, path: Path) -> Iterator[Issue]:
    """Entries that the manifest does not name, that are not there, or not as we write them."""
    found = [info.filename for info in archive.infolist()]
    named = [entry.name for entry in manifest.entries()] + [MANIFEST]
    for name in sorted(set(found) ^ set(named)):
        yield _fault(
            name,
            "entry_missing" if name in named else "entry_unknown",
            "manca" if name in named else "non è nel manifesto",
            "is missing" if name in named else "is not in the manifest",
        )
    if len(set(found)) < len(found) or not _honest(archive, path):
        yield _fault("", "no_archive", "voci doppie o compresse", "entries twice, or compressed")
    chamber = manifest.chamber
    for entry in manifest.blobs:
        if not entry.name.startswith(f"blobs/{chamber}/"):
            yield _fault(entry.name, "other_chamber", "di un'altra camera", "of another chamber")


def _honest(archive: zipfile.ZipFile, path: Path) -> bool:
    """Whether entries are as large as they say and lie side by side, as we write them."""
    entries = archive.infolist()
    plain = not any(info.compress_type for info in entries)
    return plain and sum(info.file_size for info in entries) <= file_size(path)


def _altered(archive: zipfile.ZipFile, manifest: ArchiveManifest) -> Iterator[Issue]:
    present = set(archive.namelist())
    for entry in manifest.entries():
        if entry.name not in present:
            continue
        digest, size = hashlib.sha256(), 0
        try:
            with archive.open(entry.name) as stream:
                while piece := stream.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
        except zipfile.BadZipFile:
            size = -1
        if size != entry.size or digest.hexdigest() != entry.sha256:
            yield _fault(
                entry.name,
                "entry_altered",
                "il contenuto non ha l'impronta del manifesto",
                "its content does not have the hash in the manifest",
            )


def _fault(pointer: str, code: str, italian: str, english: str) -> Issue:
    return Issue(pointer=f"/{pointer}", code=code, it=italian, en=english)
