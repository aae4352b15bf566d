"""The report of an entity for the tests of the renderer: Pisa 2020 and a synthetic Lucca."""

from shared.contracts.consolidated import (
    BenchmarkIndicator,
    ChamberColumn,
    ChamberLeftOut,
    ChamberStanding,
    ChamberValue,
    ChamberYear,
    ConsolidatedIndicator,
    ConsolidatedMeasure,
    EntityFigure,
    EntryFacts,
    MeasurePart,
    TrendIndicator,
    TrendPoint,
    UnknownEntry,
)
from shared.contracts.snapshot import ChamberCard, Figure, ReportSnapshot, YearContent
from shared.contracts.snapshot_entity import EntityView
from shared.domain.catalogue import Direction
from shared.domain.consolidation import Joining
from tests.renderer import century_history, snapshots
from tests.renderer.test_other_shapes import frozen

TNO = ChamberCard(
    code="TNO",
    name="Camera di commercio della Toscana Nord-Ovest",
    entity_code="TNO",
    entity_name="Camera di commercio della Toscana Nord-Ovest",
)
LU, MS, PI = (
    ChamberCard(code=code, name=f"Camera di commercio di {name}", entity_code="TNO", entity_name="")
    for code, name in (("LU", "Lucca"), ("MS", "Massa-Carrara"), ("PI", "Pisa"))
)
LU = LU.model_copy(
    update={"colour": "#7a1f2b", "accent_colour": "#8a4b08", "logo_svg": century_history.LOGO}
)
PI = PI.model_copy(update={"colour": "#ffd700"})
"""One has everything of its own, one a colour in which nobody could read, one nothing."""
QUOTA = EntryFacts(
    entry="pareto:C1.1_07",
    version=2,
    title="Pratiche evase entro cinque giorni",
    unit="%",
    direction=Direction.UP,
    discouraged=True,
)
DAYS = EntryFacts(
    entry="dfp:DFP 1.3",
    version=1,
    title="Giorni medi di pagamento",
    unit="gg",
    direction=Direction.DOWN,
    discouraged=False,
)
ABSENT = ChamberLeftOut(chamber="MS", reason="no_plan", subject=None)


def content(snapshot: ReportSnapshot, card: ChamberCard) -> YearContent:
    """A year as a chapter tells it: of the chamber's own plan, without long texts."""
    fields = {name: getattr(snapshot, name) for name in YearContent.model_fields}
    own = tuple(o for o in snapshot.objectives if o.scope == "chamber")
    codes = {o.code for o in own}
    fields |= {
        "chamber": card,
        "objectives": tuple(o.model_copy(update={"narrative": None}) for o in own),
        "indicators": tuple(i for i in snapshot.indicators if i.objective in codes),
        "explanations": tuple(e for e in snapshot.explanations if e.scope == "chamber"),
        "narratives": (),
        "tables": (),
        "analyses": (),
        "judgements": (),
        "amendments": (),
        "evaluations": tuple(e for e in snapshot.evaluations if e.scope == "chamber"),
        "deviations": tuple(d for d in snapshot.deviations or () if d.scope == "chamber"),
    }
    return YearContent(**fields)


def _measure(code: str, pisa: str, lucca: str, value: str) -> ConsolidatedMeasure:
    return ConsolidatedMeasure(
        measure=code,
        year=2020,
        joining=Joining.SUM,
        weight=None,
        on=None,
        parts=(
            MeasurePart(chamber="LU", value=lucca, weight=None),
            MeasurePart(chamber="PI", value=pisa, weight=None),
        ),
        value=value,
        shown=value,
    )


def _values(lucca: str, pisa: str) -> tuple[ChamberValue, ...]:
    return (
        ChamberValue(chamber="LU", value=lucca, shown=lucca),
        ChamberValue(chamber="PI", value=pisa, shown=pisa),
    )


def _standing(chamber: str, value: str, difference: str, rank: int) -> ChamberStanding:
    return ChamberStanding(
        chamber=chamber, value=value, shown=value, difference=difference, rank=rank
    )


def view() -> EntityView:
    """Two chambers with a plan and one without; one ratio, one rate without a weight."""
    quota = ConsolidatedIndicator(
        facts=QUOTA,
        formula="[pareto:694] / [pareto:2] * 100",
        measures=(
            _measure("pareto:694", "5", "30", "35"),
            _measure("pareto:2", "60", "40", "100"),
        ),
        chambers=_values("75.0", "8.3"),
        left_out=(ABSENT,),
        value="35",
        shown="35.0",
    )
    days = ConsolidatedIndicator(
        facts=DAYS,
        formula="[dfp:giorni]",
        measures=(),
        chambers=(),
        left_out=(
            ABSENT,
            ChamberLeftOut(chamber="LU", reason="other_aggregation", subject="dfp:giorni"),
        ),
        value=None,
        shown=None,
        reason="rate_without_weight",
        subject="dfp:giorni",
    )
    return EntityView(
        chambers=(LU, MS, PI),
        own_plan=False,
        chapters=(
            content(frozen("synthetic-lucca-2015"), LU),
            content(snapshots.pisa(), PI),
        ),
        years=(2018, 2019, 2020),
        side_by_side=tuple(
            ChamberColumn(
                chamber=card.code,
                title=card.name,
                years=(
                    ChamberYear(year=2018, overall=None),
                    ChamberYear(year=2019, overall=overall),
                    ChamberYear(year=2020, overall=overall),
                ),
            )
            for card, overall in (
                (LU, Figure(measured="88.4", recognised="88.4", shown="88.4", light="yellow")),
                (MS, None),
                (PI, Figure(measured="94.88", recognised="94.88", shown="94.9", light="green")),
            )
        ),
        consolidated=(quota, days),
        benchmark=(
            BenchmarkIndicator(
                facts=QUOTA,
                median=EntityFigure(value="41.65", shown="41.7"),
                chambers=(
                    _standing("LU", "75.0", "40", 1),
                    _standing("PI", "8.3", "-26.7", 2),
                ),
                left_out=(ABSENT,),
                value="35",
                shown="35.0",
            ),
        ),
        trend=(
            TrendIndicator(
                facts=QUOTA,
                points=tuple(
                    TrendPoint(
                        year=year,
                        chambers=_values(lucca, pisa),
                        left_out=(ABSENT,),
                        value=both,
                        shown=both,
                    )
                    for year, lucca, pisa, both in (
                        (2019, "71.2", "9.1", "33.4"),
                        (2020, "75.0", "8.3", "35.0"),
                    )
                ),
            ),
        ),
        unknown=(UnknownEntry(entry="kronos:K9", chambers=("PI",)),),
    )


def consolidated_report(**changes: object) -> ReportSnapshot:
    """As the API freezes one where the entity has no plan of its own."""
    base = snapshots.pisa()
    fields: dict[str, object] = {
        "kind": "relazione_ente",
        "chamber": TNO,
        "plan_revision": 0,
        "acts": (),
        "overall": Figure(measured=None, recognised=None, shown=None, reason="no_plan"),
        "objectives": (),
        "indicators": (),
        "evaluations": (),
        "narratives": (),
        "tables": (),
        "explanations": (),
        "deviations": (),
        "analyses": (),
        "judgements": (),
        "overall_judgement": None,
        "amendments": (),
        "entity": view(),
    }
    return base.model_copy(update=fields | changes)


def with_own_plan() -> ReportSnapshot:
    """The same where the entity has a plan."""
    own = content(snapshots.small(), TNO)
    entity = view().model_copy(update={"own_plan": True})
    return consolidated_report(**dict(own), entity=entity)
