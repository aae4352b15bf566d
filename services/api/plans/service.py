"""Use cases of plans, and what other features need of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.api.db.session import ReadSession, WriteSession
from services.api.db.trail import emit
from services.api.errors import Refusal
from services.api.paging import Order, Page, Rows
from services.api.plans import repository
from services.api.plans.rows import (
    INDICATORS,
    MEASUREMENTS,
    MEASURES,
    OBJECTIVES,
    SECTIONS,
    PlanHead,
    Section,
)
from services.api.statements import service as statements
from services.api.states.repository import validators
from shared.contracts.case import Case, CaseMeasurement
from shared.contracts.case_reading import measurement_from_case, plan_from_case
from shared.domain import plan as domain

FORMAT = "ciclo/case@1"

MEASURED = "measurements"
"""Cause of a change of results that measurements alone have made."""

RowsBySection = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with everything that hangs on it, as one revision."""

    head: PlanHead
    case: Case
    rows: RowsBySection
    """Stored rows of each section, in the order of the case's lists."""
    validators: Mapping[str, str]
    """The role that validated the value that stands, by id of the measurement."""

    def to_domain(self) -> domain.Plan:
        """The plan as scoring reads it, each measurement with version and validation."""
        plan = plan_from_case(self.case, self.head.revision)
        return replace(
            plan,
            measurements=tuple(
                replace(
                    measurement,
                    version=row["version"],
                    validated_by=self.validators.get(row["measurement_id"]),
                )
                for measurement, row in zip(
                    plan.measurements, self.rows[MEASUREMENTS.name], strict=True
                )
            ),
        )


async def head(session: ReadSession, year: int) -> PlanHead:
    """The plan of a year, without its parts.

    Raises:
        Refusal: ``plan_not_found``.
    """
    found = await repository.find(session, year)
    if found is None:
        raise Refusal("plan_not_found", year=year)
    return found


async def lock_plan(session: WriteSession, year: int) -> PlanHead:
    """The plan of a year, held until the transaction ends.

    Raises:
        Refusal: ``plan_not_found``.
    """
    found = await repository.find(session, year, lock=True)
    if found is None:
        raise Refusal("plan_not_found", year=year)
    return found


async def years(session: ReadSession) -> list[int]:
    """The years of which the chamber has a plan, the oldest first."""
    return await repository.years(session)


async def read_plan(session: ReadSession, year: int) -> StoredPlan:
    """The plan of a year with everything that hangs on it.

    Raises:
        Refusal: ``plan_not_found``.
    """
    return await read_parts(session, await head(session, year))


async def read_parts(session: ReadSession, found: PlanHead) -> StoredPlan:
    """Everything that hangs on a plan."""
    rows = {
        section.name: await repository.section_rows(session, section, found.plan_id)
        for section in SECTIONS
    }
    case = Case.model_validate(await whole_document(session, found, rows))
    return StoredPlan(found, case, rows, await validators(session, found.plan_id))


async def whole_document(
    session: ReadSession, found: PlanHead, rows: RowsBySection
) -> dict[str, Any]:
    """A stored plan as the JSON document of a case file, with what the evaluation says."""
    return document_of(session.chamber, found, rows) | await statements.case_parts(
        session, found.plan_id, _codes(rows, OBJECTIVES), _codes(rows, INDICATORS)
    )


def _codes(rows: RowsBySection, section: Section) -> list[str]:
    return [row["code"] for row in rows[section.name]]


def case_of(chamber: str, found: PlanHead, rows: RowsBySection) -> Case:
    """A stored plan as the model of a case file, without what the evaluation says."""
    return Case.model_validate(document_of(chamber, found, rows))


@dataclass(frozen=True, slots=True)
class Versions:
    """How a plan stands: its counters, and the version of each measurement, in their order."""

    plan_id: str
    revision: int
    structure_revision: int
    measurements: Mapping[str, int]


async def versions(session: ReadSession, year: int) -> Versions | None:
    """How the plan of a year stands, in one exchange; ``None`` when there is none."""
    rows = await repository.measurement_versions(session, year)
    if not rows:
        return None
    first = rows[0]
    measurements = {row.measurement_id: row.version for row in rows if row.measurement_id}
    return Versions(first.plan_id, first.revision, first.structure_revision, measurements)


