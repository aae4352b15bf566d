"""``ciclo entity``: the chambers of an entity together, and who may see them so."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.chambers import ENTITY
from services.api.cli.connection import connected
from services.api.cli.display import LIGHT_STYLES, console, figure_text, progress, write_json
from services.api.cli.merger import accorpamento, merger_schema
from services.api.cli.options import Data, Json, Language
from services.api.cli.paths import entity_path
from services.api.cli.rendering import Reason, followed_report, refuse_missing_folder, save
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="entity",
    help="Le camere di un ente insieme: a confronto, consolidate, negli anni.",
    no_args_is_help=True,
)

app.command("accorpamento")(accorpamento)
app.command("merger-schema")(merger_schema)

Entity = Annotated[str, typer.Option("--entity", help="Codice dell'ente.")]
Chambers = Annotated[
    str | None, typer.Option("--chambers", help="Solo alcune: LU,PI. Senza, quelle autorizzate.")
]
Entry = Annotated[str | None, typer.Option("--entry", help="Solo un indicatore: pareto:C1.1_07.")]
OneYear = Annotated[int, typer.Argument(metavar="ANNO", min=1990, max=2100)]
FirstYear = Annotated[int, typer.Argument(metavar="DA", min=1990, max=2100)]
LastYear = Annotated[int, typer.Argument(metavar="A", min=1990, max=2100)]


@app.command()
def chambers(
    first: FirstYear,
    last: LastYear,
    entity: Entity = ENTITY,
    only: Chambers = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Risultato, semaforo e giudizio di ogni camera, anno per anno."""
    asked = {"from_year": first, "to_year": last}
    document = _read(data, f"{entity_path(entity)}/chambers", asked, only)
    if as_json:
        write_json(document)
        return
    years = [str(year) for year in range(first, last + 1)]
    table = _table(in_terminal_language("Camera", "Chamber"), years)
    for row in document["chambers"]:
        table.add_row(escape(row["title"]), *(_overall(year["overall"]) for year in row["years"]))
    console().print(table)


