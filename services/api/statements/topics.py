"""The kinds of statement, and how each stands in a case file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts.case import (
    Case,
    CaseAnalysis,
    CaseDeviation,
    CaseJudgement,
    CaseModel,
    CaseOverallJudgement,
)
from shared.domain.plan import CHAMBER_SCOPE

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of statement: its name, its part of a case file, and what it may be about."""

    name: str
    section: str
    model: type[CaseModel]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What a statement is about. ``scope`` matters to neutralisations only."""

    topic: str
    subject_kind: str
    subject_code: str
    scope: str = CHAMBER_SCOPE

    def columns(self) -> dict[str, str]:
        """As the columns of a line."""
        return {name: getattr(self, name) for name in self.__slots__}


NEUTRALISATION = "neutralisation"
"""Topic of the lines about what the OIV leaves out of a mean; a case file has those as
``evaluations``, and a table of their own holds what stands."""

DEVIATION = Topic("deviation", "deviations", CaseDeviation, ("indicator", "objective"))
ANALYSIS = Topic("analysis", "analyses", CaseAnalysis, ("objective",))
JUDGEMENT = Topic("judgement", "judgements", CaseJudgement, ("objective",))
OVERALL = Topic("overall", "overall_judgement", CaseOverallJudgement, ())

LISTED = (DEVIATION, ANALYSIS, JUDGEMENT)
"""Topics of which a case file has a list; of the overall judgement there is one."""

THE_CHAMBER = About(OVERALL.name, "overall", "overall")
"""What the overall judgement is about."""


def body_of(topic: Topic, model: CaseModel) -> Body:
    """What a statement says, without whom it is about."""
    given = model.model_dump(mode="json", by_alias=True)
    return {name: part for name, part in given.items() if name not in topic.subjects}


def statements_of(case: Case) -> dict[About, Body]:
    """Every statement of a case file."""
    found: dict[About, Body] = {}
    for topic in LISTED:
        for model in getattr(case, topic.section):
            kind, code = next(
                (name, given)
                for name in topic.subjects
                if (given := getattr(model, name)) is not None
            )
            found[About(topic.name, kind, code)] = body_of(topic, model)
    if case.overall_judgement is not None:
        found[THE_CHAMBER] = body_of(OVERALL, case.overall_judgement)
    return found


def to_document(said: Mapping[About, Body]) -> dict[str, Any]:
    """Statements as the parts of a case document, in the order given; absent when empty."""
    document: dict[str, Any] = {}
    for topic in LISTED:
        rows = [
            {about.subject_kind: about.subject_code, **body}
            for about, body in said.items()
            if about.topic == topic.name
        ]
        if rows:
            document[topic.section] = rows
    if THE_CHAMBER in said:
        document[OVERALL.section] = said[THE_CHAMBER]
    return document
