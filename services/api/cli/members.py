"""``ciclo member``: the persons of a chamber, and what they are in it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Chamber, Data, Json, Language
from shared.runtime.language import in_terminal_language

member = typer.Typer(help="Le persone di una camera: ruoli, unità, schede.", no_args_is_help=True)

Person = Annotated[
    str,
    typer.Argument(metavar="PERSONA", help="Soggetto del gestore di identità, come nei registri."),
]
Roles = Annotated[list[str], typer.Option("--role", help="Ruolo; ripetibile.")]
Units = Annotated[
    list[str] | None, typer.Option("--unit", help="Unità o codice di area; * tutte; ripetibile.")
]
Sheets = Annotated[
    list[str] | None, typer.Option("--sheet", help="Scheda in cui è valutata; ripetibile.")
]
Evaluates = Annotated[
    list[str] | None, typer.Option("--evaluates", help="Scheda che valuta; ripetibile.")
]
Since = Annotated[str | None, typer.Option("--from", help="Primo giorno, AAAA-MM-GG.")]
Until = Annotated[str | None, typer.Option("--until", help="Ultimo giorno, AAAA-MM-GG.")]


def _path(chamber: str, member_id: str | None = None) -> str:
    base = f"/v1/chambers/{chamber}/members"
    return base if member_id is None else f"{base}/{member_id}"


@member.command("list")
def list_members(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Mostra le persone che hanno un ruolo conferito dalla camera."""
    with connected(data) as connection:
        document = connection.api.read_list(_path(chamber))
    if as_json:
        write_json(document)
    else:
        console().print(_table(document["items"]))


@member.command("show")
def show_member(chamber: Chamber, person: Person, data: Data = None, as_json: Json = False) -> None:
    """Mostra una persona."""
    with connected(data) as connection:
        found = _found(connection.api, chamber, person)
    if as_json:
        write_json(found)
    else:
        console().print(_table([found]))


@member.command("add")
def add_member(
    chamber: Chamber,
    person: Person,
    roles: Roles,
    units: Units = None,
    sheets: Sheets = None,
    evaluates: Evaluates = None,
    since: Since = None,
    until: Until = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Conferisce ruoli a una persona, o sostituisce quelli che ha."""
    given = {
        "roles": roles,
        "units": units or [],
        "sheets": sheets or [],
        "evaluates": evaluates or [],
        "valid_from": since,
        "valid_until": until,
    }
    with connected(data) as connection:
        present = _listed(connection.api, chamber, person)
        if present is None:
            made = connection.api.create(_path(chamber), {"person": person, **given})
        else:
            path = _path(chamber, present["member_id"])
            etag = connection.api.get(path).headers["ETag"]
            made = connection.api.patch(path, given, etag=etag)
    if as_json:
        write_json(made)
    else:
        console().print(_table([made]))


@member.command("remove")
def remove_member(
    chamber: Chamber, person: Person, data: Data = None, _lang: Language = None
) -> None:
    """Toglie a una persona i ruoli conferiti dalla camera."""
    with connected(data) as connection:
        path = _path(chamber, _found(connection.api, chamber, person)["member_id"])
        connection.api.delete(path, etag=connection.api.get(path).headers["ETag"])
    console().print(in_terminal_language(f"{person}: tolto.", f"{person}: removed."))


def _listed(api: ApiClient, chamber: str, person: str) -> Mapping[str, Any] | None:
    items: Sequence[Mapping[str, Any]] = api.read(_path(chamber), person=person)["items"]
    return items[0] if items else None


def _found(api: ApiClient, chamber: str, person: str) -> Mapping[str, Any]:
    found = _listed(api, chamber, person)
    if found is None:
        raise CommandFailedError(
            in_terminal_language(
                f"{person} non è tra le persone di {chamber}: vedere ciclo member list.",
                f"{person} is not among the persons of {chamber}: see ciclo member list.",
            )
        )
    return found


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    words = in_terminal_language(
        "Persona|Ruoli|Unità|Schede|Valuta|Dal|Al", "Person|Roles|Units|Sheets|Evaluates|From|To"
    )
    table = Table(*words.split("|"), header_style="bold")
    for row in rows:
        lists = (", ".join(row[name]) for name in ("roles", "units", "sheets", "evaluates"))
        days = (row["valid_from"] or "", row["valid_until"] or "")
        table.add_row(escape(row["person"]), *(escape(text) for text in lists), *days)
    return table
