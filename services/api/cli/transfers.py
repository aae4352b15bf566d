"""``ciclo archive``: a whole chamber taken out of an installation, and brought in, through its API.

``ciclo tenant export`` and ``import`` do the same on the machine itself, whatever the size.
"""

import hashlib
import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from services.api.cli.client import ApiClient, retry_after
from services.api.cli.connection import connected
from services.api.cli.display import console, progress, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.paths import chamber_path, entity_path
from shared.runtime.language import in_terminal_language

archive = typer.Typer(
    help="L'archivio di tutta una camera, attraverso l'API: fuori e dentro.", no_args_is_help=True
)

Out = Annotated[Path, typer.Option(help="File da scrivere (.zip).")]

_STAGES = {
    "queued": ("in attesa", "waiting"),
    "checking": ("verifica", "checking"),
    "rows": ("righe", "rows"),
    "documents": ("documenti", "documents"),
    "comparing": ("confronto", "comparing"),
    "storing": ("deposito", "storing"),
    "done": ("pronto", "ready"),
}

_PAUSE_SECONDS = 0.3
_LONGEST_PAUSE_SECONDS = 2.0


@archive.command("make")
def make(
    chamber: Chamber, out: Out, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Chiede l'archivio, ne segue la preparazione, lo salva e ne verifica l'impronta."""
    with connected(data) as connection:
        api = connection.api
        asked = api.post(f"{chamber_path(chamber)}/exports", {}, idempotency_key=str(uuid.uuid4()))
        job = _finished(api, asked.headers["Location"], chamber)
        _save(api, job, out)
    _tell(job, out, as_json=as_json)


@archive.command("fetch")
def fetch(
    chamber: Chamber,
    export: Annotated[str, typer.Argument(metavar="ESPORTAZIONE", help="Identificativo.")],
    out: Out,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Salva un archivio già pronto: chi vede tutte le schede individuali lo fa per chi non può."""
    with connected(data) as connection:
        job = connection.api.read(f"{chamber_path(chamber)}/exports/{export}")
        _save(connection.api, job, out)
    _tell(job, out, as_json=as_json)


@archive.command("list")
def list_(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Elenca le esportazioni della camera, con stato e scadenza."""
    with connected(data) as connection:
        found = connection.api.read_list(f"{chamber_path(chamber)}/exports")
    if as_json:
        write_json(found)
        return
    heads = in_terminal_language(
        "Esportazione|Stato|Byte|Fino a|SHA-256", "Export|State|Bytes|Until|SHA-256"
    )
    table = Table(*heads.split("|"), header_style="bold")
    for one in found["items"]:
        cells = (one["state"], one["size"], one["expires_at"], one["sha256"])
        table.add_row(one["export_id"], *("-" if cell is None else str(cell) for cell in cells))
    console().print(table)


@archive.command("load")
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archivio di una camera.")],
    entity: Annotated[str | None, typer.Option(help="Ente; senza, quello di chi chiama.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Porta nell'installazione la camera di un archivio: intera, o per niente."""
    with connected(data, create=True) as connection:
        api = connection.api
        path = f"{entity_path(entity or _own_entity(api))}/chamber-imports"
        asked = api.upload(path, file, "application/zip")
        job = _finished(api, asked.headers["Location"], file.name)
    if as_json:
        write_json(job)
    else:
        console().print(
            in_terminal_language(
                f"Importata la camera {job['chamber']}, uguale all'archivio.",
                f"Imported chamber {job['chamber']}, equal to the archive.",
            )
        )


def _finished(api: ApiClient, location: str, label: str) -> dict[str, Any]:
    """The job once it is over.

    Raises:
        CommandFailedError: it did not succeed, with every reason.
    """
    pause = _PAUSE_SECONDS
    with progress(label) as step:
        while True:
            answer = api.get(location)
            job: dict[str, Any] = answer.json()
            words = _STAGES.get(job["stage"], (job["stage"],) * 2)
            step(job["progress"], in_terminal_language(*words))
            if job["state"] not in {"queued", "running"}:
                break
            time.sleep(min(pause, retry_after(answer) or pause))
            pause = min(pause * 1.3, _LONGEST_PAUSE_SECONDS)
    failure = job["failure"]
    if failure is not None:
        lines = [f"{failure['detail']} [{failure['code']}]"]
        lines += [f"  {error['pointer']}: {error['detail']}" for error in failure["errors"]]
        raise CommandFailedError("\n".join(lines))
    return job


def _save(api: ApiClient, job: dict[str, Any], out: Path) -> None:
    """Fetches the file of a job.

    Raises:
        CommandFailedError: it is not there, or what came is not what was made.
    """
    if job["file"] is None:
        raise CommandFailedError(
            in_terminal_language(
                f"L'esportazione è nello stato {job['state']}: chiederne una nuova.",
                f"The export is in state {job['state']}: ask for a new one.",
            )
        )
    api.download(job["file"], out)
    with out.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != job["sha256"]:
        raise CommandFailedError(
            in_terminal_language(
                f"{out} è arrivato diverso da com'è partito: scaricarlo di nuovo.",
                f"{out} is not what was sent: fetch it again.",
            )
        )


def _tell(job: dict[str, Any], out: Path, *, as_json: bool) -> None:
    if as_json:
        write_json({"out": str(out), **job})
        return
    console().print(
        in_terminal_language(
            f"Scritto {out}: {job['size']} byte.", f"Wrote {out}: {job['size']} bytes."
        )
    )
    console().print(f"sha256 {job['sha256']}", soft_wrap=True)


def _own_entity(api: ApiClient) -> str:
    items = api.read("/v1/entities")["items"]
    if not items:
        raise CommandFailedError(
            in_terminal_language(
                "L'ente non c'è ancora in questa installazione: indicarlo con --entity.",
                "The entity is not in this installation yet: name it with --entity.",
            )
        )
    return str(items[0]["code"])
