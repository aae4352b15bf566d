"""``ciclo text``: who still owes what of a year's words, giving texts to offices, what lacks."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import RefusedError
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from shared.runtime.language import in_terminal_language

text = typer.Typer(
    help="Testi: chi deve che cosa, affidarli, che cosa manca.", no_args_is_help=True
)

_KINDS = {
    "text": ("testo", "text"),
    "explanation": ("causa dello scostamento", "cause of the deviation"),
    "comment": ("discussione aperta", "open thread"),
}


@text.command("owed")
def owed(
    chamber: Chamber,
    year: Year,
    office: Annotated[str | None, typer.Option(help="Solo ciò che deve quest'unità.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra testi, cause e risposte che mancano ancora, e chi li deve."""
    asked = {} if office is None else {"office": office}
    with connected(data) as connection:
        document = connection.api.read_list(f"{plan_path(chamber, year)}/outstanding", **asked)
    if as_json:
        write_json(document)
        return
    out = console()
    if document["items"]:
        out.print(_table(document))
    for row in document["offices"]:
        total = row["texts"] + row["explanations"] + row["comments"]
        late = in_terminal_language("in ritardo", "overdue")
        out.print(f"{escape(row['office'])}: {total}" + _counted(row["overdue"], late))
    if not document["items"]:
        out.print(in_terminal_language("Nessuno deve più nulla.", "Nobody owes anything."))


def _counted(count: int, words: str) -> str:
    return f" ([bold red]{count} {words}[/])" if count else ""


def _table(document: Mapping[str, Any]) -> Table:
    words = in_terminal_language("Che cosa|Di che|Chi|Entro il", "What|Of what|Who|By")
    table = Table(header_style="bold")
    for head in words.split("|"):
        table.add_column(head)
    for row in document["items"]:
        day = row["due_on"] or "-"
        table.add_row(
            in_terminal_language(*_KINDS[row["kind"]]),
            escape(f"{row['key']} {row['title'] or ''}".strip()),
            escape(", ".join(row["offices"])) or in_terminal_language("nessuno", "nobody"),
            f"[bold red]{day}[/]" if row["overdue"] else day,
        )
    return table


@text.command("assign")
def assign(
    chamber: Chamber,
    year: Year,
    key: Annotated[str, typer.Argument(metavar="TESTO", help="section:2 o objective:A1.")],
    office: Annotated[list[str], typer.Option(help="Un'unità che lo deve; più volte, se più.")],
    due: Annotated[str | None, typer.Option(help="Ultimo giorno utile (2021-04-30).")] = None,
    note: Annotated[str | None, typer.Option(help="Che cosa si chiede di scrivere.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Affida un testo a uno o più uffici: da allora possono scriverlo, e lo devono."""
    path = f"{plan_path(chamber, year)}/text-assignments/{quote(key, safe=':')}"
    body = {"offices": office, "due_on": due, "note": note}
    with connected(data) as connection:
        written = connection.api.put(path, body, etag=_standing(connection.api, path))
    if as_json:
        write_json(written)
        return
    offices = escape(", ".join(office))
    console().print(
        in_terminal_language(
            f"{escape(key)} è affidato a {offices}.", f"{escape(key)} is assigned to {offices}."
        )
    )


def _standing(api: ApiClient, path: str) -> str | None:
    """ETag of the assignment that stands, if there is one."""
    try:
        return str(api.get(path).headers["ETag"])
    except RefusedError as error:
        if error.code == "assignment_not_found":
            return None
        raise


@text.command("check")
def check(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Dice tutto ciò che manca per approvare la Relazione, e chi lo deve."""
    with connected(data) as connection:
        document = connection.api.read(f"{plan_path(chamber, year)}/report-check")
    if as_json:
        write_json(document)
        return
    out = console()
    for row in document["obstacles"]:
        out.print(f"[bold red]●[/] {escape(row['detail'])}")
    for row in document["warnings"]:
        out.print(f"[yellow]○[/] {escape(row['detail'])}")
    if document["ready"]:
        out.print(
            in_terminal_language(
                "Nulla impedisce di approvare la Relazione.",
                "Nothing stands in the way of approving the report.",
            )
        )
