"""``ciclo integra-sim``: the measuring system, played with the measurements of a case file."""

import asyncio
import contextlib
import itertools
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, progress, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file
from services.api.cli.options import Data, Json, Language
from services.api.cli.playing import (
    INTEGRATION,
    Exchange,
    Played,
    Script,
    issued_secret,
    items_of,
    play,
)
from services.api.cli.simulator.year import (
    Weather,
    Year,
    prepared,
    sent,
    unlike,
    verdict,
    weather_from,
)
from shared.runtime.language import in_terminal_language

_FULL = 100


def integra_sim(
    case: Annotated[
        list[Path],
        typer.Option(help="File ciclo/case@1 da cui vengono le rilevazioni; si può ripetere."),
    ],
    chamber: Annotated[
        str | None, typer.Option(help="Camera a cui inviarle; per difetto quella del file.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(min=1990, max=2100, help="Anno del piano: quello del file.")
    ] = None,
    duplicates: Annotated[int, typer.Option(min=0, help="Messaggi inviati due volte.")] = 2,
    forged: Annotated[int, typer.Option(min=0, help="Messaggi con la firma sbagliata.")] = 1,
    unknown: Annotated[int, typer.Option(min=0, help="Messaggi su una misura ignota.")] = 1,
    batch_size: Annotated[
        int, typer.Option(min=1, max=5000, help="Rilevazioni per messaggio.")
    ] = 25,
    integration: Annotated[str, typer.Option(help="Codice dell'integrazione.")] = INTEGRATION,
    rates: Annotated[
        str | None,
        typer.Option(
            help="Un anno intero con percentuali di ciò che va storto: duplicates=20,reordered=10,"
            "corrected=5,invalid=2,forged=1,outages=3,lost=4. Alla fine si confrontano le parti.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Con --rates: lo stesso numero, gli stessi messaggi.")
    ] = 1,
    serve: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Con --rates: porta su cui poi rispondere a chi chiede che cosa si ha, fino a "
            "Ctrl-C, quando le due parti si confrontano di nuovo; più camere prendono le porte "
            "seguenti.",
        ),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(
            envvar="CICLO_WEBHOOK_SECRET",
            help="Segreto whsec_...; senza, se ne chiede uno nuovo all'API come amministratore.",
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Fa la parte del sistema di misura: invia rilevazioni con webhook firmati.

    Alcuni messaggi arrivano due volte, uno ha la firma sbagliata, uno parla di una misura
    ignota. Esce con 0 solo se ogni risposta è quella attesa.
    """
    if rates is not None:
        documents = [_document(path, year) for path in case]
        _play_years(documents, chamber, weather_from(rates), seed, batch_size, integration, serve,
            secret, data, as_json)  # fmt: skip
        return
    if len(case) != 1:
        raise CommandFailedError(
            in_terminal_language(
                "Più file --case vanno con --rates.", "Several --case files go with --rates."
            )
        )
    document = _document(case[0], year)
    code = (chamber or str(document.get("chamber", ""))).strip().upper()
    script = Script(batch_size, duplicates, forged, unknown)
    with connected(data) as connection:
        key = secret or issued_secret(connection.api, code, integration)
        label = in_terminal_language("Invio delle rilevazioni", "Sending measurements")
        total = max(1, -(-len(items_of(document)) // batch_size) + duplicates + forged + unknown)
        with progress(label) as step:
            sent = 0

            def tell(exchange: Exchange) -> None:
                nonlocal sent
                sent += 1
                step(min(_FULL, _FULL * sent / total), exchange.message_id)

            played = play(
                connection.api.url,
                key,
                document,
                chamber=code,
                script=script,
                integration=integration,
                tell=tell,
            )
    if as_json:
        write_json(played.facts())
    else:
        _show(played)
    if not played.as_expected:
        raise typer.Exit(1)


def _play_years(
    documents: Sequence[Mapping[str, Any]],
    chamber: str | None,
    weather: Weather,
    seed: int,
    batch: int,
    integration: str,
    serve: int | None,
    secret: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Plays every document's year at once, compares both sides, and serves what was held."""
    with connected(data) as connection:
        api = connection.api
        years = []
        for document in documents:
            code = (chamber or str(document.get("chamber", ""))).strip().upper()
            key = secret or issued_secret(api, code, integration)
            items = items_of(document)
            years.append(prepared(api, code, items, weather, seed=seed, batch=batch, secret=key))
        total = max(1, sum(len(one.messages) for one in years))
        label = in_terminal_language("Invio delle rilevazioni", "Sending measurements")
        with progress(label) as step:
            counted = itertools.count(1)
            tallies = asyncio.run(
                sent(api.url, integration, years, weather,
                    lambda: step(_FULL * next(counted) / total, ""))
            )  # fmt: skip
        verdicts = [
            verdict(api, integration, one, tally) for one, tally in zip(years, tallies, strict=True)
        ]
        faults = [fault for _, found in verdicts for fault in found]
        _show_years([facts for facts, _ in verdicts], faults, as_json)
        if serve is not None:
            _serve(years, serve, as_json=as_json)
            faults = [fault for one in years for fault in unlike(api, one)]
            _show_agreement(faults, as_json)
    if faults:
        raise typer.Exit(1)


def _serve(years: Sequence[Year], port: int, *, as_json: bool) -> None:
    """Answers what each chamber's source holds, on a port of its own, until Ctrl-C."""
    from services.api.cli.simulator.pull import pull_app, serving

    with contextlib.ExitStack() as stack:
        for at, one in enumerate(years):
            url = stack.enter_context(serving(pull_app(one.source.truth), port + at))
            if not as_json:
                console().print(f"{one.chamber}: {url}/measurements?year={one.year}")
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def _show_agreement(faults: Sequence[str], as_json: bool) -> None:
    """Whether both sides agree now, once the source has been asked."""
    if as_json:
        write_json({"agrees": not faults, "faults": list(faults)})
        return
    for fault in faults:
        console().print(escape(fault))
    if not faults:
        agree = in_terminal_language("Le due parti concordano.", "Both sides agree.")
        console().print(f"[green]{agree}[/]")


def _show_years(rows: Sequence[Mapping[str, Any]], faults: Sequence[str], as_json: bool) -> None:
    if as_json:
        write_json({"agrees": not faults, "chambers": list(rows), "faults": list(faults)})
        return
    names = ("chamber", "messages", "data", "repeated", "retried", "quarantined", "refused", "gaps")
    words = in_terminal_language(
        "Camera|Messaggi|Dati|Ripetuti|Ritentati|Quarantena|Rifiutati|Lacune|",
        "Chamber|Messages|Data|Repeated|Tried again|Quarantine|Refused|Gaps|",
    )
    table = Table(*words.split("|"), header_style="bold")
    for row in rows:
        mark = "[green]✓[/]" if row["agrees"] else "[bold red]✗[/]"
        table.add_row(*(str(row[name]) for name in names), mark)
    console().print(table)
    for fault in faults:
        console().print(escape(fault))


def _document(path: Path, year: int | None) -> Mapping[str, Any]:
    """The case file, as far as the simulator needs it.

    Raises:
        CommandFailedError: it is not one, or it is about another year.
    """
    try:
        document = json.loads(read_file(path).decode("utf-8-sig"))
        found = int(document["year"])
        items_of(document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CommandFailedError(
            in_terminal_language(
                f"{path} non è un file ciclo/case@1.", f"{path} is not a ciclo/case@1 file."
            )
        ) from error
    if year is not None and year != found:
        raise CommandFailedError(
            in_terminal_language(
                f"{path} è del {found}, non del {year}.", f"{path} is of {found}, not of {year}."
            )
        )
    return dict(document)


def _show(played: Played) -> None:
    """A line per message, and what it all came to."""
    out = console()
    words = in_terminal_language(
        "Messaggio|Tipo|Rilevazioni|Risposta|Applicate|Invariate|Quarantena|",
        "Message|Kind|Measurements|Answer|Applied|Unchanged|Quarantine|",
    )
    table = Table(title=f"{played.chamber} {played.year}", header_style="bold")
    for at, word in enumerate(words.split("|")):
        table.add_column(word, justify="right" if at in {2, 4, 5, 6} else "left")
    kinds = in_terminal_language(
        "batch:rilevazioni|duplicate:ripetuto|forged:firma falsa|unknown:misura ignota",
        "batch:measurements|duplicate:repeated|forged:forged|unknown:unknown measure",
    )
    names = dict(pair.split(":", 1) for pair in kinds.split("|"))
    for exchange in played.exchanges:
        answer = f"{exchange.status} {exchange.code or ''}".strip()
        # A repeated message is answered as the first time; it has changed nothing.
        counts = (exchange.applied, exchange.unchanged, exchange.quarantined)
        told = ("-",) * len(counts) if exchange.repeated else tuple(map(str, counts))
        table.add_row(
            escape(exchange.message_id),
            names[exchange.kind],
            str(exchange.items),
            answer,
            *told,
            "[green]✓[/]" if exchange.as_expected else "[bold red]✗[/]",
        )
    out.print(table)
    facts = played.facts()
    out.print(
        in_terminal_language(
            f"Messaggi: {facts['messages']}; rilevazioni applicate {facts['applied']}, invariate "
            f"{facts['unchanged']}, in quarantena {facts['quarantined']}; ripetuti "
            f"{facts['repeated']}, rifiutati {facts['refused']}.",
            f"Messages: {facts['messages']}; measurements applied {facts['applied']}, unchanged "
            f"{facts['unchanged']}, in quarantine {facts['quarantined']}; repeated "
            f"{facts['repeated']}, refused {facts['refused']}.",
        ),
        soft_wrap=True,
    )
    if not played.as_expected:
        out.print(
            in_terminal_language(
                "[bold red]Non ogni risposta è quella attesa.[/]",
                "[bold red]Not every answer is the expected one.[/]",
            )
        )
