"""What a chamber has published, in the order in which people look for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.domain.publication import PublicKind, public_kind

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True, slots=True)
class Publisher:
    """A chamber as those who read and reuse its documents need to know it."""

    code: str
    name: str
    ipa_code: str | None
    tax_code: str | None
    region: str | None
    entity: str
    entity_name: str
    email: str | None
    website: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A published version of a document, and the published versions around it."""

    chamber: str
    report_id: str
    year: int
    kind: str
    subject: str
    """The chambers of an entity's report, the document that the OIV decided on; otherwise empty."""
    about_version: int | None
    """Of a decision of the OIV: the version that it decided on."""
    version: int
    reason: str | None
    pdf_sha256: str
    pdf_size: int
    pdf_pages: int
    blob_key: str
    web_sha256: str | None
    web_size: int | None
    web_blob_key: str | None
    snapshot_sha256: str
    published_at: datetime
    supersedes: str | None
    superseded_by: str | None

    @property
    def public(self) -> PublicKind:
        """How its kind is published."""
        found = public_kind(self.kind)
        if found is None:
            raise LookupError(self.kind)
        return found

    @property
    def title(self) -> str:
        """What it is called, without its version."""
        return f"{self.public.heading} {self.year}{self._about}"

    @property
    def _about(self) -> str:
        if self.about_version is not None:
            return f" (versione {self.about_version} della Relazione)"
        return f" ({self.subject.replace(',', ', ')})" if self.kind == "relazione_ente" else ""


@dataclass(frozen=True, slots=True)
class Series:
    """The published versions of one document, the last one first."""

    versions: tuple[Document, ...]

    @property
    def latest(self) -> Document:
        """The version in force."""
        return self.versions[0]

    @property
    def first(self) -> Document:
        """The version that was published first."""
        return self.versions[-1]

    @property
    def chamber(self) -> str:
        """Whose it is."""
        return self.latest.chamber

    @property
    def year(self) -> int:
        """What year it is about."""
        return self.latest.year

    @property
    def kind(self) -> str:
        """What kind of document it is."""
        return self.latest.kind


@dataclass(frozen=True, slots=True)
class Shelf:
    """A publisher with everything that it has published."""

    publisher: Publisher
    series: tuple[Series, ...]
    """Last year first; within a year in the order of kinds."""

    @property
    def years(self) -> list[tuple[int, list[Series]]]:
        """The documents of each year."""
        return [(year, list(found)) for year, found in groupby(self.series, lambda one: one.year)]

    @property
    def modified(self) -> datetime | None:
        """When something was published last."""
        return max((one.latest.published_at for one in self.series), default=None)

    def of(self, report_id: str) -> Series | None:
        """The series that a document belongs to."""
        for series in self.series:
            if any(version.report_id == report_id for version in series.versions):
                return series
        return None


def shelve(publisher: Publisher, documents: Iterable[Document]) -> Shelf:
    """Documents of one publisher by year, kind and version."""
    ordered = sorted(
        documents, key=lambda one: (-one.year, one.public.place, one.subject, -one.version)
    )
    by_series = groupby(ordered, lambda one: (one.year, one.kind, one.subject))
    return Shelf(publisher, tuple(Series(tuple(versions)) for _, versions in by_series))


def last_modified(shelves: Sequence[Shelf]) -> datetime | None:
    """When any of them was changed last."""
    return max((shelf.modified for shelf in shelves if shelf.modified), default=None)
