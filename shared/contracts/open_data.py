"""The tables of a document as open data: what is attached to the PDF, and what is published.

Each table says what its columns mean, in Italian, for the CSVW description that goes with the
files (*CSV on the Web*, W3C 2015). Figures are exact decimals with a dot; an empty field is a
value that is not there. In the document of an entity every row names its chamber first.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.contracts.snapshot import ReportSnapshot
from shared.contracts.snapshot_views import YearContent

Datatype = Literal["string", "decimal", "integer", "boolean", "gYear"]
"""Names of CSVW, which are XML Schema's."""

Rows = Callable[[YearContent], Iterator[list[object]]]

BOM = b"\xef\xbb\xbf"
"""Before every CSV, so that office programs read the accents."""


@dataclass(frozen=True)
class Column:
    """A column: its name in the file, what it holds, what it means."""

    name: str
    meaning: str
    datatype: Datatype = "string"


@dataclass(frozen=True)
class Table:
    """A table: the name of its file, what it is called, its columns, its rows of a year."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Rows
    of_entity: bool = False
    """Whether it is about all chambers of an entity together."""


_CHAMBER = Column("chamber", "Codice della camera")
_TITLE = Column("title", "Titolo")
_WEIGHT = Column("weight", "Peso", "decimal")
_UNIT = Column("unit", "Unità di misura")
_SCOPE = Column("scope", "Ambito: chamber per la camera, o il codice della scheda individuale")
_VALUE = Column("value", "Valore ottenuto, esatto: decimale, data ISO 8601, true o false")
_REASON = Column("reason", "Perché non c'è risultato")
_RESULT = (
    Column("measured", "Risultato misurato, da 0 a 100, esatto", "decimal"),
    Column("recognised", "Risultato riconosciuto dopo la tolleranza, esatto", "decimal"),
)
_FIGURE = (
    *_RESULT,
    Column("shown", "Risultato riconosciuto, arrotondato come nel documento", "decimal"),
    Column("light", "Semaforo: green, yellow, red"),
    Column("assessed", "Se il risultato è attribuito dalla valutazione", "boolean"),
    _REASON,
)
_OBJECTIVE = (
    Column("code", "Codice dell'obiettivo"),
    Column("kind", "Livello dell'obiettivo"),
    Column("parent", "Codice dell'obiettivo che lo contiene"),
    _SCOPE,
    _TITLE,
    _WEIGHT,
)
_INDICATOR = (
    Column("code", "Codice dell'indicatore"),
    Column("objective", "Codice dell'obiettivo"),
    _TITLE,
    Column("typology", "Tipologia"),
    Column("formula", "Formula sulle misure, con i loro codici fra parentesi quadre"),
    _UNIT,
    Column("value_type", "Tipo del valore: number, percent, currency, days, date, boolean, ..."),
    _WEIGHT,
)
_TARGET = (
    Column("target_op", "Confronto con il valore atteso: >=, >, <=, <, =, between"),
    Column("target", "Valore atteso"),
    Column("target2", "Secondo estremo, con between"),
)
_OBTAINED = (
    _VALUE,
    Column("value_text", "Valore come scritto da chi lo ha comunicato"),
    Column("status", "Stato: measured, missing, suspended, struck, monitoring, assessed"),
    Column("met", "Se il valore atteso è raggiunto", "boolean"),
)
_AMOUNTS = (
    Column("type", "Tipo di risorsa"),
    Column("year", "Anno", "gYear"),
    Column("initial", "Previsione iniziale", "decimal"),
    Column("changes", "Variazioni", "decimal"),
    Column("budgeted", "Previsione assestata", "decimal"),
    Column("committed", "Impegnato", "decimal"),
    Column("approved", "Liquidato", "decimal"),
    Column("actual", "Consuntivo", "decimal"),
    Column("available", "Disponibile", "decimal"),
    Column("currency", "Valuta (ISO 4217)"),
)
_EXPLAINED = (
    Column("subject", "Di che cosa: indicator, objective, overall"),
    Column("code", "Codice dell'indicatore o dell'obiettivo"),
    _SCOPE,
)
_USED = (
    Column("code", "Codice della misura"),
    _TITLE,
    Column("year", "Anno", "gYear"),
    Column("period", "Periodo dell'anno; vuoto per l'anno intero"),
    _VALUE,
    Column("version", "Versione del dato", "integer"),
    Column("validated_by", "Ruolo di chi ha validato il dato"),
)
_PARTS = (
    Column("code", "Codice di ciò che entra nella media"),
    _TITLE,
    _WEIGHT,
    Column("result", "Risultato che entra nella media, esatto", "decimal"),
    Column("share", "Quota del peso dopo la ripartizione, da 0 a 1, esatta", "decimal"),
    Column("excluded", "Perché non entra nella media"),
)
_TREND = (
    Column("entry", "Codice della voce condivisa"),
    _TITLE,
    _UNIT,
    Column("year", "Anno", "gYear"),
    Column("chamber", "Codice della camera; vuoto per il dato consolidato"),
    _VALUE,
    Column("shown", "Valore arrotondato come nel documento"),
    _REASON,
    Column("subject", "Codice di ciò che manca"),
)


def _fields(row: object, columns: Iterable[Column]) -> list[object]:
    """What a row has under the names of these columns."""
    return [getattr(row, column.name) for column in columns]


def _objectives(year: YearContent) -> Iterator[list[object]]:
    for item in year.objectives:
        yield [*_fields(item, _OBJECTIVE), *_fields(item.figure, _FIGURE)]


def _indicators(year: YearContent) -> Iterator[list[object]]:
    for item in year.indicators:
        bounds = item.target and (item.target.op, item.target.value, item.target.value2)
        yield [
            *_fields(item, _INDICATOR),
            *(bounds or (None, None, None)),
            *_fields(item, _OBTAINED),
            *_fields(item.figure, _FIGURE),
        ]


def _resources(year: YearContent) -> Iterator[list[object]]:
    for item in year.objectives:
        for resource in item.resources:
            yield [item.code, *_fields(resource, _AMOUNTS)]


def _measures(year: YearContent) -> Iterator[list[object]]:
    for item in year.explanations:
        for used in item.measures:
            yield [*_fields(item, _EXPLAINED[1:]), *_fields(used, _USED)]


def _explanations(year: YearContent) -> Iterator[list[object]]:
    for item in year.explanations:
        yield [
            *_fields(item, _EXPLAINED),
            *(item.title, item.rule, item.text, item.value, item.met),
            *_fields(item, _RESULT),
            item.reason,
        ]


def _contributions(year: YearContent) -> Iterator[list[object]]:
    for item in year.explanations:
        for part in item.contributions:
            yield [*_fields(item, _EXPLAINED[1:]), *_fields(part, _PARTS)]


def _consolidated(snapshot: YearContent) -> Iterator[list[object]]:
    """Every indicator in every year: the consolidated figure (no chamber), then each chamber's."""
    if not isinstance(snapshot, ReportSnapshot) or snapshot.entity is None:
        return
    figure = (_VALUE, *_TREND[-3:])
    for item in snapshot.entity.trend:
        about = [item.facts.entry, item.facts.title, item.facts.unit]
        for point in item.points:
            yield [*about, point.year, None, *_fields(point, figure)]
            for one in point.chambers:
                yield [*about, point.year, one.chamber, *_fields(one, figure)]
            for out in point.left_out:
                yield [*about, point.year, out.chamber, None, None, out.reason, out.subject]


