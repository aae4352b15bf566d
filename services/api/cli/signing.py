"""``ciclo report sign`` and what belongs to it: who signs a document, and copies signed elsewhere.

Where the key is (PKCS#12 file, PKCS#11 device, remote service) is the renderer's configuration.
What its owner gives for one signature is asked at the terminal, or read from a file or a variable:
never from the command's own words, which other users of the machine can read.
"""

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, progress, write_json
from services.api.cli.files import read_file
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path
from services.api.cli.rendering import followed_job
from services.api.cli.report_choice import Choice, Which
from shared.runtime.language import in_terminal_language

_PDF = "application/pdf"

Office = Annotated[
    str, typer.Option(help="Ufficio che firma: segretario_generale, presidente, commissario, ...")
]
Kind = Annotated[
    str, typer.Option(help="Tipo di documento: relazione, piano, relazione_ente, validazione.")
]
Version = Annotated[
    int | None, typer.Option(min=1, help="La versione; senza, l'ultima che ha un PDF.")
]

_KEPT = ("report_id", "kind", "year", "mark", "title", "version")

_STATES = {
    "made": ("apposta", "made"),
    "under_way": ("in corso", "under way"),
    "next": ("tocca a questo ufficio", "this office's turn"),
    "waiting": ("in attesa", "waiting"),
}


def sign(
    chamber: Chamber,
    year: Year,
    office: Office,
    kind: Kind = "relazione",
    which: Which = None,
    version: Version = None,
    pin: Annotated[bool, typer.Option("--pin", help="Chiede il PIN al terminale.")] = False,
    pin_file: Annotated[
        Path | None, typer.Option(help="File con il PIN; altrimenti la variabile CICLO_PIN.")
    ] = None,
    otp: Annotated[
        bool, typer.Option("--otp", help="Chiede al terminale il codice monouso (o CICLO_OTP).")
    ] = False,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiede la firma di un ufficio sul documento validato e ne segue l'apposizione.

    La chiave è quella che il renderer custodisce o raggiunge (PKCS#12, PKCS#11, firma remota CSC).
    """
    secrets = {
        "pin": _secret("PIN", "CICLO_PIN", ask=pin, file=pin_file),
        "otp": _secret("OTP", "CICLO_OTP", ask=otp),
    }
    wanted = {"office": office} | {name: value for name, value in secrets.items() if value}
    label = in_terminal_language(f"Firma: {office}", f"Signature: {office}")
    with connected(data, renderer=True) as connection, progress(label) as step:
        api = connection.api
        path = _signatures(api, Choice(chamber, year, kind, which, version))
        followed_job(api, path, wanted, step, key=str(uuid.uuid4()))
        found = api.read(path)
    _tell(found, as_json=as_json)


def signatures(
    chamber: Chamber,
    year: Year,
    kind: Kind = "relazione",
    which: Which = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra le firme di un documento: apposte, a chi tocca, chi attende."""
    with connected(data) as connection:
        api = connection.api
        found = api.read(_signatures(api, Choice(chamber, year, kind, which, version)))
    _tell(found, as_json=as_json)


def signed_copy(
    chamber: Chamber,
    year: Year,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF firmato altrove.")],
    office: Office,
    kind: Kind = "relazione",
    which: Which = None,
    version: Version = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Consegna la copia firmata altrove; se qualcosa non va, elenca tutto.

    Dev'essere il PDF scaricato da qui, con in più la sola firma PAdES dell'ufficio.
    """
    pdf = read_file(file)
    with connected(data) as connection:
        api = connection.api
        path = _signatures(api, Choice(chamber, year, kind, which, version))
        etag = api.get(path.removesuffix("signatures") + "pdf").headers["ETag"]
        found = api.put_file(f"{path}/{office}/pdf", pdf, _PDF, etag=etag)
    _tell(found, as_json=as_json)


def renew(
    chamber: Chamber,
    within_days: Annotated[
        int, typer.Option(min=1, max=20_000, help="Rinnova ciò che finisce entro tanti giorni.")
    ] = 365,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Elenca e non rinnova.")] = False,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Rinnova le marche temporali dei documenti prima che il loro certificato finisca.

    Da eseguire ogni mese da un pianificatore: finché c'è tempo un rinnovo mancato si ripete.
    """
    last = (datetime.now(UTC) + timedelta(days=within_days)).isoformat()
    with connected(data, renderer=not dry_run) as connection, progress("") as step:
        api = connection.api
        due = [item for item in _stamped(api, chamber) if item["renew_before"] < last]
        for item in [] if dry_run else due:
            key = f"renewal-{item['sha256']}"
            followed_job(api, f"{item['signatures']}/renewal", {}, step, key=key)
            item["renewed"] = True
    if as_json:
        write_json({"items": due})
        return
    for item in due:
        what = "rinnovata" if item["renewed"] else "da rinnovare"
        english = "renewed" if item["renewed"] else "to be renewed"
        name, until = f"{item['title']}, {item['version']}", item["renew_before"][:10]
        text = in_terminal_language(
            f"{name}: marca che finisce il {until}, {what}.",
            f"{name}: stamp that ends on {until}, {english}.",
        )
        console().print(text, highlight=False)
    if not due:
        text = in_terminal_language("Nessuna marca da rinnovare.", "No stamp to renew.")
        console().print(text)


def _stamped(api: ApiClient, chamber: str) -> list[dict[str, Any]]:
    """The documents with a time stamp over all of them, and when that ends."""
    reports = f"{chamber_path(chamber)}/reports"
    found: list[dict[str, Any]] = []
    for row in api.read_list(reports)["items"]:
        if not row["document"]:
            continue
        path = f"{reports}/{row['report_id']}/signatures"
        ends = api.read(path)["renew_before"]
        if ends is not None:
            kept = {name: row[name] for name in _KEPT}
            sha256 = row["document"]["sha256"]
            more = {"signatures": path, "sha256": sha256, "renew_before": ends}
            found.append({**kept, **more, "renewed": False})
    return found


def _signatures(api: ApiClient, choice: Choice) -> str:
    """Address of the signatures of a document."""
    return f"{choice.address(api)}/signatures"


def _secret(name: str, variable: str, *, ask: bool, file: Path | None = None) -> str | None:
    """What its owner gives: asked, or in a file, or in a variable; ``None`` when in none."""
    if ask:
        given: str = typer.prompt(name, hide_input=True, err=True)
        return given
    if file is not None:
        return read_file(file).decode().rstrip("\r\n")
    return os.environ.get(variable) or None


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(found)
        return
    words = in_terminal_language(
        "Firma|Ufficio|Stato|Livello|Quando", "Signature|Office|State|Level|When"
    )
    table = Table(*words.split("|"), header_style="bold")
    for item in found["items"]:
        made = item["made"]
        when = (made["stamped_at"] or made["claimed_at"] or made["made_at"]) if made else ""
        state = in_terminal_language(*_STATES[item["state"]])
        level = made["level"] if made else ""
        table.add_row(item["title"], item["office"], state, level, when[:16].replace("T", " "))
    console().print(table)
    if found["complete"]:
        console().print(in_terminal_language("Ogni firma attesa c'è.", "Every signature is there."))
