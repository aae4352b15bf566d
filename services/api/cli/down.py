"""``ciclo down``: stop the system that runs in a data directory."""

import json
from pathlib import Path
from typing import Annotated

import typer

from shared.runtime.language import in_terminal_language


def down(
    data: Annotated[Path, typer.Option(help="Cartella dei dati.")],
    as_json: Annotated[bool, typer.Option("--json", help="Esito come JSON.")] = False,
) -> None:
    """Ferma il sistema avviato con ``ciclo up`` su questi dati; i dati restano."""
    from deploy.local.supervisor import stop_running

    stopped = stop_running(data)
    if as_json:
        typer.echo(json.dumps({"stopped": stopped}))
    elif stopped:
        typer.echo(in_terminal_language("Fermato; i dati restano.", "Stopped; the data stay."))
    else:
        typer.echo(in_terminal_language("Non era in esecuzione.", "It was not running."))
