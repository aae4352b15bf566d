"""``ciclo report``: the documents of a chamber, and the steps that they take."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, progress, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path
from services.api.cli.rendering import followed_report, refuse_missing_folder, save
from services.api.cli.report_choice import Choice, Which
from services.api.cli.report_moves import Version, approve, publish, validate
from shared.runtime.language import in_terminal_language

report = typer.Typer(
    help="Documenti: versioni, stato, approvazione, pubblicazione.", no_args_is_help=True
)

report.command("approve")(approve)
report.command("validate")(validate)
report.command("publish")(publish)

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


class Kind(StrEnum):
    """Every kind of document."""

    RELAZIONE = "relazione"
    MONITORAGGIO = "monitoraggio"
    PIANO = "piano"
    SCHEDA = "scheda"
    VALIDAZIONE = "validazione"
    RELAZIONE_ENTE = "relazione_ente"


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
    """Mostra le versioni dei documenti dell'anno, con lo stato di ciascuna.

    «Quale» distingue i documenti dello stesso tipo: il periodo, la scheda, le camere, o ciò su cui
    l'OIV ha deciso (relazione-2: la seconda versione della Relazione).
    """
    path = f"{chamber_path(chamber)}/reports"
    with connected(data) as connection:
        found = connection.api.read_list(path, year=year)
    if as_json:
        write_json({"items": found["items"]})
        return
    words = in_terminal_language(
        "Tipo|Quale|Versione|Stato|Richiesto", "Kind|Which|Version|State|Requested"
    )
    table = Table(*words.split("|"), header_style="bold")
    for row in found["items"]:
        state = in_terminal_language(*_STATES[row["state"]])
        table.add_row(
            in_terminal_language(*_KINDS[row["kind"]]),
            row["mark"] or "",
            str(row["version"]),
            state,
            row["created_at"][:10],
        )
    console().print(table)


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


@report.command("again")
def again(
    chamber: Chamber,
    year: Year,
    out: Annotated[Path, typer.Option(help="PDF da scrivere.")],
    kind: Annotated[Kind, typer.Option(help="Tipo di documento.")] = Kind.RELAZIONE,
    which: Which = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Compone di nuovo, con lo stesso contenuto, un documento non riuscito o annullato."""
    refuse_missing_folder(out)
    choice = Choice(chamber, year, kind.value, which, version)
    label = f"{in_terminal_language(*_KINDS[kind])} {year}"
    with connected(data, renderer=True) as connection, progress(label) as step:
        address = choice.address(connection.api, "report.render")
        made = followed_report(connection.api, f"{address}/rendering", {}, step)
    save(out, made, as_json=as_json)
