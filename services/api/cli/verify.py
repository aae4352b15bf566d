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
    verdict = verified_here(pdf, data)
    # A file that is not intact is nobody's original: no system has to be started to know.
    if (verdict is None or verdict["intact"]) and (data is not None or os.environ.get("CICLO_URL")):
        with connected(data) as connection:
            answer = asked(connection.api, pdf)
        verdict = answer if verdict is None else verdict | {"original": answer["original"]}
    if verdict is None:
        raise AssertionError("without a verdict of this machine the API is asked")
    if as_json:
        write_json(verdict)
    else:
        _show(file, verdict)
    if not verdict["valid"]:
        raise typer.Exit(1)


def verified_here(pdf: bytes, data: Path | None) -> dict[str, Any] | None:
    """The verdict of this machine, as the API writes it; ``None`` when only it knows whom to trust.

    Raises:
        CommandFailedError: the folder of trusted authorities cannot be used.
    """
    anchors = trust_folder(data)
    if anchors is None and os.environ.get("CICLO_URL"):
        return None
    from shared.signatures import verify as verify_pdf

    try:
        return _verdict(verify_pdf(pdf, anchors if anchors is not None else ()))
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


def _verdict(report: SignatureReport) -> dict[str, Any]:
    language = terminal_language()
    return {
        "valid": report.valid,
        "intact": report.intact,
        "trusted": report.trusted,
        "sha256": report.sha256,
        "size": report.size,
        "signatures": [_signature(signer) for signer in report.signers],
        "problems": [
            {
                "code": problem.code,
                "detail": problem.it if language == "it" else problem.en,
                "field": problem.field,
            }
            for problem in report.problems
        ],
    }


def _signature(signer: SignerReport) -> dict[str, Any]:
    return {
        "field": signer.field,
        "signer": signer.common_name,
        "organization": signer.organization,
        "unit": signer.chamber,
        "issuer": signer.issuer,
        "level": signer.level,
        "claimed_at": signer.claimed_time,
        "stamped_at": signer.trusted_time,
        "intact": signer.intact,
        "trusted": signer.trusted,
        "covers_whole_document": signer.covers_whole_document,
        "development": signer.development,
    }


def _show(file: Path, verdict: Mapping[str, Any]) -> None:
    out = console()
    word = (
        in_terminal_language("[bold green]VALIDO[/]", "[bold green]VALID[/]")
        if verdict["valid"]
        else in_terminal_language("[bold red]NON VALIDO[/]", "[bold red]NOT VALID[/]")
    )
    out.print(f"{escape(str(file))}: {word}", soft_wrap=True)
    for problem in verdict["problems"]:
        line = f"  [red]-[/] {escape(problem['detail'])} [dim]{problem['code']}[/]"
        out.print(line, soft_wrap=True)
    for signature in verdict["signatures"]:
        out.print(f"  {escape(signature_line(signature))}", soft_wrap=True)
    out.print(f"  SHA-256 {verdict['sha256']}", soft_wrap=True)
    if "original" in verdict:
        out.print(f"  {escape(original_line(verdict['original']))}", soft_wrap=True)


def signature_line(signature: Mapping[str, Any]) -> str:
    """Who signed, at which level and when, in one line."""
    name = signature["signer"] or signature["organization"] or signature["field"]
    when = signature["stamped_at"] or signature["claimed_at"] or "-"
    text = in_terminal_language(
        f"Firma di {name}, livello {signature['level']}, {when}",
        f"Signed by {name}, level {signature['level']}, {when}",
    )
    if signature["development"]:
        text += in_terminal_language(" (di prova, senza valore legale)", " (test, no legal value)")
    return text


def original_line(original: Mapping[str, Any] | None) -> str:
    """Whether the file is the one that was issued, in one line."""
    if original is None:
        return in_terminal_language(
            "Non è un documento emesso da questo sistema.",
            "It is no document that this system has issued.",
        )
    facts = f"{original['chamber']} {original['year']}"
    version, latest = original["version"], original["latest_version"]
    text = in_terminal_language(
        f"È l'originale pubblicato: {facts}, versione {version}",
        f"It is the published original: {facts}, version {version}",
    )
    if latest != version:
        text += in_terminal_language(f" (l'ultima è la {latest})", f" (the latest is {latest})")
    return f"{text}."
