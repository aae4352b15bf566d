"""``ciclo measurements``: what was entered in a year, and where it is on its way."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.options import Chamber, Data, Json, Language, Year
from services.api.cli.paths import plan_path
from services.api.cli.results import value_cell
from shared.runtime.language import in_terminal_language


class StateName(StrEnum):
    """States of a measurement, as ``--state`` takes them."""

    RECORDED = "recorded"
    SUBMITTED = "submitted"
    VALIDATED = "validated"
    REJECTED = "rejected"
    REOPENED = "reopened"


def measurements(
    chamber: Chamber,
    year: Year,
    state: Annotated[StateName | None, typer.Option("--state", help="Solo in uno stato.")] = None,
    office: Annotated[str | None, typer.Option("--office", help="Solo di un ufficio.")] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Elenca le rilevazioni con valore, stato e ruolo di chi le ha validate."""
    filters = {"state": state.value if state else None, "office": office}
    given = {name: value for name, value in filters.items() if value is not None}
    with connected(data) as connection:
        path = f"{plan_path(chamber, year)}/measurements"
        rows = connection.api.read_list(path, **given)["items"]
    if as_json:
        write_json({"items": rows})
        return
    console().print(_table(rows))


_STATES = {
    "recorded": ("registrata", "recorded"),
    "submitted": ("trasmessa", "submitted"),
    "validated": ("validata", "validated"),
    "rejected": ("respinta", "rejected"),
    "reopened": ("riaperta", "reopened"),
}
_STATUSES = {
    "missing": ("ND", "n/a"),
    "suspended": ("sospeso", "suspended"),
    "struck": ("barrato", "struck"),
}


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    words = in_terminal_language(
        "Codice|Anno|Periodo|Valore|Versione|Stato|Validata da",
        "Code|Year|Period|Value|Version|State|Validated by",
    )
    table = Table(header_style="bold")
    for position, head in enumerate(words.split("|")):
        table.add_column(head, justify="right" if position in {3, 4} else "left")
    for row in rows:
        table.add_row(
            escape(row["subject_code"]),
            "" if row["year"] is None else str(row["year"]),
            row["period"] or "Y",
            _value(row),
            str(row["version"]),
            in_terminal_language(*_STATES[row["state"]]),
            row["validated_by"] or "",
        )
    return table


def _value(row: Mapping[str, Any]) -> str:
    if row["status"] in _STATUSES:
        return in_terminal_language(*_STATUSES[row["status"]])
    if row["value"] is None and row["result"] is not None:
        return f"{value_cell(row['result'])}%"
    return value_cell(row["value"])
