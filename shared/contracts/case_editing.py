"""Changing one element of a case, judged as if the whole file had been sent.

The rules between rows are written once, in :mod:`shared.contracts.case_checks`: an edit is
the case with that one element made, changed or removed. Faults of the element itself are told
with pointers into what was sent; faults that the edit causes elsewhere name the other row.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.contracts.case import Case, CaseModel
from shared.contracts.case_checks import CaseChecks
from shared.contracts.case_warnings import case_warnings
from shared.contracts.issues import Issue, issues_from, pointer, pointing_into, within

Document = Mapping[str, Any]

YEAR = ("measurements", "evaluations", "narratives", "deviations", "analyses", "judgements")
"""Sections that are entered during the year, about elements of the plan."""

_ADDING = frozenset({"mixed_weights", "weights_off_100", "resource_sum_off"})
"""Warnings about a heading that what stands below it brings about."""

_READING = frozenset({"sum_of_units", "unit_differs", "no_arithmetic"})
"""Warnings about a formula that a measure brings about."""

_NEEDING = ("parent", "objective", "members", "derived_from")
"""Fields by which an element needs the result of another: where a circle can be closed."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One element before and after; absent before when it is made, after when removed."""

    section: str
    model: type[CaseModel]
    before: Document | None = None
    after: Document | None = None

    def applied_to(self, document: Document) -> dict[str, Any]:
        """The document with the element as it is afterwards, last in its section.

        There, a code or a title that is repeated is a fault of this element, not of another.
        """
        gone = None if self.before is None else self.before["code"]
        rows = [row for row in document[self.section] if row["code"] != gone]
        if self.after is not None:
            rows.append(self.after)
        return {**document, self.section: rows}

    def place_in(self, edited: Document) -> str | None:
        """Pointer of the element in what :meth:`applied_to` gave; none when it is removed."""
        if self.after is None:
            return None
        return pointer((self.section, len(edited[self.section]) - 1))

    def field_faults(self) -> list[Issue]:
        """Faults of the element's own fields."""
        if self.after is None:
            return []
        try:
            self.model.model_validate_json(json.dumps(self.after))
        except ValidationError as error:
            return issues_from(error)
        return []


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an edit makes of a case.

    ``errors`` are about the element, ``broken`` about other rows of the plan and ``orphaned``
    about what was entered during the year; ``case`` is there when all three are empty.
    """

    errors: tuple[Issue, ...]
    broken: tuple[Issue, ...]
    orphaned: tuple[Issue, ...]
    warnings: tuple[Issue, ...]
    case: Case | None


def judge(document: Document, edit: Edit) -> Judgement:
    """Checks an edit of a case that has no faults of its own."""
    edited = edit.applied_to(document)
    errors = edit.field_faults()
    reported = {issue.pointer for issue in errors}
    checks = CaseChecks(edited)
    checks.run()
    place = edit.place_in(edited)
    own, others = _sorted(checks.errors, place)
    errors += [issue for issue in own if issue.pointer not in reported]
    if edit.after is None:  # a formula may wait for a measure, but not lose one
        others += [issue for issue in checks.warnings if issue.code == "unknown_measure"]
    if others:
        others = _new(document, edited, others)
    circles = [issue for issue in others if issue.code == "circular"]
    errors += [issue.model_copy(update={"pointer": _circle(edit)}) for issue in circles]
    rest = [issue for issue in others if issue.code != "circular"]
    orphaned = tuple(_named(edited, i) for i in rest if _section(i) in YEAR)
    broken = tuple(_named(edited, i) for i in rest if _section(i) not in YEAR)
    if errors or orphaned or broken:
        return Judgement(tuple(errors), broken, orphaned, (), None)
    case = Case.model_validate(edited)
    found = (*checks.warnings, *case_warnings(case))
    return Judgement((), (), (), tuple(_concerning(found, edit, edited)), case)


def _sorted(issues: Iterable[Issue], place: str | None) -> tuple[list[Issue], list[Issue]]:
    """Issues about one place, with pointers relative to it, and the others."""
    own: list[Issue] = []
    others: list[Issue] = []
    for issue in issues:
        about = place is not None and within(issue.pointer, place)
        (own if about else others).append(issue)
    return pointing_into(place or "", own), others


def _section(issue: Issue) -> str:
    return issue.pointer.split("/")[1]


def _new(document: Document, edited: Document, issues: Sequence[Issue]) -> list[Issue]:
    """Those of ``issues`` that the document did not have before the edit."""
    checks = CaseChecks(document)
    checks.run()
    found = (*checks.errors, *checks.warnings)
    before = {(_row_name(document, issue), issue.code, issue.it) for issue in found}
    return [i for i in issues if (_row_name(edited, i), i.code, i.it) not in before]


def _row_name(document: Document, issue: Issue) -> str:
    """``section code`` of the row that an issue is about."""
    _, section, index, *_ = [*issue.pointer.split("/"), "", ""]
    if not index.isdecimal():
        return section
    row = document[section][int(index)]
    names = (row.get(key) for key in ("code", "measure", "indicator", "objective", "section"))
    return f"{section} {next((name for name in names if name), '')}".rstrip()


def _named(document: Document, issue: Issue) -> Issue:
    """A fault of another row, told to whoever sent the edit."""
    name = _row_name(document, issue)
    return Issue(pointer="", code=issue.code, it=f"{name}: {issue.it}", en=f"{name}: {issue.en}")


def _circle(edit: Edit) -> str:
    """The field of the edit that closed a circle: the others had none between them."""
    before, after = edit.before or {}, edit.after or {}
    changed = (name for name in _NEEDING if after.get(name) != before.get(name))
    return pointer([next(changed, _NEEDING[0])])


def _concerning(issues: Iterable[Issue], edit: Edit, edited: Document) -> list[Issue]:
    """Warnings about the element, the headings where it adds up, the formulas that read it."""
    own, others = _sorted(issues, edit.place_in(edited))
    about = _headings(edit, edited) if edit.section != "measures" else _readers(edit, edited)
    codes = _READING if edit.section == "measures" else _ADDING
    own += [
        issue.model_copy(update={"pointer": ""})
        for issue in others
        if issue.code in codes and any(within(issue.pointer, place) for place in about)
    ]
    return own


def _headings(edit: Edit, edited: Document) -> set[str]:
    """Pointers of the objectives above the element, as it was and as it is."""
    places = {row["code"]: index for index, row in enumerate(edited["objectives"])}
    parents = {row["code"]: row.get("parent") for row in edited["objectives"]}
    found: set[str] = set()
    for state in (edit.before, edit.after):
        code = None if state is None else state.get("objective") or state.get("parent")
        while isinstance(code, str) and code in places and code not in found:
            found.add(code)
            code = parents[code]
    return {pointer(("objectives", places[code])) for code in found}


def _readers(edit: Edit, edited: Document) -> set[str]:
    """Pointers of the indicators whose formula reads the measure."""
    measure = edit.after or edit.before or {}
    read = f"[{measure.get('code')}]"
    return {
        pointer(("indicators", index))
        for index, row in enumerate(edited["indicators"])
        if read in (row.get("formula") or "")
    }