OBJECTIVES = Table("obiettivi", "Obiettivi e risultati", (*_OBJECTIVE, *_FIGURE), _objectives)
INDICATORS = Table(
    "indicatori",
    "Indicatori: valori attesi, ottenuti e risultati",
    (*_INDICATOR, *_TARGET, *_OBTAINED, *_FIGURE),
    _indicators,
)
MEASURES = Table(
    "misure",
    "Misure elementari da cui vengono gli indicatori",
    (Column("result_code", "Codice dell'indicatore o dell'obiettivo"), _SCOPE, *_USED),
    _measures,
)
RESOURCES = Table(
    "risorse",
    "Risorse previste e spese per obiettivo",
    (Column("objective", "Codice dell'obiettivo"), *_AMOUNTS),
    _resources,
)
EXPLANATIONS = Table(
    "spiegazioni",
    "Come si ottiene ogni risultato",
    (
        *_EXPLAINED,
        _TITLE,
        Column("rule", "Regola applicata"),
        Column("text", "Il calcolo in una frase"),
        _VALUE,
        Column("met", "Se il valore atteso è raggiunto", "boolean"),
        *_RESULT,
        _REASON,
    ),
    _explanations,
)
CONTRIBUTIONS = Table(
    "medie",
    "Che cosa entra in ogni media pesata, e con quale peso",
    (Column("result_code", "Codice dell'obiettivo"), _SCOPE, *_PARTS),
    _contributions,
)
CONSOLIDATED = Table(
    "consolidati",
    "Indicatori consolidati dell'ente e cifre di ogni camera, anno per anno",
    _TREND,
    _consolidated,
    of_entity=True,
)
TABLES = (
    OBJECTIVES,
    INDICATORS,
    MEASURES,
    RESOURCES,
    EXPLANATIONS,
    CONTRIBUTIONS,
    CONSOLIDATED,
)


