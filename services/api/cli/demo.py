"""``ciclo demo``: the whole path on a real year, from import to the signed PDF.

Every step says what it expects and the demo fails when it is not so: it is the shortest
proof that an installation works. It may be run again on the same data.
"""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.local.layout import DataDirectory
from deploy.local.ports import USUAL_PORT
from deploy.local.state import read_state
from services.api.cli import memory
from services.api.cli.chambers import ENTITY, ensure_chamber
from services.api.cli.client import ApiClient
from services.api.cli.connection import Connection, connected
from services.api.cli.display import (
    console,
    error_console,
    figure_text,
    light_text,
    progress,
    write_json,
)
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file, write_file
from services.api.cli.importing import import_case
from services.api.cli.options import Json, Language
from services.api.cli.paths import chamber_path, plan_path
from services.api.cli.playing import issued_secret, play
from services.api.cli.reconcile import differences, summary
from services.api.cli.rendering import rendered_report
from services.api.cli.results import exact_figures
from services.api.cli.verify import asked, document_lines, signature_line, verified_here
from shared.runtime.language import in_terminal_language

_CHAMBERS = ("LU", "PI", "MS")
_CHAMBER, _YEAR = "PI", 2020
_CASES = Path(__file__).parents[3] / "tests" / "cases"
_MOST_MEMORY = 1024**3

_PUBLISHED = {
    "overall": "94.9",
    "judgement": "eccellente",
    "A4": "68",
    "D2": "59",
    "SG": "99.6",
}
"""What the Relazione 2020 of the chamber of Pisa prints; all the rest is reconciled."""
_COMPARED = 130
"""128 percentages, the overall result and its judgement."""


@dataclass
class _Demo:
    """What the demo has found so far."""

    out: Console
    data: Path
    seconds: dict[str, float] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, name: str, title: str) -> Iterator[None]:
        """Announce a step, and how long it took."""
        begun = time.monotonic()
        self.out.print(f"[bold cyan]{len(self.seconds) + 1}.[/] [bold]{title}[/]")
        yield
        self.seconds[name] = round(time.monotonic() - begun, 2)
        self.out.print(f"   [dim]{figure_text(f'{self.seconds[name]:.1f}')} s[/]")

    def say(self, italian: str, english: str) -> None:
        """One line about a step."""
        self.out.print(f"   {in_terminal_language(italian, english)}", soft_wrap=True)


