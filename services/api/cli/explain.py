"""``ciclo explain``: why a figure is what it is."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, figure_text, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import result_path
from services.api.cli.results import reason_text, target_cell, value_cell
from shared.runtime.language import in_terminal_language


def explain(
    chamber: Chamber,
    year: Year,
    code: Annotated[
        str, typer.Argument(metavar="CODICE", help="Obiettivo o indicatore; overall: la camera.")
    ],
    scope: Annotated[
        str | None,
        typer.Option(help="Ambito: chamber, o il codice di una scheda individuale."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Spiega un risultato: valore, misure, atteso, regola, pesi ed esclusioni."""
    parameters = {} if scope is None else {"scope": scope}
    with connected(data) as connection:
        document = connection.api.read(result_path(chamber, year, code), **parameters)
    if as_json:
        write_json(document)
    else:
        show_explanation(console(), document)


def show_explanation(out: Console, found: Mapping[str, Any]) -> None:
    """Print an explanation: the sentence, then the data behind it."""
    title = f"{found['code']} {found.get('title') or ''}".strip()
    out.print(f"[bold]{escape(title)}[/]", soft_wrap=True)
    out.print(escape(found["text"]), soft_wrap=True)
    for label, value in _facts(found):
        out.print(f"  {label}: {value}", soft_wrap=True)
    if found.get("measures"):
        out.print(_measures(found["measures"]))
    if found.get("contributions"):
        out.print(_contributions(found["contributions"]))


def _facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = (
        ("Ambito", "Scope", escape(found["scope"])),
        ("Regola", "Rule", escape(found["rule"])),
        ("Formula", "Formula", escape(found.get("formula") or "")),
        ("Valore", "Value", escape(figure_text(found["value"]) if found.get("value") else "")),
        ("Atteso", "Target", target_cell(found["target"]) if found.get("target") else ""),
        ("Misurato", "Measured", figure_text(found.get("measured"))),
        ("Riconosciuto", "Recognised", figure_text(found.get("recognised"))),
        ("Motivo", "Reason", escape(reason_text(found.get("reason")))),
    )
    return [(in_terminal_language(it, en), value) for it, en, value in rows if value]


def _measures(rows: list[dict[str, Any]]) -> Table:
    words = in_terminal_language(
        "Misura|Titolo|Periodo|Valore|Versione|Validata da",
        "Measure|Title|Period|Value|Version|Validated by",
    )
    table = Table(*words.split("|"), header_style="bold")
    for row in rows:
        period = f"{row['year']} {row.get('period') or ''}".strip()
        cells = (row["code"], row.get("title") or "", period, value_cell(row.get("value")))
        version, role = row.get("version"), row.get("validated_by")
        table.add_row(*(escape(cell) for cell in cells), str(version or "-"), escape(role or "-"))
    return table


def _contributions(rows: list[dict[str, Any]]) -> Table:
    words = in_terminal_language(
        "Codice|Elemento|Peso|Risultato|Quota|Escluso", "Code|Row|Weight|Result|Share|Excluded"
    )
    table = Table(header_style="bold")
    for position, head in enumerate(words.split("|")):
        table.add_column(head, justify="right" if position in {2, 3, 4} else "left")
    for row in rows:
        excluded = reason_text(row.get("excluded"))
        if row.get("exclusion_reason"):
            excluded += f": {row['exclusion_reason']}"
        table.add_row(
            escape(row["code"]),
            escape(row.get("title") or ""),
            figure_text(row.get("weight")),
            value_cell(row.get("result")),
            value_cell(row.get("share")),
            escape(excluded),
        )
    return table
