"""``ciclo retention``: what was removed because it had been kept for long enough."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.paths import chamber_path
from shared.runtime.language import in_terminal_language

retention = typer.Typer(
    help="Tempi di conservazione: che cosa si è tolto, e quando.", no_args_is_help=True
)

_KINDS = {
    "messages": ("Messaggi", "Messages"),
    "events": ("Eventi", "Events"),
    "memberships": ("Ruoli e chiavi", "Memberships and keys"),
    "evidence": ("Prove", "Evidence"),
    "sheets": ("Schede individuali", "Individual sheets"),
    "sheet_documents": ("Documenti di schede", "Documents of sheets"),
    "audit": ("Registro", "Audit"),
}


@retention.command("list")
def list_runs(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Mostra le applicazioni, dalla più recente: quante righe di ogni genere."""
    with connected(data) as connection:
        document = connection.api.read_list(f"{chamber_path(chamber)}/retention-runs")
    if as_json:
        write_json(document)
    else:
        console().print(_table(document["items"]))


@retention.command("run")
def run(chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None) -> None:
    """Toglie ora ciò che è dovuto; succede comunque ogni giorno."""
    with connected(data) as connection:
        document = connection.api.create(f"{chamber_path(chamber)}/retention-runs", {})
    if as_json:
        write_json(document)
    else:
        console().print(_table([document]))


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(header_style="bold")
    table.add_column(in_terminal_language("Quando", "When"))
    for words in _KINDS.values():
        table.add_column(in_terminal_language(*words), justify="right")
    for row in rows:
        removed = row["removed"]
        table.add_row(row["ran_at"], *(_rows(removed[kind]) for kind in _KINDS))
    return table


def _rows(removed: Mapping[str, Any] | None) -> str:
    """How many; nothing where a run knew no such kind yet."""
    return "" if removed is None else str(removed["rows"])
