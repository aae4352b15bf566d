"""``ciclo report``: the documents of a chamber, and the act that approves one."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, progress, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path
from services.api.cli.plan import Date, Number, Organ
from services.api.cli.rendering import followed_report, refuse_missing_folder, save
from shared.runtime.language import in_terminal_language

report = typer.Typer(help="Documenti: versioni, stato, atto di approvazione.", no_args_is_help=True)

_STATES = {
    "requested": ("in composizione", "being made"),
    "rendered": ("composto", "rendered"),
    "approved": ("approvato", "approved"),
    "validated": ("validato dall'OIV", "validated by the OIV"),
    "signed": ("firmato", "signed"),
    "published": ("pubblicato", "published"),
    "refused": ("non validato dall'OIV", "refused by the OIV"),
    "failed": ("non riuscito", "failed"),
    "cancelled": ("annullato", "cancelled"),
}


_KINDS = {
    "relazione": ("Relazione", "report"),
    "monitoraggio": ("monitoraggio", "monitoring"),
    "piano": ("Piano", "plan"),
    "scheda": ("scheda individuale", "individual sheet"),
    "validazione": ("validazione dell'OIV", "OIV's decision"),
    "relazione_ente": ("Relazione dell'ente", "entity's report"),
}


@report.command("list")
def list_reports(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra le versioni dei documenti dell'anno, con lo stato di ciascuna."""
    path = f"{chamber_path(chamber)}/reports"
    with connected(data) as connection:
        found = connection.api.read(path, year=year, limit=500)
    if as_json:
        write_json({"items": found["items"]})
        return
    words = in_terminal_language("Tipo|Versione|Stato|Richiesto", "Kind|Version|State|Requested")
    table = Table(*words.split("|"), header_style="bold")
    for row in found["items"]:
        state = in_terminal_language(*_STATES[row["state"]])
        table.add_row(
            in_terminal_language(*_KINDS[row["kind"]]),
            str(row["version"]),
            state,
            row["created_at"][:10],
        )
    console().print(table)


@report.command("approve")
def approve(
    chamber: Chamber,
    year: Year,
    organ: Organ,
    number: Number,
    date: Date,
    version: Annotated[
        int | None, typer.Option(min=1, help="La versione; senza, l'ultima composta.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Registra l'atto che approva la Relazione; se qualcosa lo impedisce, elenca tutto."""
    reports = f"{chamber_path(chamber)}/reports"
    with connected(data) as connection:
        api = connection.api
        found = _wanted(api.read(reports, year=year, limit=500)["items"], version)
        address = f"{reports}/{found['report_id']}"
        etag = api.get(address).headers["ETag"]
        act = {"organ": organ, "number": number, "date": date}
        answer = api.post(f"{address}/approval", {"act": act}, more_headers={"If-Match": etag})
    document: dict[str, Any] = answer.json()
    if as_json:
        write_json(document)
        return
    number_of = document["version"]
    console().print(
        in_terminal_language(
            f"Approvata la versione {number_of}: ora spetta all'OIV validarla.",
            f"Version {number_of} approved: it is for the OIV to validate it now.",
        )
    )


@report.command("sheet")
def sheet(
    chamber: Chamber,
    year: Year,
    code: Annotated[str, typer.Argument(metavar="SCHEDA", help="Codice della scheda: SG.")],
    out: Annotated[Path, typer.Option(help="PDF da scrivere.")],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiede il documento di una scheda individuale e salva il PDF; solo per chi la vede."""
    refuse_missing_folder(out)
    path = f"{chamber_path(chamber)}/plans/{year}/sheets/{quote(code, safe='')}/report"
    label = in_terminal_language(f"Scheda {code} {year}", f"Sheet {code} {year}")
    with connected(data, renderer=True) as connection, progress(label) as step:
        made = followed_report(connection.api, path, {}, step)
    save(out, made, as_json=as_json)


def _wanted(items: list[dict[str, Any]], version: int | None) -> dict[str, Any]:
    """The version asked for, or the latest that has a document and no act."""
    reports = [row for row in items if row["kind"] == "relazione"]
    if version is None:
        rendered = [row for row in reports if row["state"] == "rendered"]
        chosen = max(rendered, key=lambda row: row["version"], default=None)
    else:
        chosen = next((row for row in reports if row["version"] == version), None)
    if chosen is None:
        raise CommandFailedError(
            in_terminal_language(
                "Nessuna versione da approvare: chiederne una con «ciclo render».",
                "No version to approve: request one with 'ciclo render'.",
            )
        )
    return chosen
