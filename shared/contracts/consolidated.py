"""Figures of several chambers together, with everything needed to explain them.

Exact figures are decimal text; ``shown`` has the decimals of the catalogue's entry, two where
it does not say. Where there is no figure, ``reason`` says why.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.catalogue import IndicatorEntry
from shared.contracts.results import ResultsDocument
from shared.contracts.snapshot_views import DecimalText, Figure
from shared.domain.benchmark import Benchmark, Standing
from shared.domain.calendar import YEAR, span
from shared.domain.catalogue import REFERENCE_PATTERN, Direction
from shared.domain.consolidation import Consolidated, JoinedMeasure, Joining, LeftOut, SharedEntry
from shared.domain.numbers import number_text, shown_text
from shared.domain.values import NoValue, Value, value_text

_DECIMALS = 2
_MOST = 500
"""Most chambers of an entity."""

ChamberCode = Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
Reference = Annotated[
    str,
    Field(max_length=111, pattern=rf"^{REFERENCE_PATTERN}$", examples=["dfp:DFP 1.3"]),
]
Reason = Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+$")]
Subject = Annotated[str, Field(max_length=200, pattern=r"^[\s\S]*$")]
Text = Annotated[str, Field(max_length=2000, pattern=r"^[\s\S]*$")]
YearNumber = Annotated[int, Field(ge=1990, le=2200)]


class EntityFigure(Contract):
    """Una cifra, o perché non c'è."""

    value: Annotated[str | None, Field(max_length=200, description="Esatta, non arrotondata.")]
    shown: Annotated[str | None, Field(max_length=200, description="Come si mostra.")]
    reason: Reason | None = None
    subject: Annotated[Subject | None, Field(description="La misura per cui la cifra non c'è.")] = (
        None
    )


class ChamberValue(EntityFigure):
    """La cifra di una camera, con la formula del catalogo sulle sue misure."""

    chamber: ChamberCode


class ChamberStanding(ChamberValue):
    """La cifra di una camera a confronto con l'ente e con le altre."""

    difference: Annotated[
        DecimalText | None, Field(description="La cifra della camera meno quella consolidata.")
    ]
    rank: Annotated[
        int | None,
        Field(ge=1, le=_MOST, description="1 la migliore; a pari cifra pari posto."),
    ]


class ChamberLeftOut(Contract):
    """Una camera su cui la cifra non si regge, e perché."""

    chamber: ChamberCode
    reason: Reason
    subject: Subject | None


class MeasurePart(Contract):
    """Quanto una camera porta a una misura."""

    chamber: ChamberCode
    value: Annotated[str, Field(max_length=200)]
    weight: DecimalText | None


class ConsolidatedMeasure(EntityFigure):
    """Una misura di tutte le camere, e come è fatta."""

    measure: Reference
    year: YearNumber
    joining: Annotated[
        Joining,
        Field(
            description="`sum` somma, `sum_at_date` somma alla stessa data, `weighted_mean` media "
            "pesata, `none` non si consolida."
        ),
    ]
    weight: Annotated[Reference | None, Field(description="La misura che fa da peso.")]
    on: Annotated[
        str | None,
        Field(
            max_length=10,
            pattern=r"^\d{4}-\d{2}-\d{2}$",
            description="La data a cui si sommano le consistenze.",
        ),
    ]
    parts: Annotated[tuple[MeasurePart, ...], Field(max_length=_MOST)]


class EntryFacts(Contract):
    """La voce del catalogo, nella versione dell'anno."""

    entry: Reference
    version: Annotated[int, Field(ge=1, le=2_147_483_647)]
    title: Text
    unit: Text | None
    direction: Direction | None
    discouraged: Annotated[bool, Field(description="Fonte autodichiarata: da segnalare.")]


class ConsolidatedIndicator(EntityFigure):
    """Un indicatore condiviso, consolidato e spiegato."""

    facts: EntryFacts
    formula: Annotated[Text, Field(description="Sulle misure elementari, con nome intero.")]
    measures: Annotated[tuple[ConsolidatedMeasure, ...], Field(max_length=500)]
    chambers: Annotated[tuple[ChamberValue, ...], Field(max_length=_MOST)]
    left_out: Annotated[tuple[ChamberLeftOut, ...], Field(max_length=_MOST)]


