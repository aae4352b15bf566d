"""``ciclo import``: a case file into a chamber, and the report of what it changed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.chambers import chamber_exists, ensure_chamber
from services.api.cli.connection import Connection, connected
from services.api.cli.display import console, waiting, write_json
from services.api.cli.failures import RefusedError
from services.api.cli.files import read_file
from services.api.cli.options import Data, Json, Language
from services.api.cli.paths import chamber_path
from shared.runtime.language import in_terminal_language

_CHAMBER = re.compile(r"[A-Z][A-Z0-9]{1,7}")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File ciclo/case@1.")],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Importa un anno di una camera: tutto o nulla, con l'elenco di tutti gli errori.

    In un sistema locale la camera nasce, se non c'è.
    """
    raw = read_file(file)
    chamber = chamber_of(raw)
    with connected(data, create=True) as connection:
        report = import_case(connection, chamber, raw)
    if as_json:
        write_json(report)
    else:
        show_report(chamber, report)


def chamber_of(raw: bytes) -> str:
    """The chamber that a case file is about.

    Raises:
        RefusedError: the file does not say; with everything that is wrong with it.
    """
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    chamber = document.get("chamber") if isinstance(document, dict) else None
    if not isinstance(chamber, str) or not _CHAMBER.fullmatch(chamber):
        check_here(raw)
        raise AssertionError("a file without its chamber is refused")
    return chamber


def check_here(raw: bytes) -> None:
    """Read a case file on this side, with the rules of the API.

    Raises:
        RefusedError: with every fault.
    """
    from shared.contracts.case_reading import CaseRefusedError, read_case

    try:
        read_case(raw)
    except CaseRefusedError as refused:
        title = in_terminal_language(
            "Il file non può essere importato", "The file cannot be imported"
        )
        raise RefusedError.of_issues("case_refused", title, refused.issues) from refused


def import_case(connection: Connection, chamber: str, raw: bytes) -> dict[str, Any]:
    """Send a case file; in a private embedded system, make its chamber first.

    A file with faults is refused before anything is made for it.

    Raises:
        RefusedError: with every fault of the file.
    """
    api = connection.api
    if connection.private and not chamber_exists(api, chamber):
        check_here(raw)
        ensure_chamber(api, chamber)
    with waiting(in_terminal_language("Importazione...", "Importing...")):
        return api.create(f"{chamber_path(chamber)}/imports", raw)


def show_report(chamber: str, report: Mapping[str, Any]) -> None:
    """Print what an import did, with its warnings."""
    out = console()
    words = in_terminal_language(
        "Elemento|Creati|Modificati|Invariati|Tolti", "Section|Created|Changed|Same|Removed"
    )
    section, *counts = words.split("|")
    table = Table(title=f"{chamber} {report.get('year', '')}", header_style="bold")
    table.add_column(section)
    for name in counts:
        table.add_column(name, justify="right")
    for name, row in _sections(report).items():
        cells = (row.get(key, 0) for key in ("created", "changed", "unchanged", "removed"))
        table.add_row(_section_name(name), *(str(cell) for cell in cells))
    out.print(table)
    warnings = report.get("warnings") or []
    for warning in warnings:
        place, detail = escape(warning["pointer"] or "/"), escape(warning["detail"])
        out.print(f"[yellow]![/] {place} [dim]{warning['code']}[/]: {detail}", soft_wrap=True)
    out.print(in_terminal_language(f"Avvertenze: {len(warnings)}.", f"Warnings: {len(warnings)}."))


def _sections(report: Mapping[str, Any]) -> dict[str, Mapping[str, int]]:
    return {
        name: row
        for name, row in (report.get("sections") or {}).items()
        if isinstance(row, Mapping) and any(row.values())
    }


_SECTION_NAMES = {
    "plan": "piano",
    "objectives": "obiettivi",
    "measures": "misure",
    "indicators": "indicatori",
    "measurements": "rilevazioni",
    "evaluations": "valutazioni",
    "narratives": "testi",
    "tables": "tabelle",
    "statements": "cause e giudizi",
}


def _section_name(name: str) -> str:
    return in_terminal_language(_SECTION_NAMES.get(name, name), name)
