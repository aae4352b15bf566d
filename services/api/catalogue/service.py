"""Use cases of catalogues. Each save checks the formulas of the whole catalogue."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from services.api.catalogue import repository
from services.api.catalogue.repository import EntryName, Owner
from services.api.catalogue.schemas import CatalogueImport, NewEntry
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit, audit_entity
from services.api.errors import Refusal
from shared.contracts.catalogue import (
    CatalogueFile,
    Entry,
    IndicatorEntry,
    MeasureEntry,
    fault_issues,
)
from shared.contracts.issues import Issue, pointer
from shared.domain.catalogue import Catalogue, EntryKind, Reference

_entry: TypeAdapter[Entry] = TypeAdapter(NewEntry)

Entries = Mapping[EntryName, Entry]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry of a catalogue, and which of its versions it is."""

    name: EntryName
    owner: str
    version: int
    content: Entry
    recorded_at: Any


def stored(row: sa.Row[Any]) -> StoredEntry:
    """A row as an entry."""
    content = entry_of(row.content)
    return StoredEntry(name_of(content), row.owner, row.version, content, row.recorded_at)


def entry_of(document: Mapping[str, Any]) -> Entry:
    """An entry from its stored content."""
    return _entry.validate_python(document)


def name_of(entry: Entry) -> EntryName:
    """The name of an entry."""
    return EntryName(EntryKind(entry.kind), entry.ref)


def parse_name(text: str) -> EntryName:
    """Reads ``kind:source:code``, as a path has it."""
    kind, _, reference = text.partition(":")
    return EntryName(EntryKind(kind), Reference.parse(reference))


def catalogue_of(entries: Iterable[Entry]) -> Catalogue:
    """Entries as the rules of the domain read them."""
    rows = list(entries)
    return Catalogue(
        (row.to_domain() for row in rows if isinstance(row, MeasureEntry)),
        (row.to_domain() for row in rows if isinstance(row, IndicatorEntry)),
    )


async def entry(session: ReadSession, owners: Sequence[Owner], name: EntryName) -> StoredEntry:
    """An entry of one of these catalogues.

    Raises:
        Refusal: ``catalogue_entry_not_found``.
    """
    for owner in owners:
        row = await repository.find(session, owner, name)
        if row is not None:
            return stored(row)
    raise Refusal("catalogue_entry_not_found", entry=name)


async def entries(session: ReadSession, owners: Sequence[Owner]) -> Entries:
    """Everything that stands in these catalogues."""
    found = (entry_of(row.content) for row in await repository.standing(session, owners))
    return {name_of(one): one for one in found}


async def shared_versions(session: ReadSession, entity: str) -> tuple[StoredEntry, ...]:
    """Every version of the shared entries that stand, an entry's oldest first."""
    rows = await repository.every_version(session, Owner.entity(entity))
    return tuple(stored(row) for row in rows)


def in_year(versions: Iterable[StoredEntry], year: int) -> dict[EntryName, StoredEntry]:
    """The version of each entry that a year is read by: the latest that is valid in it."""
    return {one.name: one for one in versions if one.content.valid_in(year)}


async def create(
    session: WriteSession, owner: Owner, beside: Sequence[Owner], new: Entry
) -> StoredEntry:
    """Adds an entry; ``beside`` are catalogues that its formula may read too.

    Raises:
        Refusal: ``catalogue_entry_exists``, or ``catalogue_refused`` with every fault.
    """
    await repository.lock(session, owner)
    name = name_of(new)
    before = await entries(session, (owner, *beside))
    if name in before:
        raise Refusal("catalogue_entry_exists", entry=name)
    _check(owner, before, [new], lambda _: "")
    return await _save(session, owner, new, "catalogue.entry_created")


async def replace(
    session: WriteSession, owner: Owner, beside: Sequence[Owner], new: Entry, name: EntryName
) -> StoredEntry:
    """Gives an entry a new version. It must be locked (:func:`held`).

    Raises:
        Refusal: ``catalogue_refused`` with every fault, also when the body names another entry.
    """
    before = await entries(session, (owner, *beside))
    if name_of(new) != name:
        issue = Issue(
            pointer="/code",
            code="other_entry",
            it=f"la voce dell'indirizzo è {name}: il nome di una voce non cambia",
            en=f"the entry of the address is {name}: the name of an entry does not change",
        )
        raise Refusal("catalogue_refused", issues=[issue])
    _check(owner, before, [new], lambda _: "")
    return await _save(session, owner, new, "catalogue.entry_changed")