@app.command()
def consolidated(
    year: OneYear,
    entity: Entity = ENTITY,
    only: Chambers = None,
    entry: Entry = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Gli indicatori condivisi: somma delle misure, poi la formula; e su quali camere."""
    document = _read(data, f"{entity_path(entity)}/consolidated/{year}", {}, only, entry)
    if as_json:
        write_json(document)
    else:
        console().print(_figures(document, "shown"))


@app.command()
def benchmark(
    year: OneYear,
    entity: Entity = ENTITY,
    only: Chambers = None,
    entry: Entry = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Ogni camera a confronto con le altre e con l'ente: valore e posto."""
    document = _read(data, f"{entity_path(entity)}/benchmark/{year}", {}, only, entry)
    if as_json:
        write_json(document)
    else:
        console().print(_figures(document, "rank"))


@app.command()
def trend(
    first: FirstYear,
    last: LastYear,
    entity: Entity = ENTITY,
    only: Chambers = None,
    entry: Entry = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Gli indicatori condivisi consolidati, anno per anno."""
    asked = {"from_year": first, "to_year": last}
    document = _read(data, f"{entity_path(entity)}/trend", asked, only, entry)
    if as_json:
        write_json(document)
        return
    years = range(first, last + 1)
    table = _table(in_terminal_language("Indicatore", "Indicator"), [str(year) for year in years])
    for row in document["indicators"]:
        points = {point["year"]: _cell(point) for point in row["points"]}
        table.add_row(_name(row["facts"]), *(points.get(year, "") for year in years))
    console().print(table)


@app.command()
def plan(
    year: OneYear,
    entity: Entity = ENTITY,
    only: Chambers = None,
    data: Data = None,
    _lang: Language = None,
) -> None:
    """Il piano e la relazione dell'ente con le schede delle camere, come documento JSON."""
    write_json(_read(data, f"{entity_path(entity)}/plans/{year}/consolidated", {}, only))


@app.command()
def report(
    year: OneYear,
    out: Annotated[Path, typer.Option(help="PDF da scrivere.")],
    entity: Entity = ENTITY,
    reason: Reason = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiede la relazione dell'ente, un capitolo per camera, e salva il PDF firmato."""
    refuse_missing_folder(out)
    label = in_terminal_language(f"Relazione {entity} {year}", f"Report {entity} {year}")
    with connected(data, renderer=True) as connection, progress(label) as step:
        path = f"{entity_path(entity)}/reports"
        wanted = {"year": year} if reason is None else {"year": year, "reason": reason}
        made = followed_report(connection.api, path, wanted, step)
    save(out, made, as_json=as_json)


@app.command()
def grant(
    reader: Annotated[str, typer.Argument(metavar="SOGGETTO", help="Il `sub` del suo token.")],
    opened: Annotated[str, typer.Option("--chambers", help="Quali camere: LU,PI.")],
    reason: Annotated[str, typer.Option(help="Perché.")],
    until: Annotated[str, typer.Option(help="Ultimo giorno: AAAA-MM-GG.")],
    entity: Entity = ENTITY,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Autorizza qualcuno a leggere insieme alcune camere; ogni lettura resta nei registri."""
    body = {
        "reader": reader,
        "chambers": [code.strip().upper() for code in opened.split(",")],
        "reason": reason,
        "expires_on": until,
    }
    with connected(data) as connection:
        made = connection.api.create(f"{entity_path(entity)}/readers", body)
    if as_json:
        write_json(made)
    else:
        grant_id = made["grant_id"]
        typer.echo(
            in_terminal_language(
                f"Autorizzazione {grant_id} fino al {until}.", f"Grant {grant_id} until {until}."
            )
        )


@app.command()
def readers(
    entity: Entity = ENTITY, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Elenca le autorizzazioni a leggere insieme più camere."""
    with connected(data) as connection:
        rows = connection.api.read_list(f"{entity_path(entity)}/readers")["items"]
    if as_json:
        write_json({"items": rows})
        return
    words = in_terminal_language(
        "Camere|Motivo|Fino al|In vigore|N.", "Chambers|Reason|Until|On|Id"
    )
    table = _table(in_terminal_language("Chi", "Who"), words.split("|"), justify="left")
    for row in rows:
        on = in_terminal_language("sì", "yes") if row["in_force"] else "no"
        opened = ", ".join(row["chambers"])
        table.add_row(
            escape(row["reader"]), opened, escape(row["reason"]), row["expires_on"], on,
            row["grant_id"],
        )  # fmt: skip
    console().print(table)


@app.command()
def revoke(
    grant_id: Annotated[str, typer.Argument(metavar="AUTORIZZAZIONE")],
    entity: Entity = ENTITY,
    data: Data = None,
    _lang: Language = None,
) -> None:
    """Revoca un'autorizzazione: vale subito."""
    with connected(data) as connection:
        connection.api.delete(f"{entity_path(entity)}/readers/{grant_id}")


def _read(
    data: Data,
    path: str,
    asked: Mapping[str, str | int],
    only: str | None,
    entry: str | None = None,
) -> dict[str, Any]:
    more = {"chambers": only, "entry": entry}
    given = {name: value for name, value in more.items() if value is not None}
    with connected(data) as connection:
        return connection.api.read(path, **asked, **given)


def _table(first: str, others: Sequence[str], *, justify: str = "right") -> Table:
    table = Table(header_style="bold")
    table.add_column(first)
    for head in others:
        table.add_column(head, justify="left" if justify == "left" else "right")
    return table


def _figures(document: Mapping[str, Any], shown: str) -> Table:
    """Indicators by chambers, the entity first; with ``rank`` each with its place."""
    codes = document["chambers"]
    table = _table(in_terminal_language("Indicatore", "Indicator"), [document["entity"], *codes])
    for row in document["indicators"]:
        table.add_row(_name(row["facts"]), _cell(row), *_by_chamber(row, codes, shown))
    return table


def _by_chamber(row: Mapping[str, Any], codes: Sequence[str], shown: str) -> Iterator[str]:
    figures = {one["chamber"]: one for one in row["chambers"]}
    reasons = {one["chamber"]: one["reason"] for one in row["left_out"]}
    for code in codes:
        figure = figures.get(code)
        if figure is None:
            yield f"[dim]{reasons.get(code, '')}[/]"
        elif shown == "rank" and figure["rank"] is not None:
            yield f"{_cell(figure)} ({figure['rank']}°)"
        else:
            yield _cell(figure)


def _name(facts: Mapping[str, Any]) -> str:
    mark = " !" if facts["discouraged"] else ""
    return f"{escape(facts['title'])} [dim]{escape(facts['entry'])}{mark}[/]"


def _cell(figure: Mapping[str, Any]) -> str:
    if figure["shown"] is None:
        return f"[dim]{figure['reason']}[/]"
    return figure_text(figure["shown"])


def _overall(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["shown"] is None:
        return "-"
    style = LIGHT_STYLES.get(figure["light"] or "", "")
    text = figure_text(figure["shown"])
    return f"{f'[{style}]●[/] ' if style else ''}{text} {escape(figure['judgement'] or '')}".strip()
