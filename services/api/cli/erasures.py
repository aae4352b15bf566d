"""``ciclo erasure``: asking for the end of a chamber, and the certificates that remain."""

import hashlib
import uuid
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import write_file
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.paths import chamber_path, entity_path
from services.api.cli.typed import typed_code
from shared.runtime.language import in_terminal_language

erasure = typer.Typer(
    help="La fine di una camera: richieste, e certificati di ciò che è stato tolto.",
    no_args_is_help=True,
)

Erasure = Annotated[str, typer.Argument(metavar="CANCELLAZIONE", help="Identificativo.")]

_STATES = {
    "requested": ("chiesta", "requested"),
    "withdrawn": ("ritirata", "withdrawn"),
    "lapsed": ("scaduta", "lapsed"),
    "erased": ("eseguita", "carried out"),
}


@erasure.command("request")
def request(
    chamber: Chamber,
    archive: Annotated[Path, typer.Option(help="L'archivio che si conserva.")],
    reason: Annotated[str, typer.Option(help="Il motivo, per il certificato.")],
    confirm: Annotated[
        str | None, typer.Option(help="Il codice della camera, scritto di nuovo.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiede di cancellare una camera sospesa e appena esportata; altri la esegue."""
    typed = confirm if confirm is not None else typed_code(chamber)
    try:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CommandFailedError(f"{archive}: {error.strerror}") from error
    body = {"code": typed, "archive_sha256": digest, "reason": reason}
    with connected(data) as connection:
        path = f"{chamber_path(chamber)}/erasure-requests"
        made = connection.api.create(path, body, idempotency_key=str(uuid.uuid4()))
    if as_json:
        write_json(made)
        return
    command = f"ciclo tenant erase {chamber} --request {made['erasure_id']} --certificate FILE"
    console().print(
        in_terminal_language(
            "Chiesta. La esegue, sulla macchina, chi ha la base dati:",
            "Requested. Whoever has the database carries it out, on the machine:",
        )
    )
    console().print(f"  {command}", soft_wrap=True)


@erasure.command("list")
def list_(data: Data = None, as_json: Json = False, _lang: Language = None) -> None:
    """Elenca le cancellazioni chieste ed eseguite, dalla più recente."""
    with connected(data) as connection:
        found = connection.api.read_list(_path(connection.api))
    if as_json:
        write_json(found)
        return
    heads = in_terminal_language(
        "Cancellazione|Camera|Stato|Chiesta da|Eseguita da|Il",
        "Erasure|Chamber|State|Requested by|Carried out by|On",
    )
    table = Table(*heads.split("|"), header_style="bold")
    for one in found["items"]:
        state = in_terminal_language(*_STATES[one["state"]])
        cells = (one["requested_by"], one["erased_by"], one["erased_at"])
        table.add_row(one["erasure_id"], one["chamber"], state, *(cell or "-" for cell in cells))
    console().print(table)


@erasure.command("withdraw")
def withdraw(
    erasure: Erasure, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Ritira una richiesta che nessuno ha ancora eseguito."""
    with connected(data) as connection:
        api = connection.api
        made = api.create(f"{_path(api)}/{erasure}/withdrawal", {})
    if as_json:
        write_json(made)
    else:
        console().print(in_terminal_language("Ritirata.", "Withdrawn."))


@erasure.command("certificate")
def certificate(
    erasure: Erasure,
    out: Annotated[Path, typer.Option(help="File da scrivere.")],
    data: Data = None,
    _lang: Language = None,
) -> None:
    """Salva il certificato di una cancellazione; si verifica con ciclo tenant certificate."""
    with connected(data) as connection:
        api = connection.api
        answer = api.get(f"{_path(api)}/{erasure}/certificate")
    write_file(out, answer.content)
    console().print(in_terminal_language(f"Scritto {out}.", f"Wrote {out}."))


def _path(api: ApiClient) -> str:
    items = api.read("/v1/entities")["items"]
    if not items:
        raise CommandFailedError(in_terminal_language("L'ente non c'è.", "There is no entity."))
    return f"{entity_path(items[0]['code'])}/chamber-erasures"
