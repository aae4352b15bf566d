"""``ciclo verify``: is a PDF still what was signed, by whom, and is it the published one?"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from deploy.local.layout import DataDirectory
from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError, RefusedError
from services.api.cli.files import read_file
from services.api.cli.options import Data, Json, Language
from shared.contracts.verification import SignatureReport, SignerReport, StampReport
from shared.runtime.language import in_terminal_language, terminal_language

if TYPE_CHECKING:
    from shared.signatures.verification import Anchors

VERIFICATIONS = "/v1/verifications"


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF firmato.")],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Verifica le firme di un PDF, senza rete; esce con 1 se non è valido.

    Le autorità riconosciute sono quelle di --data o della cartella CICLO_TRUST_ANCHORS. Con
    --data o CICLO_URL dice anche di quale documento è copia, e in quale fase: senza CICLO_TOKEN
    il file resta qui, si chiede solo della sua impronta, e la risposta è dei soli documenti
    pubblicati.
    """
    pdf = read_file(file)
    verdict = verified_here(pdf, data)
    stranger = data is None and not os.environ.get("CICLO_TOKEN")
    if data is not None or os.environ.get("CICLO_URL"):
        with connected(data) as connection:
            if verdict is None and stranger:
                verdict = _verdict_of(pdf, ())
            if verdict is not None and stranger:
                verdict |= {"document": looked_up(connection.api, pdf)}
            else:
                answer = asked(connection.api, pdf)
                told = {name: answer[name] for name in ("original", "document")}
                verdict = answer if verdict is None else verdict | told
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
    try:
        return _verdict_of(pdf, anchors if anchors is not None else ())
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


def looked_up(api: ApiClient, pdf: bytes) -> dict[str, Any] | None:
    """The published document that the file is a copy of, or begins with; by digests alone."""
    from shared.signatures.states import states_of

    states = states_of(pdf)
    for state in reversed(states):
        try:
            found: dict[str, Any] = api.read(f"{VERIFICATIONS}/{state.sha256}")["document"]
        except RefusedError as error:
            if error.code != "document_not_recognised":
                raise
        else:
            return found | {"exact": state is states[-1]}
    return None


def _verdict_of(pdf: bytes, anchors: "Anchors") -> dict[str, Any]:
    from shared.signatures import verify as verify_pdf

    return _verdict(verify_pdf(pdf, anchors))


def _verdict(report: SignatureReport) -> dict[str, Any]:
    language = terminal_language()
    return {
        "valid": report.valid,
        "intact": report.intact,
        "trusted": report.trusted,
        "sha256": report.sha256,
        "size": report.size,
        "signatures": [_signature(signer) for signer in report.signers],
        "stamps": [_stamp(stamp) for stamp in report.stamps],
        "after_last": report.after_last,
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


def _stamp(stamp: StampReport) -> dict[str, Any]:
    return {
        "field": stamp.field,
        "authority": stamp.authority,
        "stamped_at": stamp.time,
        "good": stamp.good,
        "certificate_ends": stamp.certificate_ends,
        "covers_whole_document": stamp.covers_whole_document,
    }


_AFTER = {
    "validation_data": (
        "Dopo l'ultima firma ci sono solo dati di validazione.",
        "After the last signature there are validation data, and nothing else.",
    ),
    "changes": (
        "Dopo l'ultima firma il file è stato cambiato.",
        "After the last signature the file was changed.",
    ),
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
    for stamp in verdict["stamps"]:
        out.print(f"  {escape(stamp_line(stamp))}", soft_wrap=True)
    if verdict["after_last"] in _AFTER:
        out.print(f"  {in_terminal_language(*_AFTER[verdict['after_last']])}", soft_wrap=True)
    out.print(f"  SHA-256 {verdict['sha256']}", soft_wrap=True)
    for line in document_lines(verdict) if "document" in verdict else ():
        out.print(f"  {escape(line)}", soft_wrap=True)


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


def stamp_line(stamp: Mapping[str, Any]) -> str:
    """Who stamped the whole document, when, and until when that speaks for it, in one line."""
    who, until = stamp["authority"] or stamp["field"], stamp["certificate_ends"][:10]
    text = in_terminal_language(
        f"Marca temporale di {who}, {stamp['stamped_at'] or '-'}, da rinnovare entro il {until}",
        f"Time stamp of {who}, {stamp['stamped_at'] or '-'}, to be renewed before {until}",
    )
    if not stamp["good"]:
        text += in_terminal_language(" (non valida)", " (not valid)")
    return text


def document_lines(verdict: Mapping[str, Any]) -> list[str]:
    """Which document of the system the file is a copy of, one fact a line."""
    document = verdict["document"]
    if document is None:
        return [
            in_terminal_language(
                "Non è un documento di questo sistema, o non è pubblicato per chi chiede.",
                "It is no document of this system, or it is not published for whoever asks.",
            )
        ]
    if not document["published"]:
        original = in_terminal_language("È l'originale emesso.", "It is the original as issued.")
    else:
        original = in_terminal_language(
            "È l'originale pubblicato.", "It is the published original."
        )
    exact = document["exact"] and document["last"] and verdict["valid"]
    return [*([original] if exact else []), *document["summary"]]
