"""``ciclo integration``: the systems that send measurements, and what their codes mean here."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.paths import chamber_path, integration_path
from services.api.cli.playing import INTEGRATION
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="integration",
    help="Sistemi che inviano rilevazioni: elenco, mappatura dei codici, riconciliazione.",
    no_args_is_help=True,
)
mapping = typer.Typer(
    help="Che cosa sono nel piano i codici di un sistema, e in che unità arrivano.",
    no_args_is_help=True,
)
app.add_typer(mapping, name="mapping")

IntegrationName = Annotated[
    str, typer.Option("--integration", "-i", help="Codice dell'integrazione.")
]
_COLUMNS = ("external", "subject_kind", "code", "unit", "conversion")


@app.command("list")
def list_integrations(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Elenca i sistemi che inviano rilevazioni alla camera."""
    with connected(data) as connection:
        document = connection.api.read(f"{chamber_path(chamber)}/integrations")
    if as_json:
        write_json(document)
        return
    words = in_terminal_language("Codice|Titolo|Firma|Attiva", "Code|Title|Signature|Active")
    table = Table(*words.split("|"), header_style="bold")
    for row in document["items"]:
        active = in_terminal_language("sì", "yes") if row["active"] else "no"
        table.add_row(row["code"], escape(row["title"]), row["adapter"], active)
    console().print(table)


@mapping.command("show")
def show_mapping(
    chamber: Chamber,
    integration: IntegrationName = INTEGRATION,
    version: Annotated[
        int | None, typer.Option(min=1, help="Una versione del passato invece di quella che vale.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra la mappatura che vale, o una versione del passato."""
    path = f"{integration_path(chamber, integration)}/mapping"
    with connected(data) as connection:
        document = connection.api.read(path if version is None else f"{path}/versions/{version}")
    if as_json:
        write_json(document)
        return
    _show(document)


@mapping.command("set")
def set_mapping(
    chamber: Chamber,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON ({entries: [...]}) o CSV con le colonne external, subject_kind, code, unit, "
            "conversion.",
        ),
    ],
    integration: IntegrationName = INTEGRATION,
    note: Annotated[str | None, typer.Option(help="Perché si cambia.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Sostituisce la mappatura con quella di un file; la precedente resta agli atti."""
    entries = entries_from(file)
    path = f"{integration_path(chamber, integration)}/mapping"
    with connected(data) as connection:
        etag = connection.api.get(path).headers["ETag"]
        document = connection.api.put(path, {"entries": entries, "note": note}, etag=etag)
    if as_json:
        write_json(document)
        return
    console().print(
        in_terminal_language(
            f"Mappatura di {integration}: versione {document['version']}, {len(entries)} righe.",
            f"Mapping of {integration}: version {document['version']}, {len(entries)} rows.",
        )
    )


@mapping.command("test")
def try_mapping(
    chamber: Chamber,
    message: Annotated[
        Path, typer.Argument(metavar="MESSAGGIO", help="Un evento di esempio, come JSON.")
    ],
    integration: IntegrationName = INTEGRATION,
    with_file: Annotated[
        Path | None, typer.Option("--with", help="Una mappatura non ancora salvata (JSON o CSV).")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Dice che cosa farebbe un messaggio, senza registrare nulla. Esce con 1 se resta qualcosa."""
    trial: dict[str, Any] = {"message": _json(message)}
    if with_file is not None:
        trial["entries"] = entries_from(with_file)
    path = f"{integration_path(chamber, integration)}/mapping/test"
    with connected(data) as connection:
        document = connection.api.create(path, trial)
    if as_json:
        write_json(document)
    else:
        _show_trial(document["items"])
    if any(item["outcome"] == "quarantined" for item in document["items"]):
        raise typer.Exit(1)


def entries_from(path: Path) -> list[dict[str, Any]]:
    """The rows of a mapping in a file.

    Raises:
        CommandFailedError: it is neither JSON with ``entries`` nor CSV with these columns.
    """
    if path.suffix.lower() != ".csv":
        entries = _json(path).get("entries")
        if isinstance(entries, list):
            return entries
        raise _unreadable(path)
    text = read_file(path).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    if any(set(row) - set(_COLUMNS) for row in rows):
        raise _unreadable(path)
    return [{name: value for name, value in row.items() if value} for row in rows]


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_file(path))
    except ValueError as error:
        raise _unreadable(path) from error
    if not isinstance(document, dict):
        raise _unreadable(path)
    return document


def _unreadable(path: Path) -> CommandFailedError:
    return CommandFailedError(
        in_terminal_language(
            f"{path}: serve un oggetto JSON, o un CSV con le colonne {', '.join(_COLUMNS)}.",
            f"{path}: a JSON object is needed, or a CSV with the columns {', '.join(_COLUMNS)}.",
        )
    )


def _show(document: Mapping[str, Any]) -> None:
    words = in_terminal_language(
        "Codice della fonte|Elemento|Codice|Unità|Conversione",
        "Code of the source|Element|Code|Unit|Conversion",
    )
    title = in_terminal_language("Mappatura, versione", "Mapping, version")
    table = Table(*words.split("|"), title=f"{title} {document['version']}", header_style="bold")
    for row in document["entries"]:
        table.add_row(*(escape(row[name] or "-") for name in _COLUMNS))
    console().print(table)
    if document["note"]:
        console().print(escape(document["note"]))


_OUTCOMES = {
    "applied": ("varrebbe", "would stand"),
    "unchanged": ("non cambierebbe nulla", "would change nothing"),
    "superseded": ("resterebbe agli atti", "would go into the history"),
    "quarantined": ("andrebbe in quarantena", "would go into quarantine"),
}


def _show_trial(items: Sequence[Mapping[str, Any]]) -> None:
    words = in_terminal_language(
        "N.|Esito|Codice|Valore|Piani|Motivi", "No.|Outcome|Code|Value|Plans|Reasons"
    )
    table = Table(*words.split("|"), header_style="bold")
    for item in items:
        table.add_row(
            str(item["position"]),
            in_terminal_language(*_OUTCOMES[item["outcome"]]),
            escape(item["code"] or "-"),
            escape(item["value"] or item["result"] or "-"),
            ", ".join(map(str, item["plans"])) or "-",
            escape("; ".join(f"{fault['detail']} [{fault['code']}]" for fault in item["errors"])),
        )
    console().print(table)
