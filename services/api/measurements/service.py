"""Use cases of measurements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.arrivals.repository import Entry
from services.api.auth.access import Access
from services.api.auth.principal import Machine
from services.api.boundaries import noted
from services.api.boundaries import service as boundaries
from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.measurements import repository
from services.api.measurements.repository import Origin, Prepared, Written
from services.api.measurements.views import Viewer
from services.api.plans import service as plans
from services.api.plans.rows import INDICATORS, MEASUREMENTS, OBJECTIVES, PlanHead
from services.api.plans.service import StoredPlan
from services.api.states import service as states
from services.api.states.repository import find_standing
from services.api.states.service import Datum
from shared.contracts.case import CaseMeasurement
from shared.contracts.case_checks import CaseChecks
from shared.contracts.issues import Issue
from shared.domain.completeness import owners_of
from shared.domain.confidentiality import NOTHING_HIDDEN, Hidden
from shared.domain.measurement_states import MOVES
from shared.domain.permissions import Action
from shared.domain.plan import SYSTEM

FORM = Origin("form")
FILE = Origin("file")
COUNTED = Origin(SYSTEM)
"""What the system itself counts when a period is closed."""

Items = Sequence[CaseMeasurement]

_MOVING = tuple(rule.action for rule in MOVES.values())


async def enter(
    session: WriteSession, access: Access, year: int, items: Items
) -> tuple[Written, int]:
    """Records measurements that a person entered, all of them or none.

    Returns:
        What became of them, and the plan's revision.

    Raises:
        Refusal: ``plan_not_found``, ``sheet_not_visible``, ``outside_units``, or
            ``measurements_refused`` with every fault.
    """
    head = await plans.lock_plan(session, year)
    hidden = await _require_reach(session, head, access, items)
    faults = check(await subjects_document(session, head, items, hidden), items)
    if faults:
        issues = [issue for index in sorted(faults) for issue in faults[index]]
        raise Refusal("measurements_refused", issues=issues)
    written = await record(session, head, to_rows(items, year), FORM)
    revision = await close(session, head, written, FORM)
    return written, revision


async def change(
    session: WriteSession,
    access: Access,
    year: int,
    row: sa.Row[Any],
    content: Mapping[str, str | None],
) -> None:
    """Gives one measurement of a locked plan a new content.

    Raises:
        Refusal: ``measurements_refused`` with every fault, its pointer within the content;
            ``measurements_held`` when it is validated or its period closed; ``plan_closed``;
            ``outside_units``.
    """
    head = await plans.lock_plan(session, year)
    item = CaseMeasurement.model_validate(
        {row.subject_kind: row.subject_code, "year": row.year, "period": row.period, **content}
    )
    hidden = await _require_reach(session, head, access, [item])
    faults = check(await subjects_document(session, head, [item], hidden), [item])
    if faults:
        prefix = f"/{MEASUREMENTS.name}/0"
        raise Refusal(
            "measurements_refused",
            issues=[
                issue.model_copy(update={"pointer": issue.pointer.removeprefix(prefix)})
                for issue in faults[0]
            ],
        )
    written = await record(session, head, to_rows([item], year), FORM)
    await close(session, head, written, FORM)


async def _require_reach(
    session: ReadSession, head: PlanHead, access: Access, items: Items
) -> Hidden:
    """Keeps whoever enters data to what they see, and a contributor to their own units.

    Returns:
        What is not there for the caller: its codes are unknown.

    Raises:
        Refusal: ``sheet_not_visible`` or ``outside_units``, with every item that is not theirs.
    """
    action = Action.MEASUREMENT_RECORD
    subjects = [
        (kind, code, f"/{MEASUREMENTS.name}/{place}")
        for place, item in enumerate(items)
        for kind in MEASUREMENTS.subjects
        if (code := getattr(item, kind)) is not None
    ]
    own = await boundaries.reach(session, head, access, action)
    own.require(action, subjects)
    if isinstance(access.principal, Machine):  # a machine delivers, and never reads
        return NOTHING_HIDDEN
    hidden = await boundaries.hidden(session, head, access)
    if access.sight.structure:
        boundaries.require_visible(hidden, subjects)
    return hidden


async def locked(
    session: WriteSession, access: Access, year: int, measurement_id: str
) -> sa.Row[Any]:
    """One measurement with its state, its plan held until the transaction ends.

    Raises:
        Refusal: ``plan_not_found`` or ``not_found``.
    """
    head = await plans.lock_plan(session, year)
    return await found(session, head, access, measurement_id)


async def found(
    session: ReadSession, head: PlanHead, access: Access, measurement_id: str
) -> sa.Row[Any]:
    """One measurement of a plan with its state.

    Raises:
        Refusal: ``not_found``, also for one of a sheet that the caller does not see.
    """
    row = (await find_visible(session, head, access, [measurement_id])).get(measurement_id)
    if row is None:
        raise Refusal("not_found")
    return row


async def find_visible(
    session: ReadSession, head: PlanHead, access: Access, ids: Sequence[str]
) -> dict[str, sa.Row[Any]]:
    """Measurements of a plan with their state, by id, as far as the caller sees them."""
    rows = await find_standing(session, head.plan_id, ids)
    hidden = await boundaries.hidden(session, head, access)
    return {
        name: row
        for name, row in rows.items()
        if not hidden.hides(row.subject_kind, row.subject_code)
    }


async def viewer(session: ReadSession, head: PlanHead, access: Access) -> Viewer:
    """What decides what a caller may do with measurements of a plan."""
    return Viewer(
        access,
        await boundaries.reach(session, head, access, Action.MEASUREMENT_RECORD, *_MOVING),
        await states.rules(session),
        await states.closed_periods(session, head.plan_id),
        head.year,
        plan_open=head.standing.open_to_measurements,
    )


async def subjects_of_office(
    session: ReadSession, head: PlanHead, office: str
) -> frozenset[tuple[str, str]]:
    """Kind and code of what an office owes: its indicators and the measures they read."""
    stored = await plans.read_parts(session, head)
    plan = stored.to_domain()
    owners = owners_of(plan, *offices(stored))
    owed = [row for row in plan.indicators if office in owners[row.code]]
    measures = {
        ref.code
        for row in owed
        if (formula := row.parsed_formula) is not None
        for ref in formula.measures
    }
    return frozenset(
        {("indicator", row.code) for row in owed} | {("measure", code) for code in measures}
    )


def offices(stored: StoredPlan) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Source offices by indicator and units by objective, where there are some."""
    return (
        {
            row["code"]: row["source_office"]
            for row in stored.rows[INDICATORS.name]
            if row["source_office"]
        },
        {row["code"]: row["units"] for row in stored.rows[OBJECTIVES.name] if row["units"]},
    )


