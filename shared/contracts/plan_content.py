"""What an approval fixes of a plan, as bytes that never change, and what stands in its way.

Policy, objectives, measures and indicators, in the form of a case file. Acts, measurements,
evaluations, texts, context tables and published figures are the year's, not the plan's.
"""

import hashlib
import json
from typing import Annotated, Any

from pydantic import Field

from shared.contracts.case import (
    MAX_ROWS,
    Case,
    CaseIndicator,
    CaseMeasure,
    CaseModel,
    CaseObjective,
    CasePolicy,
)
from shared.contracts.case_units import CERTAIN, unit_issues
from shared.contracts.case_weights import weight_issues
from shared.contracts.issues import Issue, pointer
from shared.domain.versions import LISTS, POLICY, Change, FieldChange, RowChange, readable

_LONGEST_VALUE = 80
"""Characters of a value that a sentence about it shows."""


class PlanContent(CaseModel):
    """Il contenuto che un atto approva, nella forma del file `ciclo/case@1`."""

    policy: CasePolicy
    objectives: Annotated[tuple[CaseObjective, ...], Field(max_length=MAX_ROWS)]
    measures: Annotated[tuple[CaseMeasure, ...], Field(max_length=MAX_ROWS)]
    indicators: Annotated[tuple[CaseIndicator, ...], Field(max_length=MAX_ROWS)]

    def _always_written(self) -> frozenset[str]:
        return frozenset(PlanContent.model_fields)

    def plain(self) -> dict[str, Any]:
        """As plain values, for :mod:`shared.domain.versions`."""
        return self.model_dump(mode="json", by_alias=True)

    def to_bytes(self) -> bytes:
        """The canonical form: fields in order, no blanks, UTF-8."""
        return json.dumps(self.plain(), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def of(cls, case: Case) -> "PlanContent":
        """The content of a whole year."""
        return cls(**{name: getattr(case, name) for name in (POLICY, *LISTS)})

    @classmethod
    def from_bytes(cls, raw: bytes) -> "PlanContent":
        """Reads what :meth:`to_bytes` wrote."""
        return cls.model_validate_json(raw)


def content_hash(raw: bytes) -> str:
    """SHA-256 of canonical bytes, in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def approval_issues(case: Case) -> list[Issue]:
    """Everything for which the plan cannot be approved; pointers are into the case.

    Weights that an import only remarks are errors here (scoring rule 3), so are formulas that
    add different units, and a plan without objectives plans nothing.
    """
    issues = weight_issues(case)
    issues += [issue for issue in unit_issues(case) if issue.code in CERTAIN]
    if not case.objectives:
        issues.append(
            Issue(
                pointer="/objectives",
                code="no_objectives",
                it="il piano non ha obiettivi",
                en="the plan has no objectives",
            )
        )
    return issues


def change_issues(case: Case, changes: tuple[RowChange, ...]) -> list[Issue]:
    """Differences from an approved content as faults of what was sent and brings them."""
    places = {
        (name, row.code): pointer((name, index))
        for name in LISTS
        for index, row in enumerate(getattr(case, name))
    }
    issues: list[Issue] = []
    for row in changes:
        place = places.get((row.section, row.code or ""), f"/{row.section}")
        if row.change is Change.CHANGED:
            issues.extend(_field_issue(place, row, field) for field in row.fields)
        else:
            issues.append(_row_issue(place, row))
    return issues


def _field_issue(place: str, row: RowChange, field: FieldChange) -> Issue:
    name = field.name if row.code is None else f"{row.code} {field.name}"
    old, new = (_short(readable(value)) for value in (field.old, field.new))
    return Issue(
        pointer=f"{place}/{field.name}",
        code="approved_content_changed",
        it=f"{name}: approvato {old}, inviato {new}",
        en=f"{name}: approved {old}, sent {new}",
    )


def _row_issue(place: str, row: RowChange) -> Issue:
    added = row.change is Change.ADDED
    return Issue(
        pointer=place,
        code="approved_content_added" if added else "approved_content_removed",
        it=f"{row.code}: {'non è nel' if added else 'è nel'} piano approvato"
        + ("" if added else " e verrebbe tolto"),
        en=f"{row.code}: {'not in' if added else 'in'} the approved plan"
        + ("" if added else " and would be removed"),
    )


def _short(text: str | None) -> str:
    if text is None:
        return "-"
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