def demo(
    data: Annotated[Path, typer.Option(help="Cartella dei dati; nasce se manca.")] = Path(
        ".ciclo/demo"
    ),
    cases: Annotated[Path, typer.Option(help="Cartella dei file ciclo/case@1.")] = _CASES,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Percorre tutta la strada su un anno vero: Pisa 2020, dai dati al PDF firmato."""
    begun = time.monotonic()
    out = error_console() if as_json else console()
    run = _Demo(out, data)
    directory = DataDirectory.at(data)
    with memory.watched(lambda: _processes(directory)) as peak:
        _walk(run, cases)
    run.answer |= {
        "seconds": round(time.monotonic() - begun, 1),
        "steps": run.seconds,
        "memory_peak_bytes": peak.bytes,
    }
    _expect("memory", peak.bytes < _MOST_MEMORY, f"{peak.mebibytes} MiB")
    _show_end(run, peak)
    if as_json:
        write_json(run.answer)


def _walk(run: _Demo, cases: Path) -> None:
    pisa, massa = (read_file(cases / name) for name in ("pisa-2020.json", "massa-2021.json"))
    with contextlib.ExitStack() as stack:
        with run.step("start", in_terminal_language("Avvio del sistema", "Starting the system")):
            connection = stack.enter_context(connected(run.data, renderer=True, create=True))
            run.say(
                f"PostgreSQL, Redis, API e renderer, dati in {escape(str(run.data))}",
                f"PostgreSQL, Redis, API and renderer, data in {escape(str(run.data))}",
            )
        api = connection.api
        place = api.url if connection.lasting else f"http://127.0.0.1:{USUAL_PORT}"
        run.answer |= {"docs": f"{place}/docs", "running": connection.lasting}
        _import(run, connection, pisa, massa)
        _measure(run, api, pisa)
        _results(run, api)
        _reconcile(run, api)
        _verify(run, api, _render(run, api))


def _import(run: _Demo, connection: Connection, pisa: bytes, massa: bytes) -> None:
    title = in_terminal_language(
        "Ente, camere e piani: Pisa 2020 senza rilevazioni, Massa-Carrara 2021",
        "Entity, chambers and plans: Pisa 2020 without measurements, Massa-Carrara 2021",
    )
    with run.step("import", title):
        for chamber in _CHAMBERS:
            ensure_chamber(connection.api, chamber)
        known = connection.api.read_list("/v1/chambers")["items"]
        codes = {row["code"] for row in known if row["entity"] == ENTITY}
        _expect("chambers", codes >= set(_CHAMBERS), codes)
        stripped = json.loads(pisa) | {"measurements": []}
        for chamber, raw in (("PI", json.dumps(stripped).encode()), ("MS", massa)):
            report = import_case(connection, chamber, raw)
            counts = {
                name: sum(row[key] for key in ("created", "changed", "unchanged"))
                for name, row in report["sections"].items()
            }
            run.say(
                f"{chamber} {report['year']}: {counts['objectives']} obiettivi, "
                f"{counts['indicators']} indicatori, avvertenze {len(report['warnings'])}",
                f"{chamber} {report['year']}: {counts['objectives']} objectives, "
                f"{counts['indicators']} indicators, warnings {len(report['warnings'])}",
            )


def _measure(run: _Demo, api: ApiClient, pisa: bytes) -> None:
    title = in_terminal_language(
        "Rilevazioni dal simulatore di Integra, con webhook firmati",
        "Measurements from the simulator of Integra, by signed webhooks",
    )
    with run.step("measurements", title):
        played = play(api.url, issued_secret(api, _CHAMBER), json.loads(pisa), chamber=_CHAMBER)
        facts = played.facts()
        _expect("webhooks", played.as_expected, facts)
        waiting = [_quarantine_code(api, exchange.message_id) for exchange in played.of("unknown")]
        _expect("quarantine", set(waiting) == {"unknown_measure"}, waiting)
        run.answer["webhooks"] = {name: fact for name, fact in facts.items() if name != "exchanges"}
        run.say(
            f"{facts['messages']} messaggi, {facts['measurements']} rilevazioni: "
            f"{facts['applied']} applicate, {facts['unchanged']} invariate",
            f"{facts['messages']} messages, {facts['measurements']} measurements: "
            f"{facts['applied']} applied, {facts['unchanged']} unchanged",
        )
        refused = ", ".join(str(exchange.status) for exchange in played.of("forged"))
        run.say(
            f"{facts['repeated']} ripetuti senza effetto; firma sbagliata: {refused}; "
            f"misura sconosciuta: in quarantena ({waiting[0]})",
            f"{facts['repeated']} repeated without effect; wrong signature: {refused}; "
            f"unknown measure: in quarantine ({waiting[0]})",
        )


def _quarantine_code(api: ApiClient, message_id: str) -> str | None:
    """Why a measurement of the message waits in quarantine; ``None`` when none does."""
    path = f"{chamber_path(_CHAMBER)}/quarantine"
    found = api.read_list(path, state="waiting")["items"]
    return next((row["code"] for row in found if row["message_id"] == message_id), None)


def _results(run: _Demo, api: ApiClient) -> None:
    with run.step("results", in_terminal_language("Risultati", "Results")):
        document = api.read(f"{plan_path(_CHAMBER, _YEAR)}/results")
        run.out.print(_results_table(document))
        figures = exact_figures(document)
        run.answer["results"] = {name: figures[name] for name in ("overall", "shown", "judgement")}
        shown = {row["code"]: row["figure"]["shown"] for row in document["objectives"]}
        _expect("overall", figures["shown"] == _PUBLISHED["overall"], figures["shown"])
        judgement = figures["judgement"]
        _expect("judgement", judgement == _PUBLISHED["judgement"], judgement)
        for code in ("A4", "D2", "SG"):
            _expect(code, shown[code] == _PUBLISHED[code], shown[code])


def _results_table(document: Mapping[str, Any]) -> Table:
    """The chamber, its perspectives and objectives, and the sheets of persons."""
    words = in_terminal_language("|Risultato|Esito", "|Result|Outcome").split("|")
    table = Table(
        title=f"{document['chamber']} {document['year']}",
        header_style="bold",
        title_justify="left",
    )
    for position, word in enumerate(words):
        table.add_column(word, justify="right" if position == 1 else "left", no_wrap=True)
    overall = document["overall"]
    name = in_terminal_language("Camera", "Chamber")
    cells = (name, figure_text(overall["shown"]), _outcome(overall))
    table.add_row(*(f"[bold]{cell}[/]" for cell in cells), end_section=True)
    for row in document["objectives"]:
        sheet = row["kind"] == "individual"
        if row["scope"] != "chamber" and not sheet:
            continue
        margin = "" if sheet or row["parent"] is None else "  "
        name = f"{margin}{row['code']} {row['title']}"
        table.add_row(escape(name), figure_text(row["figure"]["shown"]), _outcome(row["figure"]))
    return table


def _outcome(figure: Mapping[str, Any]) -> str:
    return f"{light_text(figure['light'])} {escape(figure['judgement'] or '')}".strip()


def _reconcile(run: _Demo, api: ApiClient) -> None:
    title = in_terminal_language(
        "Riconciliazione con la Relazione pubblicata", "Reconciliation with the published report"
    )
    with run.step("reconcile", title):
        answer = differences(api.read(f"{plan_path(_CHAMBER, _YEAR)}/reconciliation"))
        run.answer["reconciliation"] = answer
        line = summary(answer)
        run.say(line, line)
        _expect("compared", answer["compared"] == _COMPARED, answer["compared"])
        _expect("differences", not answer["differences"], answer["differences"])


def _render(run: _Demo, api: ApiClient) -> Path:
    title = in_terminal_language("Relazione: composizione e firma", "Report: composing and signing")
    path = run.data / f"relazione-{_CHAMBER.lower()}-{_YEAR}.pdf"
    with run.step("render", title):
        with progress(in_terminal_language("Relazione", "Report")) as step:
            report = rendered_report(api, _CHAMBER, {"year": _YEAR}, step)
        write_file(path, report.pdf)
        pages, size = report.document["pages"], len(report.pdf)
        run.answer["document"] = {
            "path": str(path),
            "pages": pages,
            "bytes": size,
            "sha256": report.document["sha256"],
        }
        kibibytes = -(-size // 1024)
        run.say(
            f"{escape(str(path))}: {pages} pagine, {kibibytes} KiB",
            f"{escape(str(path))}: {pages} pages, {kibibytes} KiB",
        )
    return path


def _verify(run: _Demo, api: ApiClient, path: Path) -> None:
    with run.step("verify", in_terminal_language("Verifica della firma", "Verification")):
        pdf = read_file(path)
        verdict = verified_here(pdf, run.data)
        _expect("signature", verdict is not None and verdict["valid"], verdict)
        answer = asked(api, pdf)
        _expect("original", answer["original"] is not None, answer)
        for signature in verdict["signatures"] if verdict else ():
            line = escape(signature_line(signature))
            run.say(line, line)
        for line in map(escape, document_lines(answer)):
            run.say(line, line)
        run.answer["document"]["valid"] = True


def _show_end(run: _Demo, peak: memory.Peak) -> None:
    seconds, docs = figure_text(str(run.answer["seconds"])), run.answer["docs"]
    serve = in_terminal_language(" (con «make serve»)", " (with “make serve”)")
    kept = "" if run.answer["running"] else serve
    run.out.print(
        in_terminal_language(
            f"[bold green]Tutto come atteso[/] in {seconds} s; memoria massima di tutti i processi "
            f"{peak.mebibytes} MiB.\nDocumentazione dell'API: {docs}{kept}",
            f"[bold green]All as expected[/] in {seconds} s; peak memory of all processes "
            f"{peak.mebibytes} MiB.\nDocumentation of the API: {docs}{kept}",
        ),
        soft_wrap=True,
    )


def _expect(what: str, holds: bool, found: object) -> None:
    """Refuse to go on when something is not as it should be."""
    if not holds:
        raise CommandFailedError(
            in_terminal_language(
                f"La dimostrazione si ferma: {what} non è come atteso ({found}).",
                f"The demo stops: {what} is not as expected ({found}).",
            )
        )


def _processes(directory: DataDirectory) -> list[int]:
    """Ids of the system's processes, whoever started it."""
    state = read_state(directory)
    if state is None:
        return []
    return [state.supervisor.pid, *(child.pid for child in state.children.values())]
