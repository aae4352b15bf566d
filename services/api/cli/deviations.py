"""``ciclo deviations`` and ``ciclo deviation explain``: what fell short, and why."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, figure_text, write_json
from services.api.cli.failures import RefusedError
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from services.api.cli.plan import CauseName
from shared.runtime.language import in_terminal_language

deviation = typer.Typer(help="Scostamenti: registrarne la causa.", no_args_is_help=True)


class Which(StrEnum):
    """Which deviations to list."""

    OWED = "owed"
    EXPLAINED = "explained"


_CAUSES = {
    "exogenous": ("esogena", "exogenous"),
    "endogenous": ("endogena", "endogenous"),
    "indicator_error": ("errore dell'indicatore", "indicator error"),
}


def deviations(
    chamber: Chamber,
    year: Year,
    state: Annotated[
        Which | None, typer.Option(help="Solo quelli da spiegare (owed) o spiegati.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra i risultati sotto la soglia, la causa registrata, e chi la deve ancora."""
    asked = {} if state is None else {"state": state.value}
    with connected(data) as connection:
        document = connection.api.read(f"{plan_path(chamber, year)}/deviations", **asked)
    if as_json:
        write_json(document)
        return
    out = console()
    if document["items"]:
        out.print(_table(document))
    missing, units = document["missing"], document["units"]
    owed = ", ".join(f"{escape(unit['unit'])} ({unit['missing']})" for unit in units)
    out.print(
        in_terminal_language(f"Da spiegare: {missing}.", f"Still to be explained: {missing}.")
        + (f" {owed}" if owed else "")
    )


def _table(document: Mapping[str, Any]) -> Table:
    words = in_terminal_language(
        "Codice|Titolo|Risultato|Causa|Ne risponde", "Code|Title|Result|Cause|Answers for it"
    )
    table = Table(header_style="bold")
    for position, head in enumerate(words.split("|")):
        table.add_column(head, justify="right" if position == 2 else "left")  # noqa: PLR2004 - the figure
    for row in document["items"]:
        said = row["explanation"]
        owed = f"[bold red]{in_terminal_language('da spiegare', 'to be explained')}[/]"
        table.add_row(
            escape(row["subject_code"]),
            escape(row["title"]),
            figure_text(_two_decimals(row["result"])),
            owed if said is None else in_terminal_language(*_CAUSES[said["cause"]]),
            escape(", ".join(row["owed_by"])) or "-",
        )
    return table


def _two_decimals(figure: str | None) -> str | None:
    return figure if figure is None or "." not in figure else f"{float(figure):.2f}"


@deviation.command("explain")
def explain(
    chamber: Chamber,
    year: Year,
    subject: Annotated[
        str, typer.Argument(metavar="OGGETTO", help="objective:CODICE o indicator:CODICE.")
    ],
    cause: Annotated[CauseName, typer.Option(help="La causa.")],
    text: Annotated[str, typer.Option(help="La spiegazione.")],
    action: Annotated[str | None, typer.Option(help="L'azione correttiva presa.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Perché si cambia ciò che era già scritto.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Registra la causa di uno scostamento; ciò che c'era resta nella storia."""
    path = f"{plan_path(chamber, year)}/deviations/{quote(subject, safe=':')}"
    body = {
        "cause": cause.value,
        "explanation": text,
        "corrective_action": action,
        "reason": reason,
    }
    with connected(data) as connection:
        written = connection.api.put(path, body, etag=_standing(connection.api, path))
    if as_json:
        write_json(written)
        return
    console().print(
        in_terminal_language(
            f"Causa di {escape(subject)} registrata (n. {written['version']}).",
            f"Cause of {escape(subject)} recorded (no. {written['version']}).",
        )
    )


def _standing(api: ApiClient, path: str) -> str | None:
    """ETag of what is written already, if anything is."""
    try:
        return str(api.get(path).headers["ETag"])
    except RefusedError as error:
        if error.code == "statement_not_found":
            return None
        raise
