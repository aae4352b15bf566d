"""``ciclo report approve|validate|publish``: the steps of a document, by those who take them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.plan import Date, Number, Organ
from services.api.cli.report_choice import Choice, Which
from shared.runtime.language import in_terminal_language


class Decided(StrEnum):
    """Kinds of document that a body approves and the OIV validates."""

    RELAZIONE = "relazione"
    RELAZIONE_ENTE = "relazione_ente"


class Public(StrEnum):
    """Kinds of document that are published."""

    RELAZIONE = "relazione"
    PIANO = "piano"
    VALIDAZIONE = "validazione"
    RELAZIONE_ENTE = "relazione_ente"


Version = Annotated[
    int | None,
    typer.Option(min=1, help="La versione; senza, l'ultima che attende questo passo."),
]
_DecidedKind = Annotated[Decided, typer.Option("--kind", help="Tipo di documento.")]
_PublicKind = Annotated[Public, typer.Option("--kind", help="Tipo di documento.")]


def approve(
    chamber: Chamber,
    year: Year,
    organ: Organ,
    number: Number,
    date: Date,
    kind: _DecidedKind = Decided.RELAZIONE,
    which: Which = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Registra l'atto che approva il documento; se qualcosa lo impedisce, elenca tutto."""
    act = {"organ": organ, "number": number, "date": date}
    choice = Choice(chamber, year, kind.value, which, version)
    document = _moved(choice, data, "approve", "approval", {"act": act})
    _tell(document, as_json, "Approvata", "approved")


def validate(
    chamber: Chamber,
    year: Year,
    date: Date,
    kind: _DecidedKind = Decided.RELAZIONE,
    number: Annotated[str | None, typer.Option(help="Numero del verbale.")] = None,
    conditions: Annotated[str | None, typer.Option(help="A quali condizioni.")] = None,
    remarks: Annotated[str | None, typer.Option(help="Osservazioni.")] = None,
    which: Which = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Registra che l'OIV ha validato il documento approvato; solo per l'OIV."""
    given = {"date": date, "number": number, "conditions": conditions, "remarks": remarks}
    body = {name: value for name, value in given.items() if value is not None}
    choice = Choice(chamber, year, kind.value, which, version)
    document = _moved(choice, data, "validate", "validation", body)
    _tell(document, as_json, "Validata", "validated")


def publish(
    chamber: Chamber,
    year: Year,
    kind: _PublicKind = Public.RELAZIONE,
    which: Which = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Rende leggibile a chiunque il documento che ha compiuto i suoi passi, una volta per tutte."""
    choice = Choice(chamber, year, kind.value, which, version)
    document = _moved(choice, data, "publish", "publication", {})
    _tell(document, as_json, "Pubblicata", "published")


def _moved(
    choice: Choice, data: Data, action: str, step: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The document after a step, taken on it as it was just read.

    Raises:
        CommandFailedError: there is no such document, or more than one.
        RefusedError: the step cannot be taken; it says why.
    """
    with connected(data) as connection:
        api = connection.api
        address = choice.address(api, f"report.{action}")
        etag = api.get(address).headers["ETag"]
        answer = api.post(f"{address}/{step}", body, more_headers={"If-Match": etag})
    moved: dict[str, Any] = answer.json()
    return moved


def _tell(document: Mapping[str, Any], as_json: bool, done: str, english: str) -> None:
    if as_json:
        write_json(document)
        return
    number, title = document["version"], document["title"]
    text = in_terminal_language(
        f"{done} la versione {number} di «{title}»: {document['document']['href']}",
        f"Version {number} of '{title}' {english}: {document['document']['href']}",
    )
    console().print(text, highlight=False, soft_wrap=True)
