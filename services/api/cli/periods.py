"""``ciclo period``: how far the data of a year are, and the closing of a period."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, figure_text, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from shared.domain.periods import PERIOD_PATTERN
from shared.runtime.language import in_terminal_language

period = typer.Typer(
    help="Periodi di raccolta dei dati: che cosa manca, e la chiusura.", no_args_is_help=True
)

_NAME = re.compile(rf"{PERIOD_PATTERN}|Y")
_DATUM = re.compile(
    rf"(?P<kind>measure|indicator|objective):(?P<code>.+?)(?:@(?P<period>{PERIOD_PATTERN}))?"
)


def _period_code(value: str | None) -> str | None:
    if value is None:
        return None
    code = value.strip().upper()
    if not _NAME.fullmatch(code):
        raise typer.BadParameter("Q1-Q3, S1-S2, T1-T4, M01-M12, Y")
    return code


_HELP = "Q1-Q3, S1-S2, T1-T4, M01-M12; Y è l'anno intero."
Period = Annotated[str, typer.Argument(metavar="PERIODO", help=_HELP, callback=_period_code)]
AnyPeriod = Annotated[
    str | None, typer.Argument(metavar="[PERIODO]", help=_HELP, callback=_period_code)
]


@period.command("list")
def list_periods(
    chamber: Chamber,
    year: Year,
    code: AnyPeriod = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra i periodi dell'anno con termine e mancanze; di uno solo, che cosa manca e di chi."""
    path = f"{plan_path(chamber, year)}/periods"
    with connected(data) as connection:
        document = connection.api.read(path if code is None else f"{path}/{code}")
    if as_json:
        write_json(document)
    elif code is None:
        console().print(_periods_table(document["items"]))
    else:
        _show(document)


@period.command("close")
def close_period(
    chamber: Chamber,
    year: Year,
    code: Period,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="DATO",
            help="Chiude anche senza un dato: measure:CODICE[@PERIODO], indicator:CODICE o "
            "objective:CODICE. "
            "Si può ripetere.",
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Perché si chiude senza quei dati.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Chiude un periodo: i suoi dati restano fermi. Se ne mancano, li elenca e non chiude."""
    exceptions = exceptions_from(without or (), reason)
    path = f"{plan_path(chamber, year)}/periods/{code}/closure"
    with connected(data) as connection:
        document = connection.api.create(path, {"exceptions": exceptions})
    if as_json:
        write_json(document)
        return
    console().print(
        in_terminal_language(f"Periodo {code} del {year} chiuso.", f"Period {code} {year} closed.")
    )


def exceptions_from(without: Sequence[str], reason: str | None) -> list[dict[str, str]]:
    """The exceptions that ``--without`` and ``--reason`` ask for.

    Raises:
        CommandFailedError: a datum without a reason, a reason without a datum, or a datum
            that is not written as it should be.
    """
    if bool(without) != bool(reason):
        raise CommandFailedError(
            in_terminal_language(
                "--without e --reason vanno insieme.", "--without and --reason go together."
            )
        )
    found: list[dict[str, str]] = []
    for text in without:
        match = _DATUM.fullmatch(text)
        if match is None:
            raise CommandFailedError(
                in_terminal_language(
                    f"«{text}»: scrivere measure:CODICE[@PERIODO], indicator: o objective:CODICE.",
                    f"{text!r}: write measure:CODE[@PERIOD], indicator:CODE or objective:CODE.",
                )
            )
        datum = {"subject_kind": match["kind"], "subject_code": match["code"]}
        if match["period"] is not None:
            datum["period"] = match["period"]
        found.append({**datum, "reason": reason or ""})
    return found


_STATES = {"open": ("aperto", "open"), "closed": ("chiuso", "closed")}
_REASONS = {
    "missing": ("manca", "missing"),
    "recorded": ("da trasmettere", "to be submitted"),
    "submitted": ("da validare", "to be validated"),
    "rejected": ("respinto", "rejected"),
    "reopened": ("riaperto", "reopened"),
}


def _periods_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    words = in_terminal_language(
        "Periodo|Fine|Termine|Stato|Attesi|Mancano|In tempo %",
        "Period|End|Deadline|State|Due|Missing|In time %",
    )
    table = Table(header_style="bold")
    for position, head in enumerate(words.split("|")):
        table.add_column(head, justify="right" if position in {4, 5, 6} else "left")
    late = in_terminal_language("in ritardo", "overdue")
    for row in rows:
        state = in_terminal_language(*_STATES[row["state"]])
        if row["overdue"]:
            state += f", [bold red]{late}[/]"
        table.add_row(
            row["period"],
            row["last_day"],
            row["deadline"],
            state,
            str(row["due"]),
            str(row["missing"]),
            figure_text(_one_decimal(row["timeliness"])),
        )
    return table


def _show(document: Mapping[str, Any]) -> None:
    out = console()
    out.print(_periods_table([document]))
    if not document["lacking"]:
        return
    words = in_terminal_language(
        "Codice|Dato|Periodo|Perché|Chi lo deve", "Code|Datum|Period|Why|Who owes it"
    )
    table = Table(*words.split("|"), header_style="bold")
    for row in document["lacking"]:
        table.add_row(
            escape(row["subject_code"]),
            escape(row["title"]),
            row["period"] or "Y",
            in_terminal_language(*_REASONS[row["reason"]]),
            escape(", ".join(row["owed_by"])) or "-",
        )
    out.print(table)


def _one_decimal(figure: str | None) -> str | None:
    if figure is None or "." not in figure:
        return figure
    return f"{float(figure):.1f}"