class UnknownEntry(Contract):
    """Una voce nominata da piani, che il catalogo di quell'anno non ha o non sa calcolare."""

    entry: Reference
    chambers: Annotated[tuple[ChamberCode, ...], Field(max_length=_MOST)]


class ConsolidatedYear(Contract):
    """Gli indicatori condivisi di un anno, consolidati sulle camere indicate."""

    entity: ChamberCode
    year: YearNumber
    chambers: Annotated[tuple[ChamberCode, ...], Field(max_length=_MOST)]
    indicators: Annotated[tuple[ConsolidatedIndicator, ...], Field(max_length=20_000)]
    unknown: Annotated[tuple[UnknownEntry, ...], Field(max_length=20_000)]


class BenchmarkIndicator(EntityFigure):
    """Un indicatore condiviso: l'ente e ciascuna camera."""

    facts: EntryFacts
    median: Annotated[EntityFigure, Field(description="La mediana delle camere.")]
    chambers: Annotated[tuple[ChamberStanding, ...], Field(max_length=_MOST)]
    left_out: Annotated[tuple[ChamberLeftOut, ...], Field(max_length=_MOST)]


class BenchmarkYear(Contract):
    """Le camere a confronto fra loro e con l'ente."""

    entity: ChamberCode
    year: YearNumber
    chambers: Annotated[tuple[ChamberCode, ...], Field(max_length=_MOST)]
    indicators: Annotated[tuple[BenchmarkIndicator, ...], Field(max_length=20_000)]


class TrendPoint(EntityFigure):
    """Un anno di un indicatore, consolidato e camera per camera."""

    year: YearNumber
    chambers: Annotated[tuple[ChamberValue, ...], Field(max_length=_MOST)]
    left_out: Annotated[tuple[ChamberLeftOut, ...], Field(max_length=_MOST)]


class TrendIndicator(Contract):
    """Un indicatore condiviso negli anni."""

    facts: Annotated[EntryFacts, Field(description="Nella versione dell'ultimo anno.")]
    points: Annotated[tuple[TrendPoint, ...], Field(max_length=50)]


class Trend(Contract):
    """Gli indicatori condivisi negli anni."""

    entity: ChamberCode
    chambers: Annotated[tuple[ChamberCode, ...], Field(max_length=_MOST)]
    indicators: Annotated[tuple[TrendIndicator, ...], Field(max_length=20_000)]


class ChamberYear(Contract):
    """Il risultato complessivo di una camera in un anno; `null` se non ha un piano."""

    year: YearNumber
    overall: Figure | None


class ChamberColumn(Contract):
    """Una camera, anno per anno."""

    chamber: ChamberCode
    title: Text
    years: Annotated[tuple[ChamberYear, ...], Field(max_length=50)]


class SideBySide(Contract):
    """Le camere dell'ente una accanto all'altra: risultato, semaforo e giudizio di ogni anno."""

    entity: ChamberCode
    chambers: Annotated[tuple[ChamberColumn, ...], Field(max_length=_MOST)]


class ChamberSheet(Contract):
    """Il piano di una camera con i suoi risultati, come li calcolano le sue regole."""

    chamber: ChamberCode
    title: Text
    results: ResultsDocument


class EntityPlan(Contract):
    """Il piano dell'ente, le schede delle sue camere e gli indicatori consolidati."""

    entity: ChamberCode
    year: YearNumber
    own: Annotated[
        ResultsDocument | None,
        Field(description="Il piano dell'ente stesso, se c'è e chi legge vi ha un ruolo."),
    ]
    sheets: Annotated[tuple[ChamberSheet, ...], Field(max_length=_MOST)]
    without_plan: Annotated[tuple[ChamberCode, ...], Field(max_length=_MOST)]
    indicators: Annotated[tuple[ConsolidatedIndicator, ...], Field(max_length=20_000)]


