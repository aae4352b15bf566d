"""``ciclo token``: an access token of the local issuer, to try the API by hand."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.errors import LocalSystemError
from deploy.local.identity import DEFAULT_ENTITY, LocalIssuer
from deploy.local.layout import DataDirectory
from shared.runtime.language import in_terminal_language

_SECONDS_PER_HOUR = 3600


def token(
    role: Annotated[list[str], typer.Option(help="Ruolo; ripetibile.")],
    data: Annotated[Path, typer.Option(help="Cartella dei dati.")],
    chamber: Annotated[
        list[str], typer.Option(help="Camera (PI, LU, ...) o * per tutte; ripetibile.")
    ],
    entity: Annotated[str, typer.Option(help="Ente a cui si riferisce *.")] = DEFAULT_ENTITY,
    subject: Annotated[str, typer.Option(help="Chi lo usa, come nei registri.")] = "prova-locale",
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Unità di contributor, validator o signer; senza, tutte; ripetibile."),
    ] = None,
    sheet: Annotated[
        list[str] | None, typer.Option(help="Scheda in cui è valutato; ripetibile.")
    ] = None,
    evaluates: Annotated[
        list[str] | None, typer.Option(help="Scheda che valuta; ripetibile.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=24 * 31, help="Durata in ore.")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Come JSON.")] = False,
) -> None:
    """Stampa un token di accesso valido per il sistema che vive in questi dati."""
    directory = DataDirectory.at(data)
    if not directory.identity.is_dir():
        raise LocalSystemError(
            in_terminal_language(
                f"In {directory.root} non c'è un sistema: avviarlo con ciclo up.",
                f"There is no system in {directory.root}: start one with ciclo up.",
            )
        )
    minted = LocalIssuer(directory.identity).mint(
        dict.fromkeys(chamber, role),
        subject=subject,
        entity=entity,
        lifetime_seconds=hours * _SECONDS_PER_HOUR,
        units=unit or (),
        sheets=sheet or (),
        evaluates=evaluates or (),
    )
    if as_json:
        typer.echo(json.dumps({"token": minted, "expires_in": hours * _SECONDS_PER_HOUR}))
    else:
        typer.echo(minted)