async def subjects_document(
    session: ReadSession, head: PlanHead, items: Items, hidden: Hidden
) -> dict[str, Any]:
    """What a plan has of the subjects of some measurements, as a case document; hidden left out.

    Nothing else of the plan is read: whoever enters one value does not wait for all of it.
    """
    wanted = {
        kind: sorted({code for item in items if (code := getattr(item, kind)) is not None})
        for kind in MEASUREMENTS.subjects
    }
    document: dict[str, Any] = {"chamber": session.chamber, "year": head.year}
    for row in await repository.subjects(session, head.plan_id, wanted):
        if hidden.hides(row.section.removesuffix("s"), row.code):
            continue
        found = {"code": row.code, "value_type": row.value_type, "formula": row.formula}
        if row.fed_with is not None:
            found["external_ids"] = {SYSTEM: row.fed_with}
        document.setdefault(row.section, []).append(found)
    return document


def check(document: Mapping[str, Any], items: Items) -> dict[int, list[Issue]]:
    """What is wrong with measurements of a plan, by their index; empty when nothing is.

    The rules are those of a case file, so a value is understood the same way however it
    comes. Pointers begin with ``/measurements/<index>``.
    """
    given = [item.model_dump(mode="json", by_alias=True) for item in items]
    checks = CaseChecks({**document, "measurements": given})
    checks.run()
    faults: dict[int, list[Issue]] = defaultdict(list)
    for issue in checks.errors:
        _, section, *rest = issue.pointer.split("/")
        if section == MEASUREMENTS.name and rest:
            faults[int(rest[0])].append(issue)
    fed = {
        row["code"] for row in document.get("measures", ()) if SYSTEM in row.get("external_ids", ())
    }
    for index, item in enumerate(items):
        if item.measure in fed:
            faults[index].append(_fed_by_system(index, item.measure))
    return dict(faults)


