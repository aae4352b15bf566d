"""Importing a case file: compare with what is stored, write the difference, report it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.session import WriteSession
from services.api.db.trail import audit
from services.api.errors import Refusal
from services.api.ids import new_id
from services.api.imports import repository
from services.api.measurements import service as measuring
from services.api.plans import service as plans
from services.api.plans import writing
from services.api.plans.comparison import Comparison, Row, compare
from services.api.plans.rows import (
    EVALUATIONS,
    INDICATORS,
    MEASUREMENTS,
    MEASURES,
    NARRATIVES,
    OBJECTIVES,
    SECTIONS,
    PlanHead,
    Section,
)
from services.api.plans.service import RowsBySection
from services.api.reports import moves as reports
from services.api.statements import service as statements
from services.api.statements.topics import About, Body, statements_of, to_document
from services.api.versions import service as versions
from shared.contracts.case import Case
from shared.contracts.case_checks import CaseChecks
from shared.contracts.case_reading import CaseRefusedError, ReadCase
from shared.contracts.case_statements import statement_faults
from shared.contracts.issues import Issue

_MEASURED_SECTIONS = {"objective": OBJECTIVES, "measure": MEASURES, "indicator": INDICATORS}

# Sections that no figure depends on.
_NOT_SCORED = (NARRATIVES.name, "tables")


async def import_case(session: WriteSession, raw: bytes, read: ReadCase) -> sa.Row[Any]:
    """Creates or updates the plan of the file's year, whole or not at all.

    Measurements, evaluations and texts that the file does not mention stay: they were
    entered during the year. Everything else becomes what the file says.

    Raises:
        CaseRefusedError: the file is another chamber's.
        Refusal: ``measured_element_removed``, with every element the file must not lose;
            ``plan_content_fixed`` or ``plan_closed``, with every change of what is approved.
    """
    case = read.case
    if case.chamber != session.chamber:
        raise CaseRefusedError((_other_chamber(case.chamber),))
    values = _head_values(case)
    head, created = await writing.open_plan(session, case.year, values)
    stored = await writing.stored_rows(session, head)
    differences = {
        section.name: compare(section, stored[section.name], _given(section, case))
        for section in SECTIONS
    }
    values = await versions.check_import(session, head, stored, case, values)
    values["acts"] = await _acts(session, head, values["acts"])
    _refuse_loss(case, stored, await statements.said(session, head.plan_id))
    changed_head = not created and any(
        getattr(head, name) != value for name, value in values.items()
    )
    if changed_head:
        await writing.change_head(session, head, values)
    for section in SECTIONS:
        await _write(session, head, section, differences[section.name])
    said = await _write_statements(session, head, case)
    outcome = _Outcome(head, created, changed_head, differences, said)
    return await _finish(session, raw, read, outcome)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an import did."""

    head: PlanHead
    created: bool
    changed_head: bool
    differences: Mapping[str, Comparison]
    said: Mapping[str, int]
    """Statements of the evaluation: created, changed, unchanged."""

    @property
    def scored(self) -> bool:
        """Whether results may differ: the plan's revision must rise."""
        return self.changed_head or any(
            difference.anything
            for name, difference in self.differences.items()
            if name not in _NOT_SCORED
        )

    @property
    def anything(self) -> bool:
        """Whether anything was written."""
        return (
            self.created
            or self.changed_head
            or any(difference.anything for difference in self.differences.values())
            or bool(self.said["created"] or self.said["changed"])
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Per section what was created, changed, left and removed."""
        plan = {
            "created": int(self.created),
            "changed": int(self.changed_head),
            "unchanged": int(not self.created and not self.changed_head),
            "removed": 0,
        }
        said = {"statements": dict(self.said)} if any(self.said.values()) else {}
        return {"plan": plan, **said} | {
            name: {
                "created": len(difference.created),
                "changed": len(difference.changed),
                "unchanged": difference.unchanged,
                "removed": len(difference.removed),
            }
            for name, difference in self.differences.items()
        }


def _other_chamber(code: str) -> Issue:
    return Issue(
        pointer="/chamber",
        code="other_chamber",
        it=f"il file è della camera {code}, non di quella indicata nell'indirizzo",
        en=f"the file is of chamber {code}, not of the one in the address",
    )


def _head_values(case: Case) -> dict[str, Any]:
    document = case.model_dump(mode="json", by_alias=True)
    return {name: document.get(name) for name in ("kind", "acts", "policy", "published")}


async def _acts(
    session: WriteSession, head: PlanHead, given: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The acts of a file, and those of decisions on reports that it does not mention."""
    decided = await reports.acts(session, head.plan_id)
    return [*given, *(act for act in decided if act not in given)]


def _given(section: Section, case: Case) -> list[Row]:
    rows: list[Row] = [section.to_columns(model) for model in getattr(case, section.name)]
    if section is MEASUREMENTS:
        return [measuring.canonical(row, case.year) for row in rows]
    return rows


def _refuse_loss(case: Case, stored: RowsBySection, said: Mapping[About, Body]) -> None:
    """Refuses a file that would leave something entered during the year without its subject."""
    document = case.model_dump(mode="json", by_alias=True)
    lost = _statements_lost(document, said)
    kept: dict[str, list[str]] = {}
    for section in (MEASUREMENTS, EVALUATIONS, NARRATIVES):
        given = document.get(section.name, [])
        mentioned = {section.key(row) for row in _given(section, case)}
        rest = [row for row in stored[section.name] if section.key(row) not in mentioned]
        document[section.name] = [*given, *(section.to_document(row) for row in rest)]
        kept[section.name] = ["" for _ in given] + [_name(row) for row in rest]
    if any(name for names in kept.values() for name in names):
        checks = CaseChecks(document)
        checks.run()
        for issue in checks.errors:
            _, name, index, *_ = [*issue.pointer.split("/"), "", ""]
            if name in kept and index.isdecimal() and kept[name][int(index)]:
                lost.append(_loss(name, kept[name][int(index)], issue))
    if lost:
        raise Refusal("measured_element_removed", issues=lost)


def _statements_lost(document: Mapping[str, Any], said: Mapping[About, Body]) -> list[Issue]:
    """Statements about rows that the file does not have any more."""
    parts = to_document(said)
    codes = {
        kind: {row["code"] for row in document[section.name]}
        for kind, section in (("objective", OBJECTIVES), ("indicator", INDICATORS))
    }
    found: list[Issue] = []
    for issue in statement_faults(parts, codes):
        _, name, index, *_ = issue.pointer.split("/")
        row = parts[name][int(index)]
        kind = "objective" if row.get("objective") else "indicator"
        found.append(_loss(name, f"{kind} {row[kind]}", issue))
    return found


async def _write_statements(session: WriteSession, head: PlanHead, case: Case) -> dict[str, int]:
    """Says what the file says; what it does not mention stays."""
    before = await statements.said(session, head.plan_id)
    counts = {"created": 0, "changed": 0, "unchanged": 0, "removed": 0}
    for about, body in statements_of(case).items():
        added = await statements.say(session, (head.plan_id, head.year), about, body)
        known = "changed" if about in before else "created"
        counts[known if added else "unchanged"] += 1
    return counts


def _name(row: Row) -> str:
    return f"{row['subject_kind']} {row['subject_code']}"


def _loss(section: str, subject: str, issue: Issue) -> Issue:
    """A fault of something stored, told to whoever sent the file."""
    return Issue(
        pointer=f"/{section}",
        code=issue.code,
        it=f"{subject}: già presente, e con questo file {issue.it}",
        en=f"{subject}: already there, and with this file {issue.en}",
    )


async def _write(
    session: WriteSession, head: PlanHead, section: Section, difference: Comparison
) -> None:
    """Brings a stored section to what the file says."""
    if section is not MEASUREMENTS:
        await writing.write_section(session, head, section, difference)
        return
    rows = [*difference.created, *difference.changed]
    written = await measuring.record(session, head, rows, measuring.FILE)
    await measuring.note(session, head, written, measuring.FILE)
    await writing.place(session, head, section, difference.moved)


async def _finish(
    session: WriteSession, raw: bytes, read: ReadCase, outcome: _Outcome
) -> sa.Row[Any]:
    """Revision, audit line and the report of the import."""
    head = outcome.head
    revision = head.revision
    if outcome.scored and not outcome.created:
        revision = await plans.touch(session, head, "import")
    elif outcome.created:
        await plans.announce(session, head, "import")
    import_id = new_id()
    report = {
        "sections": outcome.counts(),
        "warnings": [warning.model_dump() for warning in read.warnings],
    }
    values = {
        "import_id": import_id,
        "plan_id": head.plan_id,
        "year": head.year,
        "sha256": hashlib.sha256(raw).digest(),
        "revision": revision,
        "report": report,
    }
    await repository.insert(session, values)
    if outcome.anything:
        await audit(
            session,
            "plan.imported",
            f"plan/{head.year}",
            {"import_id": import_id, "revision": revision, "sections": report["sections"]},
        )
    found = await repository.find(session, import_id)
    if found is None:
        raise LookupError(import_id)
    return found
