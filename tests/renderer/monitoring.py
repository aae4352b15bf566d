"""A monitoring report for the tests of the renderer: Pisa's year at the end of April."""

from shared.contracts.snapshot import (
    AnalysisView,
    LackView,
    PeriodView,
    ProRataView,
    ReportSnapshot,
    TargetView,
)
from tests.renderer import snapshots


def first_quadrimestre(**changes: object) -> ReportSnapshot:
    """As the API freezes one: no texts, no tables, no judgements of the year."""
    year = snapshots.pisa()
    counted = [row for row in year.indicators if row.met is not None][:4]
    period = PeriodView(
        code="Q1",
        first_day="2020-01-01",
        last_day="2020-04-30",
        deadline="2020-05-15",
        closed=False,
        months=4,
        due=92,
        entered=90,
        in_time=81,
        lacking=(
            LackView(
                subject_kind="measure",
                subject="694",
                title="Imprese che hanno partecipato agli incontri",
                period="Q1",
                reason="missing",
                owners=("Promozione e sviluppo",),
            ),
            LackView(
                subject_kind="indicator",
                subject="D1.1",
                title="Giorni medi di pagamento",
                period=None,
                reason="submitted",
            ),
        ),
        pro_rata={
            row.code: ProRataView(
                target=TargetView(op=">=", value="33.33333333333333333333333333"),
                met=True,
                result="100",
                shown="100",
                light="green",
            )
            for row in counted
        },
    )
    content = {
        "kind": "monitoraggio",
        "period": period,
        "narratives": (),
        "tables": (),
        "objectives": tuple(o.model_copy(update={"narrative": None}) for o in year.objectives),
        "analyses": (
            AnalysisView(
                objective=year.objectives[1].code,
                issues="Gli incontri in presenza sono **sospesi** da marzo.",
                corrective_actions="- incontri a distanza;\n- recupero in autunno.",
            ),
        ),
    }
    return year.model_copy(update=content | changes)
