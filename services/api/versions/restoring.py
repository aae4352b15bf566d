"""Brings a plan's tables back to a content that was approved."""

from collections.abc import Mapping
from typing import Any

from services.api.db.session import WriteSession
from services.api.errors import Refusal
from services.api.plans import writing
from services.api.plans.comparison import compare
from services.api.plans.rows import INDICATORS, MEASURES, OBJECTIVES, Section
from services.api.plans.service import StoredPlan
from shared.contracts.case_checks import CaseChecks
from shared.contracts.plan_content import PlanContent
from shared.domain.versions import differences

# What the year fills in stays as it is, unless the amendment changed its planned part.
_KEPT = ("external_ids", "resources")

_YEAR = ("measurements", "evaluations", "narratives", "deviations", "analyses", "judgements")
"""Sections whose rows must keep what they are about."""


async def restore(session: WriteSession, stored: StoredPlan, approved: PlanContent) -> None:
    """Writes objectives, measures, indicators and policy as they were approved.

    Raises:
        Refusal: ``measured_element_removed``, with everything that would lose its subject.
    """
    head = stored.head
    changes = differences(PlanContent.of(stored.case).plain(), approved.plain())
    named = {(row.section, row.code): {f.name for f in row.fields} for row in changes}
    given = {
        section.name: [
            _as_approved(section, section.to_columns(model), stored, named)
            for model in getattr(approved, section.name)
        ]
        for section in (OBJECTIVES, MEASURES, INDICATORS)
    }
    _refuse_loss(stored, given)
    for section in (OBJECTIVES, MEASURES, INDICATORS):
        difference = compare(section, stored.rows[section.name], given[section.name])
        await writing.write_section(session, head, section, difference)
    policy = approved.policy.model_dump(mode="json", by_alias=True)
    await writing.change_head(session, head, {"policy": policy})


def _as_approved(
    section: Section,
    row: dict[str, Any],
    stored: StoredPlan,
    named: Mapping[tuple[str, str | None], set[str]],
) -> dict[str, Any]:
    """A row as approved, with what the year has put into it since."""
    now = next((r for r in stored.rows[section.name] if r["code"] == row["code"]), None)
    if now is None:
        return row
    changed = named.get((section.name, row["code"]), set())
    return row | {name: now[name] for name in _KEPT if name in row and name not in changed}


def _refuse_loss(stored: StoredPlan, given: Mapping[str, list[dict[str, Any]]]) -> None:
    document = stored.case.model_dump(mode="json", by_alias=True)
    for section in (OBJECTIVES, MEASURES, INDICATORS):
        document[section.name] = [section.to_document(row) for row in given[section.name]]
    checks = CaseChecks(document)
    checks.run()
    places = tuple(f"/{section}/" for section in _YEAR)
    lost = [issue for issue in checks.errors if issue.pointer.startswith(places)]
    if lost:
        raise Refusal("measured_element_removed", issues=lost)
