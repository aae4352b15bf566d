"""``ciclo report approve|validate|publish``: the steps of a document, by those who take them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path
from services.api.cli.plan import Date, Number, Organ
from shared.runtime.language import in_terminal_language

_NO_DOCUMENT = frozenset({"requested", "failed", "cancelled"})


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
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Registra l'atto che approva il documento; se qualcosa lo impedisce, elenca tutto."""
    act = {"organ": organ, "number": number, "date": date}
    wanted = _Wanted(chamber, year, kind.value, version)
    document = wanted.moved(data, "approve", "approval", {"act": act})
    _tell(document, as_json, "Approvata", "approved")


def validate(
    chamber: Chamber,
    year: Year,
    date: Date,
    kind: _DecidedKind = Decided.RELAZIONE,
    number: Annotated[str | None, typer.Option(help="Numero del verbale.")] = None,
    conditions: Annotated[str | None, typer.Option(help="A quali condizioni.")] = None,
    remarks: Annotated[str | None, typer.Option(help="Osservazioni.")] = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Registra che l'OIV ha validato il documento approvato; solo per l'OIV."""
    given = {"date": date, "number": number, "conditions": conditions, "remarks": remarks}
    body = {name: value for name, value in given.items() if value is not None}
    wanted = _Wanted(chamber, year, kind.value, version)
    document = wanted.moved(data, "validate", "validation", body)
    _tell(document, as_json, "Validata", "validated")


def publish(
    chamber: Chamber,
    year: Year,
    kind: _PublicKind = Public.RELAZIONE,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Rende leggibile a chiunque il documento che ha compiuto i suoi passi, una volta per tutte."""
    wanted = _Wanted(chamber, year, kind.value, version)
    document = wanted.moved(data, "publish", "publication", {})
    _tell(document, as_json, "Pubblicata", "published")


class _Wanted:
    """A version of a document of a year."""

    def __init__(self, chamber: str, year: int, kind: str, version: int | None) -> None:
        self.chamber = chamber
        self.year = year
        self.kind = kind
        self.version = version

    def moved(self, data: Data, action: str, step: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The document after a step, taken on it as it was just read.

        Raises:
            CommandFailedError: there is no such version.
            RefusedError: the step cannot be taken; it says why.
        """
        reports = f"{chamber_path(self.chamber)}/reports"
        with connected(data) as connection:
            api = connection.api
            listed = api.read(reports, year=self.year, kind=self.kind, limit=500)["items"]
            address = f"{reports}/{self._of(listed, f'report.{action}')['report_id']}"
            etag = api.get(address).headers["ETag"]
            answer = api.post(f"{address}/{step}", body, more_headers={"If-Match": etag})
        moved: dict[str, Any] = answer.json()
        return moved

    def _of(self, items: Sequence[dict[str, Any]], action: str) -> dict[str, Any]:
        """The version asked for; else the latest that waits for the step, or the latest made."""
        made = sorted(
            (row for row in items if row["state"] not in _NO_DOCUMENT),
            key=lambda row: (action in row["allowed_actions"], row["version"]),
        )
        if self.version is not None:
            made = [row for row in made if row["version"] == self.version]
        if not made:
            raise CommandFailedError(
                in_terminal_language(
                    "Nessuna versione del documento: chiederne una con «ciclo render», o con "
                    "«ciclo entity report».",
                    "No version of the document: request one with 'ciclo render', or with 'ciclo "
                    "entity report'.",
                )
            )
        return made[-1]


def _tell(document: Mapping[str, Any], as_json: bool, done: str, english: str) -> None:
    if as_json:
        write_json(document)
        return
    number = document["version"]
    console().print(
        in_terminal_language(
            f"{done} la versione {number}: {document['document']['href']}",
            f"Version {number} {english}: {document['document']['href']}",
        )
    )