def unknown_entries(found: Mapping[str, tuple[str, ...]]) -> tuple[UnknownEntry, ...]:
    """Names without a figure, each with the chambers whose plans have it."""
    return tuple(UnknownEntry(entry=name, chambers=codes) for name, codes in found.items())


def entry_facts(entry: IndicatorEntry, version: int) -> EntryFacts:
    """What every view says of an entry."""
    source = entry.source_class
    return EntryFacts(
        entry=str(entry.ref),
        version=version,
        title=entry.title,
        unit=entry.unit,
        direction=entry.direction,
        discouraged=source is not None and source.discouraged,
    )


def figure_of(value: Value | NoValue, decimals: int | None) -> Mapping[str, str | None]:
    """The fields of an :class:`EntityFigure`."""
    if isinstance(value, NoValue):
        subject = value.subject
        return {"value": None, "shown": None, "reason": value.reason, "subject": subject}
    text = value_text(value)
    shown = text
    if isinstance(value, Fraction):
        shown = shown_text(value, _DECIMALS if decimals is None else decimals)
    return {"value": text, "shown": shown}


def consolidated_indicator(
    facts: EntryFacts, decimals: int | None, entry: SharedEntry, found: Consolidated, year: int
) -> ConsolidatedIndicator:
    """A consolidated figure and all it was made of."""
    return ConsolidatedIndicator(
        facts=facts,
        formula=str(entry.formula),
        measures=tuple(_measure(measure, year) for measure in found.measures),
        chambers=chamber_values(found, decimals),
        left_out=tuple(_left_out(row) for row in found.left_out),
        **figure_of(found.value, decimals),
    )


def chamber_values(found: Consolidated, decimals: int | None) -> tuple[ChamberValue, ...]:
    """The figures of the chambers that take part."""
    return tuple(
        ChamberValue(chamber=row.chamber, **figure_of(row.value, decimals))
        for row in found.chambers
    )


def benchmark_indicator(
    facts: EntryFacts, decimals: int | None, found: Consolidated, standings: Benchmark
) -> BenchmarkIndicator:
    """All chambers against each other and the entity."""
    median: Value | NoValue = NoValue("no_chamber")
    if standings.median is not None:
        median = standings.median
    return BenchmarkIndicator(
        facts=facts,
        median=EntityFigure(**figure_of(median, decimals)),
        chambers=tuple(_standing(row, decimals) for row in standings.standings),
        left_out=tuple(_left_out(row) for row in found.left_out),
        **figure_of(found.value, decimals),
    )


def trend_point(found: Consolidated, decimals: int | None, year: int) -> TrendPoint:
    """One year of a trend."""
    return TrendPoint(
        year=year,
        chambers=chamber_values(found, decimals),
        left_out=tuple(_left_out(row) for row in found.left_out),
        **figure_of(found.value, decimals),
    )


def _standing(row: Standing, decimals: int | None) -> ChamberStanding:
    difference = None if row.difference is None else number_text(row.difference)
    return ChamberStanding(
        chamber=row.chamber,
        difference=difference,
        rank=row.rank,
        **figure_of(row.value, decimals),
    )


def _left_out(row: LeftOut) -> ChamberLeftOut:
    return ChamberLeftOut(chamber=row.chamber, reason=row.reason, subject=row.subject)


def _measure(found: JoinedMeasure, year: int) -> ConsolidatedMeasure:
    own_year = year + found.ref.offset
    return ConsolidatedMeasure(
        measure=found.ref.code,
        year=own_year,
        joining=found.rule.joining,
        weight=found.rule.weight,
        on=None if found.month is None else _end_of(own_year, found.month),
        parts=tuple(
            MeasurePart(
                chamber=part.chamber,
                value=value_text(part.value),
                weight=None if part.weight is None else number_text(part.weight),
            )
            for part in found.parts
        ),
        **figure_of(found.value, None),
    )


_END_OF_YEAR = 12


def _end_of(year: int, month: int) -> str:
    code = YEAR if month == _END_OF_YEAR else f"M{month:02}"
    return span(year, code).last.isoformat()
