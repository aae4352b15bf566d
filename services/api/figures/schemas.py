"""Bodies of results by period, office, level and year."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.api.measurements.schemas import Count
from services.api.paging import ListItem
from services.api.periods.schemas import PeriodCode
from services.api.plans.schemas import Code, Cursor, DecimalNumber, Line
from services.api.responses import Resource
from services.api.results.schemas import ComputedOn
from shared.contracts.results import IndicatorRow, ObjectiveRow
from shared.contracts.snapshot import Figure, TargetView
from shared.domain.plan import Kind

Offices = Annotated[list[Line], Field(max_length=200, description="Chi ne risponde.")]
Part = Annotated[DecimalNumber, Field(description="Fra 0 e 1.")]


class PeriodSummary(ListItem):
    """Un periodo dell'anno e il risultato che si avrebbe se l'anno finisse con esso."""

    period: PeriodCode
    first_day: date
    last_day: date
    elapsed: Annotated[Part, Field(description="Parte dell'anno trascorsa, in mesi su dodici.")]
    overall: Figure
    indicators: Annotated[Count, Field(description="Indicatori del piano.")]
    with_result: Annotated[Count, Field(description="Indicatori che hanno già un risultato.")]


class PeriodSummaries(ComputedOn):
    """I risultati alla fine di ogni periodo di raccolta della camera."""

    items: Annotated[list[PeriodSummary], Field(max_length=50)]
    next: Cursor = None


class ObjectiveResult(ListItem, ObjectiveRow):
    """Il risultato di un obiettivo di qualunque livello, con semaforo e giudizio."""

    offices: Offices
    indicators: Annotated[Count, Field(description="Indicatori da qui in giù.")]
    with_result: Annotated[Count, Field(description="Quanti di essi hanno un risultato.")]


class ObjectiveResults(ComputedOn):
    """Risultati di obiettivi, in ordine di piano."""

    items: Annotated[list[ObjectiveResult], Field(max_length=500)]
    next: Cursor


class IndicatorResult(ListItem, IndicatorRow):
    """Il risultato di un indicatore, con semaforo e giudizio."""

    offices: Offices


class IndicatorResults(ComputedOn):
    """Risultati di indicatori, in ordine di piano."""

    items: Annotated[list[IndicatorResult], Field(max_length=500)]
    next: Cursor


class UnitObjective(Resource):
    """Un obiettivo nella media di un ufficio."""

    code: Code
    title: Line
    kind: Kind
    weight: DecimalNumber | None
    share: Annotated[Part | None, Field(description="Peso nella media, da 0 a 1.")]
    result: DecimalNumber | None
    excluded: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")] | None


class UnitResult(ListItem):
    """Un ufficio, gli obiettivi di cui risponde, e la loro media."""

    unit: Line
    figure: Figure
    rule: Annotated[
        Literal["weighted_mean", "plain_mean"],
        Field(description="Media per peso o, se un obiettivo non ne ha, semplice."),
    ]
    objectives: Annotated[list[UnitObjective], Field(max_length=20_000)]
    indicators: Annotated[Count, Field(description="Indicatori di quegli obiettivi.")]
    with_result: Count


class UnitResults(ComputedOn):
    """Risultati degli uffici, in ordine alfabetico."""

    items: Annotated[list[UnitResult], Field(max_length=500)]
    next: Cursor


class FigureTrendPoint(ComputedOn):
    """Una cifra in un anno."""

    title: Line | None
    value: Line | None
    unit: Line | None
    target: TargetView | None
    figure: Figure


class FigureTrend(ListItem):
    """Una cifra negli anni di cui c'è il piano e in cui compare."""

    subject: Literal["overall", "objective", "indicator"]
    code: Code
    points: Annotated[list[FigureTrendPoint], Field(max_length=200)]


class TrendList(Resource):
    """L'andamento delle cifre richieste."""

    items: Annotated[list[FigureTrend], Field(max_length=100)]
    next: Cursor = None
