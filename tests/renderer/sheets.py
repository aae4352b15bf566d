"""Individual sheets for the tests of the renderer, as the API freezes them."""

from dataclasses import replace

from services.api.reports.sheet_document import as_sheet
from services.api.reports.snapshot import described, year_content
from shared.contracts.snapshot import JudgementView, ReportSnapshot
from tests.renderer import plans


def sheet(name: str, code: str) -> ReportSnapshot:
    """One sheet of the year of a case."""
    content = as_sheet(year_content(plans.source(name)), code)
    return described(content, replace(plans.FACTS, kind="scheda"))


def secretary() -> ReportSnapshot:
    """The Segretario generale of Pisa in 2020, with what the case has not: a judgement."""
    made = sheet("pisa-2020", "SG")
    said = JudgementView(objective="SG", text="Obiettivi raggiunti in un anno **difficile**.")
    return made.model_copy(update={"judgements": (said,)})
