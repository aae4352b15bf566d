"""Between the rows of a plan's tables and the models of a case file.

Tables and models have the same names for the same things, so one description per section
is enough. Where a model names its subject by one of several fields (``measure`` or
``indicator`` or ``objective``), a table has ``subject_kind`` and ``subject_code``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from services.api.db.tables import measurements as measured
from services.api.db.tables import plans
from shared.contracts.case import (
    CaseEvaluation,
    CaseIndicator,
    CaseMeasure,
    CaseMeasurement,
    CaseModel,
    CaseNarrative,
    CaseObjective,
    CaseTable,
)
from shared.domain.workflow import Standing


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan without its parts.

    ``revision`` counts the changes of its inputs; ``structure_revision`` is the last one that
    changed more than measurements. ``standing`` says where it is in its life.
    """

    plan_id: str
    year: int
    kind: str
    acts: list[dict[str, Any]]
    policy: dict[str, Any]
    published: dict[str, Any] | None
    revision: int
    structure_revision: int
    standing: Standing
    updated_at: Any


@dataclass(frozen=True, slots=True)
class Section:
    """One list of a case file and the table that holds it."""

    name: str
    table: sa.Table
    model: type[CaseModel]
    columns: tuple[str, ...]
    """Fields that table and model share."""
    subjects: tuple[str, ...] = ()
    """Fields of the model of which exactly one names the subject."""
    kept: bool = False
    """Rows that a file does not mention stay: they were entered during the year."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that tell the rows of a plan apart."""
        return _KEYS.get(self.name, ("code",))

    def key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Identity of a row of columns within its plan."""
        return tuple(row[name] for name in self.keys)

    def to_columns(self, model: CaseModel) -> dict[str, Any]:
        """A model as the columns of its row."""
        given = model.model_dump(mode="json", by_alias=True)
        row = {name: given.get(name) for name in self.columns}
        for subject in self.subjects:
            if subject in given:
                row |= {"subject_kind": subject, "subject_code": given[subject]}
        return row

    def to_document(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as a part of a case file, without what it does not have."""
        document = {name: row[name] for name in self.columns if row[name] is not None}
        if self.subjects:
            document[row["subject_kind"]] = row["subject_code"]
        return document


_KEYS: dict[str, tuple[str, ...]] = {
    "measurements": ("subject_kind", "subject_code", "year", "period"),
    "evaluations": ("scope", "subject_kind", "subject_code"),
    "narratives": ("subject_kind", "subject_code"),
}


def _shared(model: type[CaseModel], without: Sequence[str] = ()) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name not in without)


_MEASURED = ("measure", "indicator", "objective")
_EVALUATED = ("indicator", "objective")
_NARRATED = ("objective", "section")

OBJECTIVES = Section("objectives", plans.objectives, CaseObjective, _shared(CaseObjective))
MEASURES = Section("measures", plans.measures, CaseMeasure, _shared(CaseMeasure))
INDICATORS = Section("indicators", plans.indicators, CaseIndicator, _shared(CaseIndicator))
MEASUREMENTS = Section(
    "measurements",
    measured.measurements,
    CaseMeasurement,
    _shared(CaseMeasurement, _MEASURED),
    _MEASURED,
    kept=True,
)
EVALUATIONS = Section(
    "evaluations",
    plans.evaluations,
    CaseEvaluation,
    _shared(CaseEvaluation, _EVALUATED),
    _EVALUATED,
    kept=True,
)
NARRATIVES = Section(
    "narratives",
    plans.narratives,
    CaseNarrative,
    _shared(CaseNarrative, _NARRATED),
    _NARRATED,
    kept=True,
)
TABLES = Section("tables", plans.context_tables, CaseTable, _shared(CaseTable))

SECTIONS = (OBJECTIVES, MEASURES, INDICATORS, MEASUREMENTS, EVALUATIONS, NARRATIVES, TABLES)
"""Every list of a case file, in its order."""
