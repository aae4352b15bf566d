"""``ciclo render``: request a document, follow its job, save the signed PDF."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.api.cli.client import ApiClient, retry_after
from services.api.cli.connection import connected
from services.api.cli.display import Step, progress, write_json
from services.api.cli.failures import CommandFailedError, RefusedError
from services.api.cli.files import write_file
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import chamber_path
from shared.runtime.language import in_terminal_language

_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 1.0
"""The API says how long to wait; a person watching wants to see more than that."""

_STAGES = {
    "queued": ("in attesa", "waiting"),
    "leased": ("presa in carico", "taken"),
    "document": ("composizione", "composing"),
    "pdf": ("impaginazione", "laying out"),
    "signing": ("firma", "signing"),
    "uploading": ("consegna", "handing over"),
    "done": ("pronta", "ready"),
}


class Kind(StrEnum):
    """Kinds of document."""

    RELAZIONE = "relazione"
    MONITORAGGIO = "monitoraggio"
    PIANO = "piano"


Reason = Annotated[
    str | None, typer.Option(help="Perché serve un'altra versione, dopo un'approvazione.")
]


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A signed document and what the API says about it."""

    facts: Mapping[str, Any]
    pdf: bytes

    @property
    def document(self) -> Mapping[str, Any]:
        """Hash, size, pages and seal."""
        found: Mapping[str, Any] = self.facts["document"]
        return found


def render(
    chamber: Chamber,
    year: Year,
    out: Annotated[Path, typer.Option(help="PDF da scrivere.")],
    kind: Annotated[Kind, typer.Option(help="Tipo di documento.")] = Kind.RELAZIONE,
    period: Annotated[
        str | None, typer.Option(help="Periodo del monitoraggio: Q1, S1, T1, M01, ..., Y.")
    ] = None,
    sheets: Annotated[
        bool | None,
        typer.Option(
            "--sheets/--no-sheets",
            help="Con le schede individuali, per ruolo, o senza; altrimenti come ha stabilito la "
            "camera.",
        ),
    ] = None,
    reason: Reason = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiede il documento, ne segue la composizione e salva il PDF firmato."""
    refuse_missing_folder(out)
    with connected(data, renderer=True) as connection:
        label = in_terminal_language(f"Relazione {chamber} {year}", f"Report {chamber} {year}")
        with progress(label) as step:
            wanted: dict[str, Any] = {"year": year, "kind": kind.value}
            if period is not None:
                wanted["period"] = period.upper()
            if sheets is not None:
                wanted["individual_sheets"] = "roles" if sheets else "omitted"
            if reason is not None:
                wanted["reason"] = reason
            report = rendered_report(connection.api, chamber, wanted, step)
    save(out, report, as_json=as_json)


def refuse_missing_folder(out: Path) -> None:
    """Before anything is asked for: a document that cannot be saved is made for nobody."""
    if not out.parent.is_dir():
        raise CommandFailedError(
            in_terminal_language(
                f"La cartella {out.parent} non esiste.", f"The folder {out.parent} does not exist."
            )
        )


def save(out: Path, report: RenderedReport, *, as_json: bool) -> None:
    """Writes the PDF and says where it is."""
    write_file(out, report.pdf)
    if as_json:
        write_json({"out": str(out), **report.facts})
    else:
        typer.echo(saved_line(out, report))


def saved_line(out: Path, report: RenderedReport) -> str:
    """Where the document is and how large it is, in one line."""
    pages, kilobytes = report.document["pages"], -(-len(report.pdf) // 1024)
    return in_terminal_language(
        f"{out}: {pages} pagine, {kilobytes} KiB, firmata.",
        f"{out}: {pages} pages, {kilobytes} KiB, signed.",
    )


def rendered_report(
    api: ApiClient, chamber: str, wanted: Mapping[str, Any], step: Step
) -> RenderedReport:
    """Request a document and wait for it; on Ctrl-C the request is withdrawn.

    Raises:
        RefusedError: there is no such plan, or the caller may not request documents.
        CommandFailedError: the document could not be made, with the reason.
    """
    return followed_report(api, f"{chamber_path(chamber)}/reports", wanted, step)


def followed_report(
    api: ApiClient, path: str, wanted: Mapping[str, Any], step: Step
) -> RenderedReport:
    """As :func:`rendered_report`, asked for at ``path``."""
    job = followed_job(api, path, wanted, step, key=str(uuid.uuid4()))
    facts = api.read(job["report"])
    return RenderedReport(facts, api.get(job["document"]).content)


def followed_job(
    api: ApiClient, path: str, wanted: Mapping[str, Any], step: Step, *, key: str
) -> dict[str, Any]:
    """Ask at ``path`` for what takes a job, and wait until it is done; raises as above."""
    location = api.post(path, wanted, idempotency_key=key).headers["Location"]
    try:
        job = _finished(api, location, step)
    except (KeyboardInterrupt, SystemExit):
        _withdraw(api, location)
        raise
    if job["state"] != "done":
        raise _not_rendered(job)
    return job


def _finished(api: ApiClient, location: str, step: Step) -> dict[str, Any]:
    """The job once it is over. How long it may take is the API's business, which ends it."""
    pause = _PAUSE_SECONDS
    while True:
        answer = api.get(location)
        job: dict[str, Any] = answer.json()
        step(job["progress"], in_terminal_language(*_STAGES.get(job["stage"], (job["stage"],) * 2)))
        if job["state"] not in {"queued", "leased"}:
            return job
        time.sleep(min(pause, retry_after(answer) or pause))
        pause = min(pause * 1.3, _LONGEST_PAUSE_SECONDS)


def _withdraw(api: ApiClient, location: str) -> None:
    try:
        api.delete(location)
    except (RefusedError, CommandFailedError) as error:
        typer.echo(f"ciclo: {error}", err=True)


def _not_rendered(job: Mapping[str, Any]) -> CommandFailedError:
    failure = job.get("failure")
    if failure is None:
        return CommandFailedError(
            in_terminal_language(
                "La richiesta è stata annullata.",
                "The request was cancelled.",
            )
        )
    section = f" ({failure['section']})" if failure.get("section") else ""
    return CommandFailedError(f"{failure['detail']}{section} [{failure['code']}]")
