"""``ciclo plan new`` and ``ciclo plan set``: a plan begun, and one element of it changed."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path, element_path
from shared.runtime.language import in_terminal_language

app = typer.Typer()


@app.command("new")
def new_plan(
    chamber: Chamber,
    year: Year,
    copy_from: Annotated[
        int | None,
        typer.Option(min=1990, max=2100, help="Anno da cui copiare la struttura del piano."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Inizia la bozza del piano di un anno, vuota o con la struttura di un altro."""
    body: dict[str, Any] = {"year": year}
    if copy_from is not None:
        body["copy_from"] = copy_from
    with connected(data) as connection:
        made = connection.api.create(f"{chamber_path(chamber)}/plans", body)
    if as_json:
        write_json(made)
        return
    counts = made["counts"]
    out = console()
    out.print(
        in_terminal_language(
            f"Iniziato il piano {year}: {counts['objectives']} obiettivi, "
            f"{counts['measures']} misure, {counts['indicators']} indicatori.",
            f"Plan {year} begun: {counts['objectives']} objectives, "
            f"{counts['measures']} measures, {counts['indicators']} indicators.",
        )
    )
    _tell_warnings(made["warnings"])


@app.command("set")
def set_element(
    chamber: Chamber,
    year: Year,
    element: Annotated[
        str,
        typer.Argument(
            metavar="ELEMENTO",
            help="objectives/CODICE, measures/CODICE, indicators/CODICE o tables/CODICE.",
        ),
    ],
    change: Annotated[
        str, typer.Argument(metavar="JSON", help='Ciò che cambia: {"weight": "40"}.')
    ],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Cambia un elemento del piano in bozza o in variazione; `null` toglie un campo."""
    patch = _object(change)
    path = element_path(chamber, year, element)
    with connected(data) as connection:
        etag = connection.api.get(path).headers["ETag"]
        saved = connection.api.patch(path, patch, etag=etag)
    if as_json:
        write_json(saved)
        return
    console().print(
        escape(in_terminal_language(f"Cambiato: {element}.", f"Changed: {element}.")),
        soft_wrap=True,
    )
    _tell_warnings(saved["warnings"])


def _object(text: str) -> dict[str, Any]:
    """The JSON object that a person has typed.

    Raises:
        CommandFailedError: it is none.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CommandFailedError(
            in_terminal_language(
                'Ciò che cambia si scrive come oggetto JSON: {"weight": "40"}.',
                'What changes is written as a JSON object: {"weight": "40"}.',
            )
        )
    return found


def _tell_warnings(warnings: Sequence[dict[str, str]]) -> None:
    for warning in warnings:
        code, detail = escape(warning["code"]), escape(warning["detail"])
        console().print(f"[yellow]![/] [dim]{code}[/]: {detail}", soft_wrap=True)
