"""``ciclo results``: the figures of a chamber's year, exact or as they are shown."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, figure_text, light_text, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path, plan_path
from services.api.cli.plan_tables import state_name
from shared.runtime.language import in_terminal_language

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def results(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    period: Annotated[
        str | None,
        typer.Option("--period", metavar="PERIODO", help="Alla fine di un periodo: Q1, S1, M09."),
    ] = None,
    units: Annotated[
        bool, typer.Option("--units", help="Gli uffici, ciascuno con i suoi.")
    ] = False,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra i risultati: la camera, gli obiettivi e gli indicatori.

    Con --json i numeri sono esatti, non arrotondati.
    """
    plan = plan_path(chamber, year)
    path = f"{plan}/unit-results" if units else f"{plan}/results"
    if period is not None:
        if units:
            raise typer.BadParameter("--period, --units: uno solo dei due / only one of the two")
        path = f"{plan}/period-results/{quote(period.strip().upper(), safe='')}"
    with connected(data) as connection:
        document = connection.api.read_list(path) if units else connection.api.read(path)
    if as_json:
        write_json(document if units or period else exact_figures(document))
        return
    out = console()
    if units:
        out.print(units_table(document))
    else:
        out.print(objectives_table(document))
        out.print(indicators_table(document))
        out.print(overall_line(document))
    out.print(computed_line(document))


def trend(
    chamber: Chamber,
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CODICE]...", help="Codici; se mancano, il risultato della camera."
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra l'andamento negli anni di indicatori, obiettivi o della camera."""
    path = f"{chamber_path(chamber)}/trends"
    with connected(data) as connection:
        document = connection.api.read(path, **({"code": codes} if codes else {}))
    if as_json:
        write_json(document)
        return
    console().print(trends_table(document))


def exact_figures(document: Mapping[str, Any]) -> dict[str, Any]:
    """Recognised figures, unrounded, of every row in its own scope, in the plan's order."""
    overall = document["overall"]
    return {
        "revision": document["revision"],
        "plan_version": document["plan_version"],
        "plan_state": document["plan_state"],
        "overall": overall["recognised"],
        "shown": overall["shown"],
        "judgement": overall["judgement"],
        "objectives": {row["code"]: row["figure"]["recognised"] for row in document["objectives"]},
        "indicators": {row["code"]: row["figure"]["recognised"] for row in document["indicators"]},
    }


def objectives_table(document: Mapping[str, Any], *, indent: bool = True) -> Table:
    """Every objective with its weight, its result, light and judgement."""
    words = in_terminal_language(
        "Codice|Obiettivo|Peso|Risultato|Esito", "Code|Objective|Weight|Result|Outcome"
    )
    table = _table(in_terminal_language("Obiettivi", "Objectives"), words.split("|"), right=(2, 3))
    depths = _depths(document["objectives"])
    for row in document["objectives"]:
        margin = "  " * depths[row["code"]] if indent else ""
        table.add_row(
            margin + escape(row["code"]),
            escape(row["title"]),
            figure_text(row["weight"]),
            *_outcome_cells(row["figure"]),
        )
    return table


def indicators_table(document: Mapping[str, Any]) -> Table:
    """Every indicator with its value, its target and its result."""
    words = in_terminal_language(
        "Codice|Indicatore|Valore|Atteso|Risultato|Esito",
        "Code|Indicator|Value|Target|Result|Outcome",
    )
    to_date = "period" in document
    if to_date:
        words += in_terminal_language("|Atteso finora|Rispetto a finora", "|Due by then|Against it")
    table = _table(
        in_terminal_language("Indicatori", "Indicators"), words.split("|"), right=(2, 3, 4, 6, 7)
    )
    for row in document["indicators"]:
        figure = row["figure"]
        table.add_row(
            escape(row["code"]),
            escape(row["title"]),
            value_cell(row["value"]),
            target_cell(row["target"]),
            _shown(figure),
            light_text(figure.get("light")) or _reason(figure),
            *(_pro_rata_cells(row["pro_rata"]) if to_date else ()),
        )
    return table


def _pro_rata_cells(found: Mapping[str, Any] | None) -> tuple[str, str]:
    if found is None:
        return "", ""
    return target_cell(found["target"]), figure_text(found["shown"])


def units_table(document: Mapping[str, Any]) -> Table:
    """Every office with the objectives it answers for and their mean."""
    words = in_terminal_language(
        "Ufficio|Obiettivi|Indicatori|Risultato|Esito",
        "Office|Objectives|Indicators|Result|Outcome",
    )
    table = _table(in_terminal_language("Uffici", "Offices"), words.split("|"), right=(2, 3))
    for row in document["items"]:
        table.add_row(
            escape(row["unit"]),
            escape(", ".join(objective["code"] for objective in row["objectives"])),
            f"{row['with_result']}/{row['indicators']}",
            *_outcome_cells(row["figure"]),
        )
    return table


