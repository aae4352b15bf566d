"""Use cases of a plan's own data: begun, copied from another year, changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.db.session import WriteSession
from services.api.db.trail import audit
from services.api.editing.reading import read_object
from services.api.editing.service import Held
from services.api.errors import Refusal
from services.api.plans import service as plans
from services.api.plans import writing
from services.api.plans.comparison import compare
from services.api.plans.rows import INDICATORS, MEASURES, OBJECTIVES, PlanHead
from services.api.tenants import service as tenants
from services.api.versions import service as versions
from shared.contracts.case import Case, CasePolicy, write_case
from shared.contracts.case_copying import structure_of
from shared.contracts.case_reading import CaseRefusedError, ReadCase, read_case
from shared.contracts.issues import Issue
from shared.contracts.merge_patch import merge_patch
from shared.contracts.plan_content import approval_issues
from shared.contracts.starting_policy import STARTING_POLICY

_OWN = ("kind", "acts", "policy", "published")
"""A plan's own data, beside its elements."""

_STRUCTURE = (OBJECTIVES, MEASURES, INDICATORS)


@dataclass(frozen=True, slots=True)
class SavedHead:
    """A plan as written, and what its writer should know."""

    head: PlanHead
    warnings: tuple[Issue, ...]


async def create(session: WriteSession, raw: bytes) -> SavedHead:
    """Begins the plan of a year, empty or with the structure of another year's.

    Raises:
        Refusal: ``edit_refused`` with every fault, ``plan_exists``, or ``plan_not_found``
            when there is no plan of the year to copy.
    """
    sent, faults = read_object(raw, ("year", "copy_from", *_OWN))
    source, year = sent.pop("copy_from", None), sent.get("year")
    structure: dict[str, Any] = {"policy": _plain(STARTING_POLICY)}
    if source is not None:
        if type(source) is not int or type(year) is not int or source == year:
            raise Refusal("edit_refused", issues=[*faults, _WRONG_SOURCE])
        structure = structure_of((await plans.read_plan(session, source)).case, year)
    adopted = await _adopted_policy(session, year)
    structure |= {} if adopted is None else {"policy": _plain(adopted)}
    given = {name: value for name, value in sent.items() if value is not None}
    document = {"format": plans.FORMAT, "chamber": session.chamber, "kind": "piano"}
    read = _read({**document, **structure, **given}, faults)
    case = read.case
    head, created = await writing.open_plan(session, case.year, _values(case))
    if not created:
        raise Refusal("plan_exists", year=case.year)
    for section in _STRUCTURE:
        rows = [section.to_columns(model) for model in getattr(case, section.name)]
        await writing.write_section(session, head, section, compare(section, [], rows))
    await plans.announce(session, head, "plan")
    facts = {"copied_from": source, "revision": head.revision}
    await audit(session, "plan.created", f"plan/{case.year}", facts)
    return SavedHead(head, read.warnings)


async def change(session: WriteSession, held: Held, raw: bytes) -> SavedHead:
    """Applies a merge patch to a plan's own data.

    Acts that approved a version stay, whatever is sent.

    Raises:
        Refusal: ``edit_refused`` with every fault, ``plan_content_fixed`` or ``plan_closed``.
    """
    head = held.head
    patch, faults = read_object(raw, _OWN)
    read = _read(merge_patch(held.document, patch), faults)
    before = plans.case_of(session.chamber, head, held.rows)
    versions.check_content(head, before, read.case)
    values = _values(read.case)
    values["acts"] = await versions.acts_that_stay(session, head, values["acts"])
    changed = [name for name, value in values.items() if getattr(head, name) != value]
    if changed:
        await writing.change_head(session, head, values)
        revision = await plans.touch(session, head, "plan")
        facts = {"fields": changed, "revision": revision}
        await audit(session, "plan.changed", f"plan/{head.year}", facts)
    return SavedHead(await plans.head(session, head.year), read.warnings)


async def _adopted_policy(session: WriteSession, year: object) -> CasePolicy | None:
    """The rules that the chamber has adopted for a year: they come before copied ones."""
    if type(year) is not int:
        return None
    chamber = await tenants.configuration(session, await tenants.chamber(session))
    found = chamber.policy_for(year)
    return None if found is None else found.policy


def _plain(policy: CasePolicy) -> dict[str, Any]:
    return policy.model_dump(mode="json", by_alias=True)


def _read(document: Mapping[str, Any], faults: Sequence[Issue]) -> ReadCase:
    """The plan as it would be, read as a file would be; ``faults`` are those known already."""
    try:
        read = read_case(json.dumps(document).encode())
    except CaseRefusedError as error:
        raise Refusal("edit_refused", issues=[*faults, *error.issues]) from error
    if faults:
        raise Refusal("edit_refused", issues=faults)
    return read


def remarks_on(case: Case) -> tuple[tuple[Issue, ...], tuple[Issue, ...]]:
    """Warnings about a stored plan, and what stands in the way of its approval."""
    return read_case(write_case(case)).warnings, tuple(approval_issues(case))


def _values(case: Case) -> dict[str, Any]:
    document = case.model_dump(mode="json", by_alias=True)
    return {name: document.get(name) for name in _OWN}


_WRONG_SOURCE = Issue(
    pointer="/copy_from",
    code="wrong_value",
    it="serve un altro anno da cui copiare",
    en="another year to copy from is needed",
)
