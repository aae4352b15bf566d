"""``ciclo up``: the whole system in the foreground, with its data in one folder."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.ports import USUAL_PORT
from shared.runtime.language import in_terminal_language


def up(
    data: Annotated[Path, typer.Option(help="Cartella dei dati; nasce se manca.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Porta dell'API.")] = USUAL_PORT,
    host: Annotated[str, typer.Option(help="Indirizzo su cui l'API ascolta.")] = "127.0.0.1",
    as_json: Annotated[
        bool, typer.Option("--json", help="Dove sono le cose, come una riga di JSON.")
    ] = False,
) -> None:
    """Avvia PostgreSQL, Redis, API e renderer; Ctrl-C li ferma e lascia i dati."""
    from deploy.local.assembly import LocalSystem, SystemOptions
    from deploy.local.layout import DataDirectory
    from deploy.local.supervisor import run

    def ready(system: LocalSystem, directory: DataDirectory) -> None:
        places = {
            "api": system.url,
            "docs": f"{system.url}/docs",
            "data": str(directory.root),
            "logs": str(directory.logs),
            "postgres": _loopback(system.postgres_port, "DATABASE_URL"),
            "redis": _loopback(system.redis_port, "REDIS_URL"),
        }
        if directory.postgres.is_symlink():
            places["cluster"] = str(directory.postgres.resolve())
        typer.echo(json.dumps(places) if as_json else _told(places))

    run(
        data,
        SystemOptions(port=port, host=host),
        ready=ready,
        tell=lambda line: typer.echo(f"ciclo: {line}", err=True),
    )
    if not as_json:
        typer.echo(in_terminal_language("Fermato; i dati restano.", "Stopped; the data stay."))


def _loopback(port: int | None, variable: str) -> str:
    """Where an embedded server listens, or the variable that named another one."""
    return variable if port is None else f"127.0.0.1:{port}"


def _told(places: dict[str, str]) -> str:
    labels = {
        "api": "API",
        "docs": in_terminal_language("Documentazione", "Documentation"),
        "data": in_terminal_language("Dati", "Data"),
        "logs": "Log",
        "postgres": "PostgreSQL",
        "redis": "Redis",
        "cluster": "Database",
    }
    heading = in_terminal_language(
        "Ciclo è in esecuzione (Ctrl-C per fermarlo)", "Ciclo is running (Ctrl-C stops it)"
    )
    width = max(len(label) for label in labels.values())
    return "\n".join(
        [heading, *(f"  {labels[name]:<{width}}  {place}" for name, place in places.items())]
    )
