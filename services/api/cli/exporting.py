"""``ciclo export``: a chamber's year as a ``ciclo/case@1`` file, byte for byte."""

import hashlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.api.cli.connection import connected
from services.api.cli.display import write_json
from services.api.cli.files import write_file
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from shared.runtime.language import in_terminal_language


def export(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="File da scrivere; senza, lo standard output.")
    ] = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Scrive tutto ciò che c'è di una camera e di un anno (ciclo/case@1).

    Con --json e --out dice che cosa ha scritto; senza --out il file stesso è JSON.
    """
    with connected(data) as connection:
        content = connection.api.get(f"{plan_path(chamber, year)}/export").content
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    write_file(out, content)
    if as_json:
        digest = hashlib.sha256(content).hexdigest()
        write_json({"out": str(out), "bytes": len(content), "sha256": digest})
    else:
        typer.echo(
            in_terminal_language(
                f"Scritto {out} ({len(content)} byte).", f"Wrote {out} ({len(content)} bytes)."
            )
        )