def years_told(snapshot: ReportSnapshot) -> tuple[YearContent, ...]:
    """Whose years a document tells: its own, and of an entity's, of every chamber in it."""
    chapters = () if snapshot.entity is None else snapshot.entity.chapters
    return (snapshot, *chapters)


def tables_of(snapshot: ReportSnapshot) -> tuple[Table, ...]:
    """The tables that a document has."""
    return tuple(table for table in TABLES if snapshot.entity is not None or not table.of_entity)


def columns_of(table: Table, snapshot: ReportSnapshot) -> tuple[Column, ...]:
    """The columns of a table in this document."""
    if table.of_entity or snapshot.entity is None:
        return table.columns
    return (_CHAMBER, *table.columns)


def rows_of(table: Table, snapshot: ReportSnapshot) -> Iterator[Sequence[object]]:
    """The rows of a table in this document."""
    if table.of_entity or snapshot.entity is None:
        yield from table.rows(snapshot)
        return
    for year in years_told(snapshot):
        for row in table.rows(year):
            yield [year.chamber.code, *row]


def to_csv(table: Table, snapshot: ReportSnapshot) -> bytes:
    """A table as CSV (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns_of(table, snapshot)])
    writer.writerows([_written(value) for value in row] for row in rows_of(table, snapshot))
    return BOM + out.getvalue().encode()


def _written(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def to_json(snapshot: ReportSnapshot) -> bytes:
    """Every table of a document, each a list of rows by names of columns."""
    document = {
        table.name: [
            dict(zip((column.name for column in columns_of(table, snapshot)), row, strict=True))
            for row in rows_of(table, snapshot)
        ]
        for table in tables_of(snapshot)
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def to_csvw(snapshot: ReportSnapshot, licence: str) -> bytes:
    """What the CSV files are, column by column (a table group of *CSV on the Web*)."""
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": snapshot.language}],
        "dc:license": {"@id": licence},
        "dialect": {"encoding": "utf-8", "header": True},
        "tables": [
            {
                "url": f"{table.name}.csv",
                "dc:title": table.title,
                "tableSchema": {
                    "columns": [
                        {
                            "name": column.name,
                            "titles": column.name,
                            "dc:description": column.meaning,
                            "datatype": column.datatype,
                        }
                        for column in columns_of(table, snapshot)
                    ]
                },
            }
            for table in tables_of(snapshot)
        ],
    }
    return json.dumps(group, ensure_ascii=False, indent=1).encode()
