"""The arguments and options that several commands share."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_JSON_KEY = "services.api.cli.json"


class Lang(StrEnum):
    """Languages of messages."""

    IT = "it"
    EN = "en"


def _chamber_code(value: str) -> str:
    return value.strip().upper()


def _remember_json(context: typer.Context, value: bool) -> bool:
    """Keep the choice where a failure can find it too."""
    context.meta[_JSON_KEY] = value
    return value


def wants_json(context: typer.Context) -> bool:
    """Whether the command that runs was asked for JSON."""
    return bool(context.meta.get(_JSON_KEY, False))


def _speak(value: Lang | None) -> Lang | None:
    if value is not None:
        os.environ["CICLO_LANG"] = value.value
    return value


Chamber = Annotated[
    str, typer.Argument(metavar="CAMERA", help="Codice: PI, LU, MS, ...", callback=_chamber_code)
]
Year = Annotated[int, typer.Argument(metavar="ANNO", min=1990, max=2100, help="Anno del piano.")]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Cartella dei dati: il sistema si avvia se non è in esecuzione, e poi si ferma. "
        "Senza, si usa CICLO_URL (e CICLO_TOKEN).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Esito come JSON.", callback=_remember_json)]
Language = Annotated[
    Lang | None,
    typer.Option(
        "--lang", help="Lingua dei messaggi.", callback=_speak, is_eager=True, show_default="LANG"
    ),
]
