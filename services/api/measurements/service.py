"""Use cases of measurements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.measurements import repository
from services.api.measurements.repository import Origin, Written
from services.api.plans import service as plans
from services.api.plans.rows import MEASUREMENTS, PlanHead
from shared.contracts.case import CaseMeasurement
from shared.contracts.case_checks import CaseChecks
from shared.contracts.issues import Issue

FORM = Origin("form")
FILE = Origin("file")

Items = Sequence[CaseMeasurement]


async def enter(session: WriteSession, year: int, items: Items) -> tuple[Written, int]:
    """Records measurements that a person entered, all of them or none.

    Returns:
        What became of them, and the plan's revision.

    Raises:
        Refusal: ``plan_not_found``, or ``measurements_refused`` with every fault.
    """
    head = await plans.lock_plan(session, year)
    faults = check(await plan_document(session, head), items)
    if faults:
        issues = [issue for index in sorted(faults) for issue in faults[index]]
        raise Refusal("measurements_refused", issues=issues)
    written = await record(session, head, to_rows(items, year), FORM)
    revision = await close(session, head, written, FORM)
    return written, revision


async def plan_document(session: ReadSession, head: PlanHead) -> dict[str, Any]:
    """The stored plan as a case document without measurements, to check some against."""
    return await plans.structure_document(session, head)


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
    return dict(faults)


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
    """Writes rows of a locked plan with their history. End with :func:`close`."""
    return await repository.record(session, head.plan_id, rows, origin)


async def close(session: WriteSession, head: PlanHead, written: Written, origin: Origin) -> int:
    """Ends a recording: new revision, audit line and event, when something changed.

    Returns:
        The plan's revision.
    """
    if not written.created and not written.changed:
        return head.revision
    revision = await plans.touch(session, head, "measurements")
    await audit(
        session,
        "measurement.recorded",
        f"plan/{head.year}",
        {
            "source": origin.source,
            "message_id": origin.message_id,
            "created": written.created,
            "changed": written.changed,
            "revision": revision,
        },
    )
    return revision
