"""``ciclo plan``: a plan begun and changed, its approval, amendments, closure, versions."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.api.cli.connection import Connection, connected
from services.api.cli.display import console, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from services.api.cli.plan_tables import differences_tables, state_name, versions_table
from services.api.cli.plan_writing import app as writing
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="plan",
    help="Un piano: inizio, modifiche, approvazione, variazioni, chiusura, versioni.",
    no_args_is_help=True,
)
app.registered_commands += writing.registered_commands


class CauseName(StrEnum):
    """Causes of an amendment, as the API names them."""

    EXOGENOUS = "exogenous"
    ENDOGENOUS = "endogenous"
    INDICATOR_ERROR = "indicator_error"


Organ = Annotated[str, typer.Option(help="Organo che approva: «Giunta camerale».")]
Number = Annotated[str, typer.Option(help="Numero dell'atto.")]
Date = Annotated[str, typer.Option(help="Data dell'atto: AAAA-MM-GG.")]
Document = Annotated[str, typer.Option(help="Che cosa approva l'atto.")]
Opinion = Annotated[str | None, typer.Option(help="Parere dell'OIV.")]
Motivation = Annotated[str, typer.Option(help="Il motivo.")]

_DOCUMENT = "Piano della performance"


@app.command()
def approve(
    chamber: Chamber,
    year: Year,
    organ: Organ,
    number: Number,
    date: Date,
    document: Document = _DOCUMENT,
    oiv_opinion: Opinion = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Approva il piano, o la variazione aperta, con l'atto: nasce una versione."""
    act = {"document": document, "organ": organ, "number": number, "date": date}
    with connected(data) as connection:
        made = move(connection, chamber, year, "approval", {"act": act, "oiv_opinion": oiv_opinion})
    version = made["version"]
    tell(
        made,
        f"Approvata la versione {version} (sha256 {made['sha256']}).",
        f"Version {version} approved (sha256 {made['sha256']}).",
        as_json=as_json,
    )


@app.command()
def amend(
    chamber: Chamber,
    year: Year,
    motivation: Motivation,
    cause: Annotated[CauseName, typer.Option(help="Causa della variazione.")],
    oiv_opinion: Opinion = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Apre una variazione: poi si cambia il piano (set, o import) e lo si approva."""
    body = {"motivation": motivation, "cause": cause.value, "oiv_opinion": oiv_opinion}
    with connected(data) as connection:
        made = move(connection, chamber, year, "amendments", body)
    version = made["version"]
    tell(
        made,
        f"Aperta la variazione: la versione {version} è in preparazione.",
        f"Amendment opened: version {version} is being prepared.",
        as_json=as_json,
    )


@app.command()
def withdraw(
    chamber: Chamber,
    year: Year,
    motivation: Motivation,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Ritira la variazione aperta: il piano torna quello approvato."""
    with connected(data) as connection:
        plan = move(connection, chamber, year, "withdrawal", {"motivation": motivation})
    tell_state(plan, as_json=as_json)


@app.command()
def close(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiude il piano: non accetta più variazioni né rilevazioni."""
    with connected(data) as connection:
        plan = move(connection, chamber, year, "closure", {})
    tell_state(plan, as_json=as_json)


@app.command()
def reopen(
    chamber: Chamber,
    year: Year,
    motivation: Motivation,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Riapre un piano chiuso, per decidere su dati tardivi."""
    with connected(data) as connection:
        plan = move(connection, chamber, year, "reopening", {"motivation": motivation})
    tell_state(plan, as_json=as_json)


@app.command()
def versions(
    chamber: Chamber,
    year: Year,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Elenca le versioni approvate, con atto e motivo."""
    with connected(data) as connection:
        document = connection.api.read_list(f"{plan_path(chamber, year)}/versions")
    if as_json:
        write_json(document)
        return
    out = console()
    out.print(versions_table(document["items"]))
    state = state_name(document["state"])
    out.print(in_terminal_language(f"Stato del piano: {state}.", f"State of the plan: {state}."))


@app.command()
def diff(
    chamber: Chamber,
    year: Year,
    old: Annotated[
        int | None, typer.Argument(metavar="VECCHIA", min=1, help="Senza: la penultima.")
    ] = None,
    new: Annotated[
        int | None, typer.Argument(metavar="NUOVA", min=1, help="Senza: quella attuale.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra che cosa cambia fra due versioni, con i target a fianco e il motivo."""
    path = plan_path(chamber, year)
    with connected(data) as connection:
        api = connection.api
        after = new or api.read(path)["version"]
        before = old or max(1, after - 1)
        document = api.read(f"{path}/versions/{before}/differences/{after}")
    if as_json:
        write_json(document)
        return
    out = console()
    for table in differences_tables(document):
        out.print(table)
    count = len(document["changes"])
    out.print(
        in_terminal_language(
            f"Dalla versione {before} alla {after}: {count} elementi cambiati.",
            f"From version {before} to {after}: {count} elements changed.",
        )
    )


def move(
    connection: Connection, chamber: str, year: int, name: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Makes a move of the plan's life, on the plan as it stands now.

    Raises:
        RefusedError: the API says why not.
    """
    path = plan_path(chamber, year)
    etag = connection.api.get(path).headers["ETag"]
    given = {key: value for key, value in body.items() if value is not None}
    answer = connection.api.post(f"{path}/{name}", given, more_headers={"If-Match": etag})
    document: dict[str, Any] = answer.json()
    return document


def tell(document: Mapping[str, Any], italian: str, english: str, *, as_json: bool) -> None:
    """The answer as JSON, or one sentence."""
    if as_json:
        write_json(document)
    else:
        console().print(escape(in_terminal_language(italian, english)), soft_wrap=True)


def tell_state(plan: Mapping[str, Any], *, as_json: bool) -> None:
    """Where the plan stands after a move."""
    state, version = state_name(plan["state"]), plan["version"]
    tell(
        plan,
        f"Stato del piano: {state}, versione {version}.",
        f"State of the plan: {state}, version {version}.",
        as_json=as_json,
    )