async def held(session: WriteSession, owner: Owner, name: EntryName) -> StoredEntry:
    """An entry as it stands, its catalogue locked until the transaction ends.

    Raises:
        Refusal: ``catalogue_entry_not_found``, or ``catalogue_entry_shared`` when a chamber
            reaches for what is the entity's.
    """
    if not owner.holds(name.ref.source):
        shared = "catalogue_entry_not_found" if owner.shared else "catalogue_entry_shared"
        raise Refusal(shared, entry=name)
    await repository.lock(session, owner)
    return await entry(session, (owner,), name)


async def withdraw(
    session: WriteSession, owner: Owner, beside: Sequence[Owner], found: StoredEntry
) -> None:
    """Takes an entry out of its catalogue; its versions stay. It must be locked.

    Raises:
        Refusal: ``catalogue_entry_in_use`` with the entries that read it.
    """
    before = await entries(session, (owner, *beside))
    known = set(catalogue_of(before.values()).faults())
    rest = [one for name, one in before.items() if name != found.name]
    lost = [fault for fault in catalogue_of(rest).faults() if fault not in known]
    if lost:
        issues = fault_issues(lost, lambda _kind, _ref: None)
        raise Refusal("catalogue_entry_in_use", entry=found.name, issues=issues)
    values = {"version": found.version + 1, "withdrawn": True, "content": _document(found.content)}
    await repository.insert(session, owner, [(found.name, values)])
    detail = {"version": found.version}
    await _trail(session, owner, "catalogue.entry_withdrawn", str(found.name), detail)


async def import_file(
    session: WriteSession, owner: Owner, beside: Sequence[Owner], file: CatalogueFile
) -> CatalogueImport:
    """Brings in a file, whole or not at all; entries that it does not mention stay.

    Raises:
        Refusal: ``catalogue_refused`` with every fault at its place in the file.
    """
    await repository.lock(session, owner)
    before = await entries(session, (owner, *beside))
    places = {
        name_of(one): pointer((section, index))
        for section in ("measures", "indicators")
        for index, one in enumerate(getattr(file, section))
    }
    _check(owner, before, file.entries, places.get)
    changed = [one for one in file.entries if before.get(name_of(one)) != one]
    last = await repository.last_versions(session, owner)
    rows = [
        (name_of(one), {"version": last.get(str(name_of(one)), 0) + 1, "content": _document(one)})
        for one in changed
    ]
    await repository.insert(session, owner, rows)
    created = sum(1 for one in changed if name_of(one) not in before)
    report = CatalogueImport(
        created=created,
        changed=len(changed) - created,
        unchanged=len(file.entries) - len(changed),
    )
    if changed:
        await _trail(session, owner, "catalogue.imported", "catalogue", report.model_dump())
    return report


def _check(
    owner: Owner,
    before: Entries,
    new: Sequence[Entry],
    place: Callable[[EntryName], str | None],
) -> None:
    """Refuses entries of a foreign source, and every fault that they would bring."""
    issues = [
        _foreign(owner, place(name_of(one)) or "") for one in new if not owner.holds(one.source)
    ]
    after = {**before, **{name_of(one): one for one in new}}
    known = set(catalogue_of(before.values()).faults())
    given = {name_of(one) for one in new}

    def at(kind: EntryKind, ref: Reference) -> str | None:
        name = EntryName(kind, ref)
        return place(name) if name in given else None

    faults = (fault for fault in catalogue_of(after.values()).faults() if fault not in known)
    issues += fault_issues(faults, at)
    if issues:
        raise Refusal("catalogue_refused", issues=issues)


def _foreign(owner: Owner, place: str) -> Issue:
    italian, english = (
        ("«own» è il catalogo proprio di una camera", "'own' is a chamber's own catalogue")
        if owner.shared
        else ("una camera aggiunge voci con «own»", "a chamber adds entries with 'own'")
    )
    return Issue(pointer=f"{place}/source", code="other_source", it=italian, en=english)


async def _save(session: WriteSession, owner: Owner, new: Entry, action: str) -> StoredEntry:
    name = name_of(new)
    last = await repository.last_versions(session, owner)
    version = last.get(str(name), 0) + 1
    values = {"version": version, "content": _document(new)}
    await repository.insert(session, owner, [(name, values)])
    await _trail(session, owner, action, str(name), {"version": version})
    return await entry(session, (owner,), name)


def _document(content: Entry) -> dict[str, Any]:
    return content.model_dump(mode="json")


async def _trail(
    session: WriteSession, owner: Owner, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    if owner.shared:
        await audit_entity(session, owner.code, action, subject, detail)
    else:
        await audit(session, action, f"catalogue/{subject}", detail)
