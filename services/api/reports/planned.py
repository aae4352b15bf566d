"""What the Piano shows of a year: what is wanted, and nothing of what came of it.

A Piano is asked for at any moment of the year, and also afterwards; values, results and whatever
was said of them are taken out of its frozen content, so that the attached data have none either.
"""

from shared.contracts.plan_sections import of_plan
from shared.contracts.snapshot_views import Figure, IndicatorView, ObjectiveView, YearContent

PLANNED = "planned"
"""Status of an indicator, and reason of a figure, in a document made before there is any."""

_FIGURE = Figure(measured=None, recognised=None, shown=None, reason=PLANNED)

_SPENT = ("committed", "approved", "actual", "available")

_OF_THE_REPORT = frozenset({"relazione", "validazione", "mancata validazione"})
"""Documents whose acts come after the plan's."""


def as_planned(content: YearContent) -> YearContent:
    """The plan of a year of a chamber, without its results.

    Earlier years stay (``trends``): targets are read against them.
    """
    return content.model_copy(
        update={
            "acts": tuple(act for act in content.acts if act.document not in _OF_THE_REPORT),
            "overall": _FIGURE,
            "objectives": tuple(map(_objective, content.objectives)),
            "indicators": tuple(map(_indicator, content.indicators)),
            "evaluations": (),
            "narratives": tuple(row for row in content.narratives if of_plan(row.section)),
            "tables": tuple(row for row in content.tables if of_plan(row.section)),
            "explanations": (),
            "deviations": None,
            "analyses": (),
            "judgements": (),
            "overall_judgement": None,
        }
    )


def as_reported(content: YearContent) -> YearContent:
    """A year for any other document: without what was written for the Piano."""
    return content.model_copy(
        update={
            "narratives": tuple(row for row in content.narratives if not of_plan(row.section)),
            "tables": tuple(row for row in content.tables if not of_plan(row.section)),
        }
    )


def _objective(row: ObjectiveView) -> ObjectiveView:
    resources = tuple(r.model_copy(update=dict.fromkeys(_SPENT)) for r in row.resources)
    return row.model_copy(update={"figure": _FIGURE, "narrative": None, "resources": resources})


def _indicator(row: IndicatorView) -> IndicatorView:
    nothing = dict.fromkeys(("value", "value_text", "met"))
    return row.model_copy(update={"figure": _FIGURE, "status": PLANNED, **nothing})
