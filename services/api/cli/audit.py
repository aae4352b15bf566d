"""``ciclo audit``: who did what, and whether the audit is still what was written."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.paths import chamber_path, entity_path
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="audit", help="Il registro delle operazioni.", no_args_is_help=True, add_completion=False
)

_PAGE = 500

Entity = Annotated[
    bool, typer.Option("--entity", help="Il codice è di un ente: le operazioni sull'ente stesso.")
]


def _path(code: str, *, entity: bool) -> str:
    return f"{entity_path(code) if entity else chamber_path(code)}/audit-log"


@app.command("list")
def list_lines(
    chamber: Chamber,
    entity: Entity = False,
    actor: Annotated[str | None, typer.Option(help="Solo ciò che ha fatto costui.")] = None,
    action: Annotated[str | None, typer.Option(help="Solo questa azione.")] = None,
    subject: Annotated[str | None, typer.Option(help="Solo ciò che riguarda questo.")] = None,
    since: Annotated[str | None, typer.Option(help="Da questo istante (RFC 3339).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Quante righe al più.")] = 50,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Elenca le operazioni, dalla più recente."""
    asked = {"actor": actor, "action": action, "subject": subject, "since": since}
    filters = {name: value for name, value in asked.items() if value is not None}
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    with connected(data) as connection:
        while len(found) < limit:
            size = min(_PAGE, limit - len(found))
            path = _path(chamber, entity=entity)
            part = connection.api.read(path, limit=size, **filters, **cursor)
            found += part["items"]
            if part["next"] is None:
                break
            cursor = {"cursor": part["next"]}
    if as_json:
        write_json({"items": found})
        return
    console().print(_table(found))


@app.command()
def verify(
    chamber: Chamber,
    entity: Entity = False,
    anchor: Annotated[
        Path | None, typer.Option(help="Esito scritto da una verifica precedente (--out).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Dove scrivere l'esito, da conservare altrove.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Ricalcola la catena del registro; esce con 1 se una riga fu alterata, tolta o spostata."""
    noted = {} if anchor is None else _noted(anchor)
    with connected(data) as connection:
        path = _path(chamber, entity=entity)
        outcome = connection.api.read(f"{path}/verification", **noted)
    if out is not None:
        document = {"chamber": chamber, **outcome}
        out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        write_json(outcome)
    else:
        _show(chamber, outcome)
    if not outcome["valid"]:
        raise typer.Exit(1)


def _noted(path: Path) -> dict[str, str | int]:
    """The head that an earlier verification wrote down; an empty chain proves nothing."""
    try:
        head = json.loads(read_file(path))["head"]
        sequence, digest = int(head["sequence"]), str(head["hash"])
    except (ValueError, KeyError, TypeError) as error:
        raise CommandFailedError(
            in_terminal_language(
                f"{path} non è l'esito di una verifica (ciclo audit verify --out).",
                f"{path} is not the outcome of a verification (ciclo audit verify --out).",
            )
        ) from error
    return {"sequence": sequence, "hash": digest} if sequence else {}


def _show(code: str, outcome: dict[str, Any]) -> None:
    head = outcome["head"]
    end = f"{head['sequence']} {head['hash']}"
    if outcome["valid"]:
        words = in_terminal_language(
            f"Il registro di {code} è integro. Ultima riga: {end}",
            f"The audit of {code} is intact. Last line: {end}",
        )
        console().print(f"[bold green]{words}[/]")
        return
    for fault in outcome["faults"]:
        place = f"{fault['sequence'] or '-'} {fault['audit_id'] or ''}".strip()
        console().print(f"[bold red]{fault['code']}[/] {place}: {escape(fault['detail'])}")


def _table(rows: list[dict[str, Any]]) -> Table:
    words = in_terminal_language(
        "N.|Quando|Chi|Azione|Oggetto|Da", "No.|When|Who|Action|Subject|From"
    )
    table = Table(header_style="bold")
    for position, head in enumerate(words.split("|")):
        table.add_column(head, justify="left" if position else "right")
    for row in rows:
        cells = (row["sequence"], row["at"], row["actor"], row["action"], row["subject"])
        table.add_row(*(escape(str(cell)) for cell in cells), escape(row["client"] or ""))
    return table