async def read_measurements(
    session: ReadSession, found: PlanHead, ids: Collection[str]
) -> dict[str, domain.Measurement]:
    """Some measurements of a plan as scoring reads them, by id; not who validated them."""
    if not ids:
        return {}
    rows = await repository.measurement_rows(session, found.plan_id, ids)
    return {
        row["measurement_id"]: replace(
            measurement_from_case(
                CaseMeasurement.model_validate(MEASUREMENTS.to_document(row)), found.year
            ),
            version=row["version"],
        )
        for row in rows
    }


async def count_parts(session: ReadSession, found: PlanHead) -> Mapping[str, int]:
    """How many rows each section of a plan has."""
    return await repository.count_rows(session, SECTIONS, found.plan_id)


async def list_section(
    session: ReadSession,
    found: PlanHead,
    section: Section,
    asked: Page,
    without: Collection[str] = (),
) -> Rows:
    """Part of a section whose rows have a code, as a list; without those of certain codes."""
    columns = section.table.c
    order = Order({"position": columns.position, "code": columns.code}, columns.code, "position")
    return await repository.list_section(session, section, found.plan_id, order, asked, without)


async def find_element(
    session: ReadSession, found: PlanHead, section: Section, code: str
) -> Mapping[str, Any]:
    """One row of a section whose rows have a code.

    Raises:
        Refusal: ``element_not_found``.
    """
    row = await repository.find_row(session, section, found.plan_id, code)
    if row is None:
        raise Refusal("element_not_found", code=code)
    return row


async def titles(session: ReadSession, found: PlanHead, section: Section) -> dict[str, str]:
    """What the rows of a section are called, by code, in their order."""
    rows = await repository.section_rows(session, section, found.plan_id)
    return {row["code"]: row["title"] for row in rows}


async def structure_document(session: ReadSession, found: PlanHead) -> dict[str, Any]:
    """Objectives, measures and indicators as a case document, for checks against them."""
    rows = {
        section.name: await repository.section_rows(session, section, found.plan_id)
        if section in (OBJECTIVES, MEASURES, INDICATORS)
        else ()
        for section in SECTIONS
    }
    return document_of(session.chamber, found, rows)


def document_of(chamber: str, found: PlanHead, rows: RowsBySection) -> dict[str, Any]:
    """A stored plan as the JSON document of a case file."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "chamber": chamber,
        "year": found.year,
        "kind": found.kind,
        "acts": found.acts,
        "policy": found.policy,
    }
    for section in SECTIONS:
        document[section.name] = [section.to_document(row) for row in rows[section.name]]
    if found.published is not None:
        document["published"] = found.published
    return document


def refuse_measuring_when_closed(found: PlanHead) -> None:
    """Keeps values out of a plan whose year is over.

    Raises:
        Refusal: ``plan_closed``.
    """
    if not found.standing.open_to_measurements:
        raise Refusal("plan_closed")


async def touch(session: WriteSession, found: PlanHead, cause: str) -> int:
    """Ends a change of a plan's inputs: new revision, event for those who show results.

    ``cause`` is :data:`MEASURED` only where nothing but measurements has changed.
    """
    structure = cause != MEASURED
    revision = await repository.raise_revision(session, found.plan_id, structure=structure)
    await announce(session, replace(found, revision=revision), cause)
    return revision


async def announce(session: WriteSession, found: PlanHead, cause: str) -> None:
    """Tells those who show results that they have changed."""
    await emit(
        session,
        "results.changed",
        f"plan/{found.year}",
        {"year": found.year, "revision": found.revision, "cause": cause},
    )


async def check_subject(session: ReadSession, plan_id: str, kind: str, code: str) -> None:
    """Makes sure that the plan has such an objective or indicator.

    Raises:
        Refusal: ``subject_not_found``.
    """
    sections: dict[str, Section] = {"objective": OBJECTIVES, "indicator": INDICATORS}
    section = sections.get(kind)
    if section is None:
        return
    rows = await repository.section_rows(session, section, plan_id)
    if all(row["code"] != code for row in rows):
        raise Refusal("subject_not_found", code=code)
