"""``ciclo catalogue``: the indicators that chambers share, and those of one chamber."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.chambers import ENTITY
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.files import read_file, write_file
from services.api.cli.options import Chamber as PlanChamber
from services.api.cli.options import Data, Json, Language, Year
from services.api.cli.paths import catalogue_path, plan_path
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="catalogue",
    help="Il catalogo degli indicatori: dell'ente, o proprio di una camera.",
    no_args_is_help=True,
)

Chamber = Annotated[
    str | None, typer.Option("--chamber", help="Di una camera; senza, il catalogo dell'ente.")
]
Entity = Annotated[str, typer.Option("--entity", help="Codice dell'ente.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="File ciclo/catalogue@1.")]
Name = Annotated[
    str,
    typer.Argument(metavar="VOCE", help="Genere, catalogo e codice: indicator:pareto:C1.1_07."),
]


@app.command("list")
def list_(
    entity: Entity = ENTITY,
    chamber: Chamber = None,
    kind: Annotated[str | None, typer.Option(help="Solo indicator, o solo measure.")] = None,
    source: Annotated[str | None, typer.Option(help="Solo di un catalogo.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Elenca le voci. Con --chamber quelle proprie e quelle condivise; ! è fonte autodichiarata."""
    filters = {"kind": kind, "source": source}
    given = {name: value for name, value in filters.items() if value is not None}
    with connected(data) as connection:
        rows = connection.api.read_list(catalogue_path(entity, chamber), **given)["items"]
    if as_json:
        write_json({"items": rows})
    else:
        console().print(_table(rows))


@app.command()
def show(
    name: Name,
    entity: Entity = ENTITY,
    chamber: Chamber = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra una voce con tutti i suoi campi."""
    with connected(data) as connection:
        found = connection.api.read(catalogue_path(entity, chamber, name))
    if as_json:
        write_json(found)
        return
    table = Table(show_header=False, box=None)
    for field, value in found["entry"].items():
        table.add_row(field, escape(str(value)))
    console().print(table)


@app.command("import")
def import_(
    file: File,
    entity: Entity = ENTITY,
    chamber: Chamber = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Porta dentro un file, tutto o nulla; le voci che non nomina restano."""
    raw = read_file(file)
    with connected(data) as connection:
        report = connection.api.create(f"{catalogue_path(entity, chamber)}/import", raw)
    if as_json:
        write_json(report)
        return
    counts = (report["created"], report["changed"], report["unchanged"])
    typer.echo(
        in_terminal_language(
            "Voci create: {}; modificate: {}; invariate: {}.",
            "Entries created: {}; changed: {}; unchanged: {}.",
        ).format(*counts)
    )


@app.command()
def export(
    entity: Entity = ENTITY,
    chamber: Chamber = None,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="File da scrivere; senza, lo standard output.")
    ] = None,
    _lang: Language = None,
) -> None:
    """Scrive il catalogo come file ciclo/catalogue@1."""
    with connected(data) as connection:
        content = connection.api.get(f"{catalogue_path(entity, chamber)}/export").content
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    write_file(out, content)
    typer.echo(
        in_terminal_language(
            f"Scritto {out} ({len(content)} byte).", f"Wrote {out} ({len(content)} bytes)."
        )
    )


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Una voce, come JSON.")],
    entity: Entity = ENTITY,
    chamber: Chamber = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Aggiunge una sola voce: un indicatore o una misura, con «kind»."""
    raw = read_file(file)
    with connected(data) as connection:
        made = connection.api.create(catalogue_path(entity, chamber), raw)
    if as_json:
        write_json(made)
    else:
        name = made["name"]
        typer.echo(in_terminal_language(f"Aggiunta la voce {name}.", f"Added {name}."))


@app.command()
def adopt(
    chamber: PlanChamber,
    year: Year,
    entry: Annotated[str, typer.Argument(metavar="VOCE", help="pareto:C1.1_07")],
    objective: Annotated[str, typer.Option(help="Sotto quale obiettivo del piano.")],
    code: Annotated[str | None, typer.Option(help="Codice nel piano.")] = None,
    weight: Annotated[str | None, typer.Option(help="Peso.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Porta un indicatore in un piano in bozza o in variazione, con le misure che mancano."""
    body = {"entry": entry, "objective": objective, "code": code, "weight": weight}
    with connected(data) as connection:
        made = connection.api.create(f"{plan_path(chamber, year)}/adoptions", body)
    if as_json:
        write_json(made)
        return
    measures = ", ".join(made["measures"]) or "-"
    typer.echo(
        in_terminal_language(
            f"Indicatore {made['indicator']}: {made['formula']}. Misure aggiunte: {measures}.",
            f"Indicator {made['indicator']}: {made['formula']}. Measures added: {measures}.",
        )
    )


@app.command()
def schema(_lang: Language = None) -> None:
    """Scrive lo schema JSON dei file ciclo/catalogue@1."""
    from shared.contracts.catalogue import CatalogueFile

    write_json(CatalogueFile.model_json_schema(by_alias=True))


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    words = in_terminal_language(
        "Voce|Di|Titolo|Unità|Formula|Fonte", "Entry|Of|Title|Unit|Formula|Source"
    )
    table = Table(header_style="bold")
    for head in words.split("|"):
        table.add_column(head)
    for row in rows:
        entry = row["entry"]
        mark = " !" if row["discouraged"] else ""
        table.add_row(
            escape(row["name"]),
            row["owner"],
            escape(entry["title"]),
            escape(entry.get("unit") or ""),
            escape(entry.get("formula") or ""),
            f"{entry.get('source_class') or ''}{mark}",
        )
    return table
