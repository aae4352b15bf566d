"""``ciclo verify``: is a PDF still what was signed, by whom, and is it the published one?"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from deploy.local.layout import DataDirectory
from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file
from services.api.cli.options import Data, Json, Language
from shared.contracts.verification import SignatureReport, SignerReport
from shared.runtime.language import in_terminal_language, terminal_language

VERIFICATIONS = "/v1/verifications"


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF firmato.")],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Verifica le firme di un PDF, senza rete; esce con 1 se non è valido.

    Le autorità riconosciute sono quelle di --data o della cartella CICLO_TRUST_ANCHORS. Con
    --data o CICLO_URL dice anche se è l'originale pubblicato.
    """
    pdf = read_file(file)
    report = verified_here(pdf, data)
    answer: Mapping[str, Any] | None = None
    # A file that is not intact is nobody's original: no system has to be started to know.
    if (report is None or report.intact) and (data is not None or os.environ.get("CICLO_URL")):
        with connected(data) as connection:
            answer = asked(connection.api, pdf)
    if as_json:
        write_json(_document(report, answer))
    else:
        _show(file, report, answer)
    valid = report.valid if report is not None else bool(answer and answer["valid"])
    if not valid:
        raise typer.Exit(1)


def verified_here(pdf: bytes, data: Path | None) -> SignatureReport | None:
    """The verdict of this machine; ``None`` when only the API knows whom to trust.

    Raises:
        CommandFailedError: the folder of trusted authorities cannot be used.
    """
    anchors = trust_folder(data)
    if anchors is None and os.environ.get("CICLO_URL"):
        return None
    from shared.signatures import verify as verify_pdf

    try:
        return verify_pdf(pdf, anchors if anchors is not None else ())
    except (OSError, ValueError) as error:
        raise CommandFailedError(
            in_terminal_language(
                f"Le autorità riconosciute in {anchors} non si possono leggere: {error}",
                f"The trusted authorities in {anchors} cannot be read: {error}",
            )
        ) from error


def trust_folder(data: Path | None) -> Path | None:
    """Where the trusted authorities are: ``--data`` first, then ``CICLO_TRUST_ANCHORS``."""
    if data is not None:
        return DataDirectory.at(data).trust
    given = os.environ.get("CICLO_TRUST_ANCHORS")
    return Path(given) if given else None


def asked(api: ApiClient, pdf: bytes) -> dict[str, Any]:
    """What the API says about the file."""
    answer: dict[str, Any] = api.post(VERIFICATIONS, pdf, media_type="application/pdf").json()
    return answer


def _document(report: SignatureReport | None, answer: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if answer is None else dict(answer)
    if report is not None:
        found |= report.model_dump(mode="json")
    return found


def _show(file: Path, report: SignatureReport | None, answer: Mapping[str, Any] | None) -> None:
    out = console()
    document = _document(report, answer)
    verdict = (
        in_terminal_language("[bold green]VALIDO[/]", "[bold green]VALID[/]")
        if document["valid"]
        else in_terminal_language("[bold red]NON VALIDO[/]", "[bold red]NOT VALID[/]")
    )
    out.print(f"{escape(str(file))}: {verdict}", soft_wrap=True)
    for problem in document["problems"]:
        text = problem.get(terminal_language()) or problem.get("detail") or problem["code"]
        out.print(f"  [red]-[/] {escape(text)} [dim]{problem['code']}[/]", soft_wrap=True)
    for signer in report.signers if report is not None else ():
        out.print(f"  {escape(signer_line(signer))}", soft_wrap=True)
    out.print(f"  SHA-256 {document['sha256']}", soft_wrap=True)
    if answer is not None:
        out.print(f"  {escape(published_line(answer))}", soft_wrap=True)


def signer_line(signer: SignerReport) -> str:
    """Who signed, at which level and when, in one line."""
    name = signer.common_name or signer.organization or signer.field
    when = signer.trusted_time or signer.claimed_time or "-"
    text = in_terminal_language(
        f"Firma di {name}, livello {signer.level}, {when}",
        f"Signed by {name}, level {signer.level}, {when}",
    )
    if signer.development:
        text += in_terminal_language(" (di prova, senza valore legale)", " (test, no legal value)")
    return text


def published_line(answer: Mapping[str, Any]) -> str:
    """Whether the file is the one that the system keeps, in one line."""
    published = answer.get("published")
    if not published:
        return in_terminal_language(
            "Non è un documento di questo sistema.", "It is no document of this system."
        )
    return in_terminal_language("È l'originale pubblicato.", "It is the published original.")