def _fed_by_system(index: int, code: str | None) -> Issue:
    return Issue(
        pointer=f"/{MEASUREMENTS.name}/{index}/measure",
        code="measure_fed_by_system",
        it=f"{code} è contata dal sistema alla chiusura dei periodi: non si immette",
        en=f"{code} is counted by the system when periods are closed: it is not entered",
    )


def to_rows(items: Items, plan_year: int) -> list[dict[str, Any]]:
    """Columns of measurements entered during the year.

    What has a value and says nothing else was measured. A row about an indicator or
    objective belongs to the plan's year and need not say so.
    """
    rows = [canonical(MEASUREMENTS.to_columns(item), plan_year) for item in items]
    return [{**row, "status": row["status"] or "measured"} for row in rows]


def canonical(row: Mapping[str, Any], plan_year: int) -> dict[str, Any]:
    """The one way to write whose row this is: the plan's year goes without saying."""
    own_year = row["subject_kind"] != "measure" and row["year"] == plan_year
    return {**row, "year": None} if own_year else dict(row)


async def record(
    session: WriteSession,
    head: PlanHead,
    rows: Sequence[Mapping[str, Any]],
    origin: Origin,
) -> Written:
    """Writes rows of a locked plan with their history. End with :func:`close`.

    Raises:
        Refusal: ``measurements_held``, with every row that would change a validated
            measurement or a datum of a closed period.
    """
    prepared = await repository.prepare(session, head.plan_id, rows)
    await _refuse_held(session, head, prepared)
    return await repository.write(session, prepared, origin)


async def _refuse_held(session: ReadSession, head: PlanHead, prepared: Prepared) -> None:
    if not prepared.entries:
        return
    plans.refuse_measuring_when_closed(head)
    ids = {entry.measurement_id for entry in prepared.entries}
    held = await states.barriers(session, [head.plan_id], ids)
    faults = [
        fault
        for entry, place in zip(prepared.entries, prepared.places, strict=True)
        if (fault := held.fault(_datum(head, entry), f"/{MEASUREMENTS.name}/{place}")) is not None
    ]
    if faults:
        raise Refusal("measurements_held", issues=faults)


def _datum(head: PlanHead, entry: Entry) -> Datum:
    """What an entry would change: the version before it."""
    return Datum(
        head.plan_id,
        head.year,
        entry.year,
        entry.period,
        entry.measurement_id,
        (entry.version or 1) - 1,
    )


async def close(session: WriteSession, head: PlanHead, written: Written, origin: Origin) -> int:
    """Ends a recording: new revision, audit line and event, when something changed.

    Returns:
        The plan's revision.
    """
    if not written.created and not written.changed:
        return head.revision
    revision = await plans.touch(session, head, plans.MEASURED)
    await note(session, head, written, origin)
    return revision


async def note(session: WriteSession, head: PlanHead, written: Written, origin: Origin) -> None:
    """Writes down what became what; in several lines where it is much."""
    counts = {"created": written.created, "changed": written.changed}
    detail = {"source": origin.source, "message_id": origin.message_id, **counts}
    for line in await noted.lines(session, head.plan_id, head.year, written.changes):
        about = f"plan/{head.year}"
        await audit(
            session,
            "measurement.recorded",
            about,
            detail,
            before=line.before,
            after=line.after,
        )
