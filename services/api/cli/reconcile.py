"""``ciclo reconcile``: computed figures against those that the official document printed."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, figure_text, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from shared.runtime.language import in_terminal_language

_REASONS = {
    "not_computed": ("mancano i dati, o non conta", "data missing, or it does not count"),
    "tolerance": ("misurato al posto di riconosciuto", "measured in place of recognised"),
    "propagated": ("segue da un'altra differenza", "follows from another difference"),
    "rounded_input": ("calcolato su numeri arrotondati", "computed on rounded figures"),
    "neutralisation": ("è il risultato di un altro ambito", "it is the figure of another scope"),
    "truncated": ("decimali troncati", "decimals were cut"),
    "published_error": ("errore nel documento", "error in the document"),
}


def reconcile(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Confronta i risultati con quelli pubblicati; le differenze non sono un errore."""
    with connected(data) as connection:
        document = connection.api.read(f"{plan_path(chamber, year)}/reconciliation")
    answer = differences(document)
    if as_json:
        write_json(answer)
        return
    if answer["differences"]:
        console().print(_table(answer["differences"]))
    console().print(summary(answer))


def differences(document: Mapping[str, Any]) -> dict[str, Any]:
    """How many figures were compared, and each one whose shown value differs."""
    names = ("subject", "code", "computed", "shown", "published", "reason")
    return {
        "compared": document["compared"],
        "differences": [{name: row.get(name) for name in names} for row in document["differences"]],
    }


def summary(answer: Mapping[str, Any]) -> str:
    """How the comparison went, in one line."""
    compared, found = answer["compared"], len(answer["differences"])
    return in_terminal_language(
        f"Confrontati con il documento pubblicato: {compared}; differenze: {found}.",
        f"Compared with the published document: {compared}; differences: {found}.",
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    words = in_terminal_language(
        "Codice|Calcolato|Pubblicato|Motivo probabile", "Code|Computed|Published|Likely reason"
    )
    table = Table(header_style="bold")
    for position, head in enumerate(words.split("|")):
        table.add_column(head, justify="right" if position in {1, 2} else "left")
    for row in rows:
        reason = in_terminal_language(*_REASONS.get(row["reason"], (row["reason"],) * 2))
        table.add_row(
            escape(row["code"] or row["subject"]),
            figure_text(row["shown"]),
            figure_text(row["published"]),
            f"{reason} [dim]{row['reason']}[/]",
        )
    return table
