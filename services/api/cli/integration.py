"""``ciclo integration``: the systems that send measurements, and what their codes mean here."""

import csv
import io
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, progress, write_json
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
_POLL_SECONDS = 0.5
_COLUMNS = ("external", "subject_kind", "code", "unit", "conversion")


@app.command("list")
def list_integrations(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Elenca i sistemi che inviano rilevazioni alla camera."""
    with connected(data) as connection:
        document = connection.api.read_list(f"{chamber_path(chamber)}/integrations")
    if as_json:
        write_json(document)
        return
    words = in_terminal_language("Codice|Titolo|Firma|Attiva", "Code|Title|Signature|Active")
    table = Table(*words.split("|"), header_style="bold")
    for row in document["items"]:
        active = in_terminal_language("sì", "yes") if row["active"] else "no"
        table.add_row(row["code"], escape(row["title"]), row["adapter"], active)
    console().print(table)


@app.command("source")
def set_source(
    chamber: Chamber,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Dove si chiede al sistema che cosa ha.")
    ],
    integration: IntegrationName = INTEGRATION,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="CICLO_PULL_TOKEN",
            help="Token con cui chiedere; meglio nella variabile, che non resta nella storia dei "
            "comandi. Senza, quello di prima.",
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Dice dove chiedere al sistema che cosa ha, per il confronto."""
    path = integration_path(chamber, integration)
    change = {"pull_url": url} | ({"pull_token": token} if token else {})
    with connected(data) as connection:
        etag = connection.api.get(path).headers["ETag"]
        document = connection.api.patch(path, change, etag=etag)
    if as_json:
        write_json(document)
        return
    console().print(escape(f"{integration}: {document['pull_url']}"))


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


@app.command("reconcile")
def reconcile(
    chamber: Chamber,
    year: Annotated[int, typer.Option(min=1990, max=2100, help="Anno dei dati.")],
    period: Annotated[
        str | None,
        typer.Option(help="Q1-Q3, S1-S2, T1-T4, M01-M12, Y per l'anno intero; senza, tutti."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Applica le differenze, oltre a elencarle.")
    ] = False,
    integration: IntegrationName = INTEGRATION,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiede al sistema che cosa ha e lo confronta. Esce con 1 se resta una differenza."""
    path = f"{integration_path(chamber, integration)}/reconciliations"
    asked = {"year": year, "period": period.upper() if period else None, "repair": repair}
    with connected(data) as connection:
        answer = connection.api.post(path, asked)
        job = _followed(connection.api, answer.headers["Location"])
        listed = connection.api.read_list(f"{answer.headers['Location']}/differences")
    if as_json:
        write_json({**job, "differences": listed["items"]})
    else:
        _show_job(job, listed["items"])
    if job["state"] == "failed" or any(not one["repaired"] for one in listed["items"]):
        raise typer.Exit(1)


def _followed(api: ApiClient, path: str) -> dict[str, Any]:
    """The job, once it is over."""
    with progress(in_terminal_language("Confronto", "Comparing")) as step:
        while True:
            job = api.read(path)
            step(job["progress"], job["stage"])
            if job["state"] in {"done", "failed"}:
                return job
            time.sleep(_POLL_SECONDS)


_KINDS = {
    "missing_here": ("manca qui", "missing here"),
    "different": ("diverso", "different"),
    "unknown_there": ("il sistema non lo conosce", "unknown there"),
    "not_applicable": ("nessun piano può usarlo", "of no use to any plan"),
}


def _show_job(job: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
    out = console()
    if job["state"] == "failed":
        out.print(
            in_terminal_language(
                f"[bold red]Non riuscito:[/] {job['failure']}",
                f"[bold red]Failed:[/] {job['failure']}",
            )
        )
        return
    words = in_terminal_language(
        "Differenza|Codice|Periodo|Qui|Sistema|Riparata",
        "Difference|Code|Period|Here|System|Repaired",
    )
    table = Table(*words.split("|"), header_style="bold")
    for item in items:
        table.add_row(
            in_terminal_language(*_KINDS[item["kind"]]),
            escape(item["code"]),
            item["period"] or "Y",
            _figure(item["ours"]),
            _figure(item["theirs"]),
            "[green]✓[/]" if item["repaired"] else escape(item["reason"] or "-"),
        )
    if items:
        out.print(table)
    counts = job["counts"]
    found = sum(counts[kind] for kind in _KINDS)
    out.print(
        in_terminal_language(
            f"Dati del sistema: {counts['held']}; differenze: {found}; riparate: "
            f"{counts['repaired']}.",
            f"Data of the system: {counts['held']}; differences: {found}; repaired: "
            f"{counts['repaired']}.",
        )
    )


def _figure(said: Mapping[str, Any] | None) -> str:
    if said is None:
        return "-"
    return escape(str(said.get("value") or said.get("result") or said.get("status") or "-"))


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
