"""Use cases of the elements of a plan.

Every edit holds the plan until it is written (offices that edit at once wait for each other),
judges the plan as it would be, and writes the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.db.session import WriteSession
from services.api.db.trail import audit
from services.api.editing.kinds import ElementKind
from services.api.editing.reading import MOST_POSITION, Sent
from services.api.errors import Refusal
from services.api.plans import service as plans
from services.api.plans import writing
from services.api.plans.comparison import Row, compare
from services.api.plans.rows import PlanHead
from services.api.plans.service import RowsBySection
from services.api.versions import service as versions
from shared.contracts.case_editing import Edit, Judgement, judge
from shared.contracts.issues import Issue, pointer
from shared.contracts.merge_patch import merge_patch


@dataclass(frozen=True, slots=True)
class Held:
    """A plan that nobody else changes until the transaction ends."""

    head: PlanHead
    rows: RowsBySection
    document: Mapping[str, Any]
    """As a case file."""

    def row(self, kind: ElementKind, code: str) -> Row:
        """An element of the plan.

        Raises:
            Refusal: ``element_not_found``.
        """
        for row in self.rows[kind.section.name]:
            if row["code"] == code:
                return row
        raise Refusal("element_not_found", code=code)


@dataclass(frozen=True, slots=True)
class Saved:
    """An element as written, and what its writer should know."""

    row: Row
    warnings: tuple[Issue, ...]


async def hold(session: WriteSession, year: int) -> Held:
    """The plan of a year with its parts, held until the transaction ends.

    Raises:
        Refusal: ``plan_not_found``.
    """
    head = await plans.lock_plan(session, year)
    rows = await writing.stored_rows(session, head)
    return Held(head, rows, await plans.whole_document(session, head, rows))


async def create(session: WriteSession, held: Held, kind: ElementKind, sent: Sent) -> Saved:
    """Adds an element to a plan.

    Raises:
        Refusal: ``edit_refused`` with every fault, ``plan_content_fixed`` or ``plan_closed``.
    """
    edit = Edit(kind.section.name, kind.section.model, after=sent.fields)
    row, warnings = _judged(session, held, kind, edit, sent.faults)
    position = MOST_POSITION if sent.position is None else sent.position
    rows = _others(held, kind, row["code"])
    rows.insert(position, row)
    await _write(session, held, kind, rows, _Trace("created", row["code"], tuple(sent.fields)))
    return Saved({**row, "position": min(position, len(rows) - 1)}, warnings)


async def change(
    session: WriteSession, held: Held, kind: ElementKind, row: Row, patch: Sent
) -> Saved:
    """Applies a merge patch to an element.

    Raises:
        Refusal: as :func:`create`.
    """
    before = kind.section.to_document(row)
    after = merge_patch(before, patch.fields)
    faults = patch.faults
    if after.get("code") != row["code"]:
        faults = (*faults, _CODE_FIXED)
        after["code"] = row["code"]
    edit = Edit(kind.section.name, kind.section.model, before, after)
    changed, warnings = _judged(session, held, kind, edit, faults)
    codes = [other["code"] for other in held.rows[kind.section.name]]
    position = codes.index(row["code"]) if patch.position is None else patch.position
    rows = _others(held, kind, row["code"])
    rows.insert(position, changed)
    await _write(session, held, kind, rows, _Trace("changed", row["code"], tuple(patch.fields)))
    return Saved({**changed, "position": min(position, len(rows) - 1)}, warnings)


async def remove(session: WriteSession, held: Held, kind: ElementKind, row: Row) -> None:
    """Takes an element out of a plan.

    Raises:
        Refusal: ``measured_element_removed`` or ``element_in_use``, with everything that
            would lose its subject; ``plan_content_fixed`` or ``plan_closed``.
    """
    section, code = kind.section, row["code"]
    edit = Edit(section.name, section.model, before=section.to_document(row))
    judgement = judge(held.document, edit)
    lost = (*judgement.orphaned, *judgement.broken)
    if lost:
        raise Refusal(
            "measured_element_removed" if judgement.orphaned else "element_in_use", issues=lost
        )
    _check_content(session, held, edit, judgement)
    await _write(session, held, kind, _others(held, kind, code), _Trace("removed", code, ()))


def _judged(
    session: WriteSession, held: Held, kind: ElementKind, edit: Edit, faults: Sequence[Issue]
) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """The columns of an element that may be written so, and the warnings about it."""
    judgement = judge(held.document, edit)
    told = {fault.pointer for fault in faults}
    issues = [*faults, *(issue for issue in judgement.errors if issue.pointer not in told)]
    issues += [*judgement.broken, *judgement.orphaned]
    if issues or judgement.case is None:
        raise Refusal("edit_refused", issues=issues)
    _check_content(session, held, edit, judgement)
    model = getattr(judgement.case, kind.section.name)[-1]
    return kind.section.to_columns(model), judgement.warnings


def _check_content(session: WriteSession, held: Held, edit: Edit, judgement: Judgement) -> None:
    """Lets nobody change what an act approved."""
    if held.head.standing.open_to_content or judgement.case is None:
        return
    before = plans.case_of(session.chamber, held.head, held.rows)
    place = edit.place_in(edit.applied_to(held.document)) or pointer([edit.section])
    versions.check_content(held.head, before, judgement.case, place)


def _others(held: Held, kind: ElementKind, code: str) -> list[Row]:
    """The other elements of a kind as columns, in their order."""
    section = kind.section
    return [
        {name: row[name] for name in section.columns}
        for row in held.rows[section.name]
        if row["code"] != code
    ]


@dataclass(frozen=True, slots=True)
class _Trace:
    """What the audit line says of an edit."""

    verb: str
    code: str
    fields: tuple[str, ...]


async def _write(
    session: WriteSession, held: Held, kind: ElementKind, rows: Sequence[Row], trace: _Trace
) -> None:
    """Brings a section to what it shall be; where nothing differs nothing is written."""
    section, head = kind.section, held.head
    difference = compare(section, held.rows[section.name], rows)
    if not difference.anything:
        return
    await writing.write_section(session, head, section, difference)
    revision = await plans.touch(session, head, "plan") if kind.planned else head.revision
    await audit(
        session,
        f"{kind.name}.{trace.verb}",
        f"plan/{head.year}/{section.name}/{trace.code}",
        {"fields": sorted(trace.fields), "revision": revision},
    )


_CODE_FIXED = Issue(
    pointer="/code",
    code="code_fixed",
    it="il codice non si cambia: lo nominano rilevazioni, sistemi esterni e versioni approvate; "
    "creare un elemento nuovo ed eliminare questo",
    en="the code does not change: measurements, other systems and approved versions name it; "
    "make a new element and remove this one",
)