def trends_table(document: Mapping[str, Any]) -> Table:
    """Every figure, year by year."""
    words = in_terminal_language(
        "Codice|Titolo|Anno|Valore|Atteso|Risultato|Esito|Versione",
        "Code|Title|Year|Value|Target|Result|Outcome|Version",
    )
    title = in_terminal_language("Andamento", "Trend")
    table = _table(title, words.split("|"), right=(2, 3, 4, 5, 7))
    for item in document["items"]:
        for point in item["points"]:
            table.add_row(
                escape(item["code"]),
                escape(point["title"] or ""),
                str(point["year"]),
                value_cell(point["value"]),
                target_cell(point["target"]),
                *_outcome_cells(point["figure"]),
                f"{point['plan_version']} ({state_name(point['plan_state'])})",
            )
    return table


def _outcome_cells(figure: Mapping[str, Any]) -> tuple[str, str]:
    """A figure as it is shown, then its light and judgement or why there is none."""
    marks = f"{light_text(figure.get('light'))} {escape(figure.get('judgement') or '')}".strip()
    return _shown(figure), marks or _reason(figure)


def computed_line(document: Mapping[str, Any]) -> str:
    """Which state of the plan the figures are of, and of which day when it is not the year's."""
    version, revision = document["plan_version"], document["revision"]
    state = state_name(document["plan_state"])
    line = in_terminal_language(
        f"Calcolati sulla versione {version} del piano ({state}), revisione {revision}",
        f"Computed on version {version} of the plan ({state}), revision {revision}",
    )
    if "last_day" in document:
        line += in_terminal_language(
            f", con i dati fino al {document['last_day']}",
            f", with data up to {document['last_day']}",
        )
    return f"[dim]{line}.[/]"


def overall_line(document: Mapping[str, Any]) -> str:
    """The chamber's result with its judgement, in one line."""
    overall = document["overall"]
    label = in_terminal_language("Risultato della camera", "Result of the chamber")
    judgement = escape(overall.get("judgement") or _reason(overall))
    return f"[bold]{label}: {figure_text(overall['shown'])} {judgement}[/]".rstrip()


_PLACES = Decimal("0.0001")


def value_cell(value: str | None) -> str:
    """A value for a table, with four decimals at most; ``--json`` has all of them."""
    if value is None:
        return "-"
    if value in {"true", "false"}:
        return in_terminal_language("SI" if value == "true" else "NO", value)
    if not _NUMBER.fullmatch(value):
        return escape(value)
    number = Decimal(value)
    rounded = number.quantize(_PLACES, ROUND_HALF_UP)
    return figure_text(value if number == rounded else format(rounded.normalize(), "f"))


def target_cell(target: Mapping[str, Any] | None) -> str:
    """A target as it is written in plans."""
    if target is None:
        return "-"
    if target["op"] == "between":
        return f"{value_cell(target['value'])}-{value_cell(target['value2'])}"
    return f"{target['op']} {value_cell(target['value'])}"


def _depths(rows: list[dict[str, Any]]) -> dict[str, int]:
    parents = {row["code"]: row["parent"] for row in rows}

    def depth(code: str) -> int:
        parent = parents.get(code)
        return 0 if parent is None else 1 + depth(parent)

    return {code: depth(code) for code in parents}


def _table(title: str, heads: list[str], *, right: tuple[int, ...]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for position, head in enumerate(heads):
        justify: Any = "right" if position in right else "left"
        table.add_column(head, justify=justify, no_wrap=position != 1)
    return table


def _shown(figure: Mapping[str, Any]) -> str:
    mark = "*" if figure.get("assessed") else ""
    return figure_text(figure["shown"]) + mark


_REASONS = {
    "monitoring": ("solo monitoraggio", "monitoring only"),
    "suspended": ("sospeso", "suspended"),
    "struck": ("barrato", "struck"),
    "missing": ("non disponibile", "not available"),
    "neutralised": ("sterilizzato", "neutralised"),
    "nothing_counts": ("nessun risultato", "no result"),
    "no_weight": ("senza peso", "no weight"),
}


def reason_text(reason: str | None) -> str:
    """Why something has no result or does not count, in words."""
    return in_terminal_language(*_REASONS.get(reason, (reason, reason))) if reason else ""


def _reason(figure: Mapping[str, Any]) -> str:
    return f"[dim]{escape(reason_text(figure.get('reason')))}[/]"
