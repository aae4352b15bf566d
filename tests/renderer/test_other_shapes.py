"""Reports of the synthetic years: they render, and every code and result stands in the text."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest

from services.api.reports.snapshot import Freeze, ReportSource, freeze
from services.renderer import process
from services.renderer.document import html
from services.renderer.sandbox import Limits
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.snapshot import ChamberCard, Figure, ReportSnapshot, canonical_bytes
from shared.domain.scoring import score
from shared.domain.workflow import Standing

CASES = Path(__file__).parents[1] / "cases"
YEARS = ("synthetic-lucca-2014", "synthetic-lucca-2015", "synthetic-massa-2012")
_ROW = 300
"""Characters of a row of a table, at most."""
FACTS = Freeze(
    report_id="019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61",
    version=1,
    kind="relazione",
    created_at=datetime(2016, 6, 16, 9, 30, tzinfo=UTC),
    development=True,
    verification_url="https://ciclo.example.it/verifica/LU/019aa3c2",
)


def frozen(name: str) -> ReportSnapshot:
    """The year as the API freezes it."""
    case = read_case((CASES / f"{name}.json").read_bytes()).case
    plan = plan_from_case(case)
    card = ChamberCard(
        code=case.chamber, name="Camera di prova", entity_code="TNO", entity_name="Ente"
    )
    return freeze(ReportSource(card, case, plan, score(plan), Standing()), FACTS)


def printed(figure: Figure) -> str | None:
    """A result as the document prints it."""
    return None if figure.shown is None else figure.shown.replace(".", ",")


@pytest.mark.parametrize("name", YEARS)
async def test_every_code_and_result_is_printed(name: str) -> None:
    snapshot = frozen(name)
    rendered = await process.render(canonical_bytes(snapshot), Limits(2048, 110))
    pages = pypdf.PdfReader(io.BytesIO(rendered.content)).pages
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))
    rows = [(row.code, row.figure) for row in snapshot.objectives]
    rows += [(row.code, row.figure) for row in snapshot.indicators]
    for code, figure in rows:
        # In one of the places where the code stands its result follows, in the same row.
        after = rf"{re.escape(code.replace(' ', ''))}.{{0,{_ROW}}}?"
        assert re.search(after + re.escape(printed(figure) or ""), text), (code, figure)
    overall = printed(snapshot.overall)
    assert overall is not None
    assert overall in text


@pytest.mark.parametrize("name", YEARS)
def test_every_objective_stands_in_one_place(name: str) -> None:
    anchors = re.findall(r' id="([^"]+)"', html.build(frozen(name)).html)
    assert len(anchors) == len(set(anchors))
