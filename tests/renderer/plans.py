"""Plans of every shape for the tests of the renderer, as the API freezes them."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from services.api.reports.snapshot import Freeze, ReportSource, freeze
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.snapshot import (
    Act,
    AmendmentView,
    ChamberCard,
    NarrativeView,
    ReportSnapshot,
    TableView,
    TargetChangeView,
    TargetView,
)
from shared.contracts.snapshot_history import PastFigure, TrendView
from shared.domain.scoring import score
from shared.domain.workflow import PlanState, Standing

CASES = Path(__file__).parents[1] / "cases"
SHAPES = (
    "massa-2021",
    "pisa-2020",
    "synthetic-lucca-2014",
    "synthetic-lucca-2015",
    "synthetic-massa-2012",
)
FACTS = Freeze(
    report_id="019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61",
    version=1,
    kind="piano",
    created_at=datetime(2021, 1, 29, 9, 30, tzinfo=UTC),
    development=True,
    verification_url="https://ciclo.example.it/verifica/MS/019aa3c2",
)


def source(name: str) -> ReportSource:
    """The year of a case, with its results."""
    case = read_case((CASES / f"{name}.json").read_bytes()).case
    plan = plan_from_case(case)
    card = ChamberCard(
        code=case.chamber, name="Camera di prova", entity_code="TNO", entity_name="Ente"
    )
    standing = Standing(PlanState.APPROVED, version=1)
    return ReportSource(card, case, plan, score(plan), standing)


def plan(name: str) -> ReportSnapshot:
    """The Piano of a case."""
    return freeze(source(name), FACTS)


def massa() -> ReportSnapshot:
    """Massa-Carrara 2021, and what its case has not: texts, a table, a past, an amendment."""
    known = source("massa-2021")
    first = known.case.indicators[0]
    past = TrendView(
        subject="indicator",
        code=first.code,
        past=(PastFigure(year=2019, value="6"), PastFigure(year=2020, value="7")),
    )
    made = freeze(replace(known, trends=(past,)), FACTS)
    change = TargetChangeView(
        indicator=first.code,
        title=first.title,
        year=2021,
        old=TargetView(op=">=", value="8"),
        new=TargetView(op=">=", value="6"),
        value_type="number",
    )
    amendment = AmendmentView(
        version=2,
        act=Act(document="piano", organ="Giunta camerale", number="31", date="2021-07-12"),
        motivation="Gli studi programmati richiedono dati che arriveranno in autunno.",
        cause="exogenous",
        targets=(change,),
    )
    staff = TableView(
        code="P-STAFF",
        title="Personale in servizio",
        section="P1.2",
        columns=("Categoria", "2019", "2020", "2021"),
        rows=(("Dirigenti", "1", "1", "1"), ("Categoria D", "9", "8", "8")),
    )
    text = NarrativeView(section="P1.1", text="La Camera serve **le imprese** della provincia.")
    return made.model_copy(
        update={"amendments": (amendment,), "tables": (staff,), "narratives": (text,)}
    )


def pisa() -> ReportSnapshot:
    """Pisa 2020."""
    return plan("pisa-2020")


def old_massa() -> ReportSnapshot:
    """The shape of Massa's older years."""
    return plan("synthetic-massa-2012")
