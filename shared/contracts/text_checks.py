"""What a report lacks of the texts that somebody owes, and what its approval should know besides.

Texts that offices owe and sections of the chamber's own that are empty stand in the way of an
approval. That a comment is open or a draft was not submitted does not: it is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from shared.contracts.issues import Issue, pointer
from shared.contracts.plan_sections import of_plan
from shared.contracts.report_sections import (
    BARE,
    empty_sections,
    section_titles,
    written_texts,
)
from shared.contracts.snapshot import ReportSnapshot
from shared.domain.text_debts import Assigned


def text_issues(snapshot: ReportSnapshot, assigned: Iterable[Assigned]) -> list[Issue]:
    """Every text without which the report cannot be approved, as it was frozen."""
    places = _Places(snapshot)
    owed = [one for one in assigned if places.lacks(one.key)]
    told = {one.key for one in owed}
    empty = [
        place
        for place in empty_sections(snapshot)
        if place not in BARE and f"section:{place}" not in told
    ]
    return [*(_owed(places, one) for one in owed), *(_own_empty(places, p) for p in empty)]


def text_warnings(
    snapshot: ReportSnapshot,
    assigned: Sequence[Assigned],
    threads: Mapping[str, int],
    drafts: Mapping[str, int],
) -> list[Issue]:
    """What whoever approves should know of the texts, none of it in the way.

    Args:
        snapshot: the report.
        assigned: what offices owe.
        threads: how many threads are open about each text.
        drafts: how many drafts of each text wait to be submitted.
    """
    places = _Places(snapshot)
    owed = {one.key for one in assigned}
    found = [
        _bare(places, place)
        for place in empty_sections(snapshot)
        if place in BARE and f"section:{place}" not in owed
    ]
    found += _unknown(snapshot)
    found += [_open(places, key, count) for key, count in threads.items() if places.has(key)]
    found += [_unsubmitted(places, key, n) for key, n in drafts.items() if places.has(key)]
    return found


class _Places:
    """Where the texts of a report stand in it, and what their subjects are called."""

    def __init__(self, snapshot: ReportSnapshot) -> None:
        self._written = written_texts(snapshot)
        self._titles = {f"section:{p}": t for p, t in section_titles(snapshot.layout).items()}
        self._titles |= {f"objective:{row.code}": row.title for row in snapshot.objectives}
        self._rows = {f"objective:{row.code}": at for at, row in enumerate(snapshot.objectives)}

    def has(self, key: str) -> bool:
        """Whether the report is about this subject: it may leave sheets out, and is no Piano."""
        kind, _, code = key.partition(":")
        return key in self._rows if kind == "objective" else not of_plan(code)

    def lacks(self, key: str) -> bool:
        """Whether the report is about this subject and has no text of it."""
        return self.has(key) and key not in self._written

    def pointer(self, key: str) -> str:
        """Place in the snapshot."""
        if key in self._rows:
            return pointer(("objectives", self._rows[key], "narrative"))
        return pointer(("narratives",))

    def named(self, key: str) -> tuple[str, str]:
        """The subject in words, Italian and English."""
        kind, _, code = key.partition(":")
        title = f" «{self._titles[key]}»" if key in self._titles else ""
        italian, english = _WORDS[kind]
        return f"{italian} {code}{title}", f"{english} {code}{title}"


_WORDS = {"section": ("sezione", "section"), "objective": ("obiettivo", "objective")}


def _owed(places: _Places, one: Assigned) -> Issue:
    it, en = places.named(one.key)
    offices = ", ".join(one.offices)
    by_it = "" if one.due_on is None else f" entro il {_day(one.due_on)}"
    by_en = "" if one.due_on is None else f" by {one.due_on.isoformat()}"
    return Issue(
        pointer=places.pointer(one.key),
        code="text_owed",
        it=f"{it}: manca il testo; lo deve {offices}{by_it}. Scriverlo e richiedere una nuova "
        "versione",
        en=f"{en}: the text is missing; owed by {offices}{by_en}. Write it and request a new "
        "version",
    )


def _own_empty(places: _Places, place: str) -> Issue:
    it, en = places.named(f"section:{place}")
    return Issue(
        pointer=places.pointer(f"section:{place}"),
        code="section_empty",
        it=f"{it}: la sezione propria della camera è vuota e nessun ufficio la deve. Scriverla o "
        "toglierla dalla configurazione, e richiedere una nuova versione",
        en=f"{en}: the chamber's own section is empty and no office owes it. Write it or take it "
        "out of the configuration, and request a new version",
    )


def _bare(places: _Places, place: str) -> Issue:
    it, en = places.named(f"section:{place}")
    return Issue(
        pointer=places.pointer(f"section:{place}"),
        code="section_empty",
        it=f"{it}: non ha né testi né dati, e nessun ufficio la deve. Scriverla o affidarla",
        en=f"{en}: it has neither texts nor data, and no office owes it. Write or assign it",
    )


def _unknown(snapshot: ReportSnapshot) -> Iterator[Issue]:
    known = section_titles(snapshot.layout)
    for index, row in enumerate(snapshot.narratives):
        if row.section not in known:
            yield Issue(
                pointer=pointer(("narratives", index)),
                code="section_unknown",
                it=f"sezione {row.section}: il documento non la ha; il testo va negli allegati",
                en=f"section {row.section}: the document has none; the text goes to the annexes",
            )


def _open(places: _Places, key: str, count: int) -> Issue:
    it, en = places.named(key)
    return Issue(
        pointer=places.pointer(key),
        code="comments_open",
        it=f"{it}: discussioni aperte: {count}. Rispondere e risolverle, o lasciarle sapendolo",
        en=f"{en}: open threads: {count}. Answer and resolve them, or leave them knowingly",
    )


def _unsubmitted(places: _Places, key: str, count: int) -> Issue:
    it, en = places.named(key)
    return Issue(
        pointer=places.pointer(key),
        code="draft_unsubmitted",
        it=f"{it}: bozze non inviate: {count}. Ciò che dicono non è nel documento",
        en=f"{en}: drafts not submitted: {count}. What they say is not in the document",
    )


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
