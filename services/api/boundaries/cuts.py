"""Takes what is hidden from somebody out of what is about to be answered. Pure.

One function per form in which a plan leaves: as stored, as a case file, as results.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.api.boundaries.service import measures_of
from services.api.plans.rows import EVALUATIONS, MEASUREMENTS, NARRATIVES
from services.api.plans.service import StoredPlan
from shared.contracts.case import Case, Published
from shared.contracts.plan_content import PlanContent
from shared.contracts.results import ResultsDocument
from shared.domain.confidentiality import Branch, Hidden, Sight, Twig, hidden_from, hidden_in

_ELEMENTS = {"objectives": "objective", "indicators": "indicator", "measures": "measure"}
_ABOUT_ROWS = (
    *("measurements", "evaluations", "narratives"),
    *("deviations", "analyses", "judgements"),
)


def case_without_figures(case: Case, hidden: Hidden) -> Case:
    """A case without what was measured, computed, decided or written in hidden sheets.

    Imported again it takes nothing away: measurements, evaluations and texts that a file does
    not mention stay (decision 0006). What was published is public and stays.
    """
    if not hidden:
        return case
    kept = {
        name: tuple(row for row in getattr(case, name) if not _about_hidden(row, hidden))
        for name in _ABOUT_ROWS
    }
    return case.model_copy(update=kept)


def case_without_sheets(case: Case, hidden: Hidden) -> Case:
    """A case in which hidden sheets do not exist."""
    if not hidden:
        return case
    kept: dict[str, Any] = {
        name: tuple(row for row in getattr(case, name) if not hidden.hides(kind, row.code))
        for name, kind in _ELEMENTS.items()
    }
    if case.published is not None:
        kept["published"] = _published(case.published, hidden)
    return case_without_figures(case, hidden).model_copy(update=kept)


def seen_case(stored: StoredPlan, sight: Sight) -> tuple[Case, int]:
    """A plan's case as somebody may take it away, and of how many sheets not all is in it."""
    hidden = hidden_in(stored.to_domain(), sight)
    cut = case_without_figures if sight.structure else case_without_sheets
    return cut(stored.case, hidden), len(hidden.sheets)


def _published(published: Published, hidden: Hidden) -> Published:
    return published.model_copy(
        update={
            "indicators": _without(published.indicators, hidden.indicators),
            "objectives": _without(published.objectives, hidden.objectives),
        }
    )


def _without(figures: Mapping[str, str], codes: Iterable[str]) -> dict[str, str]:
    left_out = frozenset(codes)
    return {code: figure for code, figure in figures.items() if code not in left_out}


def _about_hidden(row: Any, hidden: Hidden) -> bool:  # noqa: ANN401 - any row of a case about something
    if getattr(row, "scope", None) in hidden.sheets:
        return True
    subjects = ((kind, getattr(row, kind, None)) for kind in ("objective", "indicator", "measure"))
    return any(code is not None and hidden.hides(kind, code) for kind, code in subjects)


def content_without_sheets(content: PlanContent, sight: Sight) -> PlanContent:
    """A version's content as somebody sees it: whole for who runs the cycle."""
    if sight.structure or sight.everything:
        return content
    branches = [Branch(o.code, o.kind, o.parent, o.members) for o in content.objectives]
    twigs = [Twig(i.code, i.objective, measures_of(i.formula)) for i in content.indicators]
    hidden = hidden_from(sight, branches, twigs)
    return content.model_copy(
        update={
            name: tuple(row for row in getattr(content, name) if not hidden.hides(kind, row.code))
            for name, kind in _ELEMENTS.items()
        }
    )


def stored_without_sheets(stored: StoredPlan, hidden: Hidden) -> StoredPlan:
    """A stored plan in which hidden sheets do not exist."""
    if not hidden:
        return stored
    rows: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, section in stored.rows.items():
        kind = _ELEMENTS.get(name)
        if kind is not None:
            rows[name] = [row for row in section if not hidden.hides(kind, row["code"])]
        elif name in (MEASUREMENTS.name, EVALUATIONS.name, NARRATIVES.name):
            rows[name] = [row for row in section if not row_hidden(row, hidden)]
        else:
            rows[name] = section
    return replace(stored, rows=rows, case=case_without_sheets(stored.case, hidden))


def row_hidden(row: Mapping[str, Any], hidden: Hidden) -> bool:
    """Whether a stored row (``subject_kind``, ``subject_code``, perhaps ``scope``) is hidden."""
    if row.get("scope") in hidden.sheets:
        return True
    return hidden.hides(row["subject_kind"], row["subject_code"])


def hidden_in_results(document: ResultsDocument, sight: Sight) -> Hidden:
    """What of a document of results somebody does not see; indicators apart."""
    rows = document.objectives
    return hidden_from(sight, [Branch(row.code, row.kind, row.parent) for row in rows])


def results_without_sheets(
    document: ResultsDocument, sight: Sight, hidden: Hidden
) -> ResultsDocument:
    """Results without those of hidden sheets. The chamber's own result stays as it is.

    ``hidden`` is of the plan as it is now; sheets that stand in the document alone are found
    in it.
    """
    codes = hidden.objectives | hidden_in_results(document, sight).objectives
    if not codes:
        return document
    return document.model_copy(
        update={
            "objectives": tuple(row for row in document.objectives if row.code not in codes),
            "indicators": tuple(row for row in document.indicators if row.objective not in codes),
        }
    )
