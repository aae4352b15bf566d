"""``ciclo entity accorpamento``: the entity's plan out of its chambers' plans."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.chambers import ENTITY
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.files import read_file
from services.api.cli.options import Data, Json, Language
from services.api.cli.paths import entity_path
from shared.runtime.language import in_terminal_language


def accorpamento(
    mapping: Annotated[Path, typer.Option(help="File ciclo/merger@1: che cosa diventa che cosa.")],
    year: Annotated[int, typer.Option(min=1991, max=2100, help="Anno del nuovo piano.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Mostra, senza registrare.")] = False,
    entity: Annotated[str, typer.Option("--entity", help="Codice dell'ente.")] = ENTITY,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Fa la bozza del piano dell'ente dai piani delle camere dell'anno prima.

    La corrispondenza è esplicita; ciò che nessuna riga nomina è elencato.
    """
    raw = read_file(mapping)
    path = f"{entity_path(entity)}/plans/{year}/merger"
    with connected(data) as connection:
        report = connection.api.create(f"{path}?dry_run=true" if dry_run else path, raw)
    if as_json:
        write_json(report)
    else:
        _show(report)


def merger_schema(_lang: Language = None) -> None:
    """Scrive lo schema JSON dei file ciclo/merger@1."""
    from shared.contracts.merger import MergerMapping

    write_json(MergerMapping.model_json_schema())


def _show(report: Mapping[str, Any]) -> None:
    out = console()
    draft, year = report["draft"], report["year"]
    counts = (len(draft["objectives"]), len(draft["indicators"]))
    done = in_terminal_language(
        "Bozza {} {}: {} obiettivi, {} indicatori.", "Draft {} {}: {} objectives, {} indicators."
    )
    out.print(done.format(report["entity"], year, *counts))
    if report["dry_run"]:
        out.print(in_terminal_language("Nulla è stato registrato.", "Nothing was recorded."))
    heads = in_terminal_language("Camera|Elemento|Titolo o motivo", "Chamber|Element|Title, reason")
    for title, rows, last in (
        (in_terminal_language("Non nominati", "Not mentioned"), report["unmapped"], "title"),
        (in_terminal_language("Lasciati", "Left behind"), report["left_behind"], "reason"),
    ):
        if rows:
            table = Table(*heads.split("|"), title=title, title_justify="left")
            for row in rows:
                table.add_row(row["chamber"], escape(row["code"]), escape(row[last]))
            out.print(table)
    for name, italian, english in (
        ("without_target", "Senza target", "Without a target"),
        ("without_baseline", "Senza valore di partenza", "Without a baseline"),
    ):
        if report[name]:
            out.print(
                f"{in_terminal_language(italian, english)}: {escape(', '.join(report[name]))}"
            )
    for warning in report["warnings"]:
        out.print(f"! {escape(warning['pointer'])}: {escape(warning['detail'])}")
