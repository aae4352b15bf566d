"""What a chamber has published, in the order in which people look for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from shared.domain.designation import Decided, Designation
from shared.domain.publication import PublicKind, public_kind
from shared.domain.report_states import ReportState

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
    decided_kind: str | None
    """Of a decision of the OIV, as the next three: what it decided on."""
    decided_subject: str | None
    decided_version: int | None
    decided_state: str | None
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
    def designation(self) -> Designation:
        """Which document it is, whatever its version."""
        decided = None
        if self.decided_kind is not None and self.decided_version is not None:
            decided = Decided(self.decided_kind, self.decided_subject or "", self.decided_version)
        return Designation(self.kind, self.year, self.subject, decided)

    @property
    def title(self) -> str:
        """What it is called, without its version."""
        return self.designation.title

    @property
    def about(self) -> str:
        """What it holds, of what within the year, and what was decided."""
        said = ", ".join(filter(None, [self.designation.words, self.outcome]))
        return f"{self.public.about}: {said}" if said else self.public.about

    @property
    def outcome(self) -> str | None:
        """Of a decision of the OIV: what it decided."""
        if self.decided_state is None:
            return None
        return "non validata" if self.decided_state == ReportState.REFUSED else "validata"


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

    @property
    def designation(self) -> Designation:
        """Which document it is."""
        return self.latest.designation


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

    def leading(self, year: int, kind: str) -> list[Series]:
        """The documents of a kind and year that hold now: of each matter the current one."""
        found = [one for one in self.series if (one.year, one.kind) == (year, kind)]
        return [self._current(list(ones)) for _, ones in groupby(found, _matter)]

    def current(self, series: Series) -> Series:
        """The document that holds now in the matter of another, which may be that one itself."""
        leading = self.leading(series.year, series.kind)
        return next(one for one in leading if _matter(one) == _matter(series))

    def _current(self, candidates: Sequence[Series]) -> Series:
        """What was decided on a version in force; else, and of other kinds, what was made last."""
        in_force = {one.latest.report_id for one in self.series}
        found = [one for one in candidates if one.latest.subject in in_force]
        return max(found or candidates, key=lambda one: one.latest.report_id)

    def at(self, year: int, kind: str, mark: str) -> Series | None:
        """The document of a permanent address."""
        named = (one for one in self.series if (one.year, one.kind) == (year, kind))
        return next((one for one in named if one.designation.mark == mark), None)

    def published_version(self, report_id: str) -> Document | None:
        """One version of a document, by its id."""
        every = (version for one in self.series for version in one.versions)
        return next((one for one in every if one.report_id == report_id), None)

    def of(self, report_id: str) -> Series | None:
        """The series that a document belongs to."""
        for series in self.series:
            if any(version.report_id == report_id for version in series.versions):
                return series
        return None


def shelve(publisher: Publisher, documents: Iterable[Document]) -> Shelf:
    """Documents of one publisher by year, kind and version; of several of a kind the newest first.

    Ids are in order of creation, so a document that was made later stands before.
    """
    by_series: dict[Designation, list[Document]] = {}
    for one in sorted(documents, key=lambda one: one.report_id, reverse=True):
        by_series.setdefault(one.designation, []).append(one)
    series = [
        Series(tuple(sorted(versions, key=lambda one: -one.version)))
        for versions in by_series.values()
    ]
    series.sort(key=lambda one: (-one.year, one.latest.public.place, _matter(one)))
    return Shelf(publisher, tuple(series))


def _matter(series: Series) -> str:
    """Documents of one kind and year about different matters do not replace each other.

    The OIV decides on the Relazione of a chamber and on that of the entity, which are two matters;
    it decides on the next version of either, and the entity reports again when it has grown, which
    are the same matter once more.
    """
    return series.latest.decided_kind or ""


def last_modified(shelves: Sequence[Shelf]) -> datetime | None:
    """When any of them was changed last."""
    return max((shelf.modified for shelf in shelves if shelf.modified), default=None)
