"""Versions of a plan and what differs between two, as tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from shared.runtime.language import in_terminal_language

_STATES = {
    "draft": ("bozza", "draft"),
    "approved": ("in vigore", "in force"),
    "superseded": ("sostituita", "superseded"),
    "amending": ("in variazione", "being amended"),
    "closed": ("chiuso", "closed"),
}
_CAUSES = {
    "exogenous": ("esogena", "exogenous"),
    "endogenous": ("endogena", "endogenous"),
    "indicator_error": ("errore dell'indicatore", "error of the indicator"),
}
_CHANGES = {
    "added": ("aggiunto", "added"),
    "removed": ("tolto", "removed"),
    "changed": ("cambiato", "changed"),
}


def _word(names: Mapping[str, tuple[str, str]], name: str) -> str:
    return in_terminal_language(*names.get(name, (name, name)))


def state_name(state: str) -> str:
    """A state of a plan or a version in the reader's language."""
    return _word(_STATES, state)


def _table(italian: str, english: str, title: str | None = None) -> Table:
    heads = in_terminal_language(italian, english).split("|")
    return Table(*heads, title=title, title_justify="left", header_style="bold")


def versions_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Versions with their acts and reasons."""
    table = _table("Versione|Stato|Atto|Causa|Motivo", "Version|State|Act|Cause|Reason")
    for row in rows:
        table.add_row(
            str(row["version"]),
            state_name(row["state"]),
            escape(_act(row["act"])),
            _word(_CAUSES, row["cause"]) if row["cause"] else "",
            escape(row["motivation"] or ""),
        )
    return table


def _act(act: Mapping[str, Any] | None) -> str:
    if act is None:
        return ""
    return in_terminal_language(
        f"{act['organ']}, n. {act['number']} del {act['date']}",
        f"{act['organ']}, no. {act['number']} of {act['date']}",
    )


def differences_tables(document: Mapping[str, Any]) -> Iterator[Table]:
    """Why, then old and new targets, then every other field; tables without rows are left out."""
    if document["reasons"]:
        yield versions_table(document["reasons"])
    if document["targets"]:
        yield _targets(document["targets"])
    others = [row for row in document["changes"] if _fields(row)]
    if others:
        yield _changes(others)


def _targets(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(
        "Indicatore|Anno|Target precedente|Target nuovo", "Indicator|Year|Old target|New target"
    )
    for row in rows:
        label = f"{row['indicator']} [dim]{escape(row['title'] or '')}[/]"
        table.add_row(label, str(row["year"]), _target(row["old"]), _target(row["new"]))
    return table


def _target(target: Mapping[str, Any] | None) -> str:
    if target is None:
        return "-"
    parts = (target["op"], target["value"], target.get("value2"))
    return escape(" ".join(str(part) for part in parts if part))


def _fields(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [field for field in row["fields"] if not field["name"].startswith("targets/")]


def _changes(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("Elemento|Esito|Campo|Prima|Dopo", "Element|Change|Field|Before|After")
    for row in rows:
        for position, field in enumerate(_fields(row)):
            first = position == 0
            table.add_row(
                escape(row["code"] or row["section"]) if first else "",
                _word(_CHANGES, row["change"]) if first else "",
                escape(field["name"]),
                escape(field["old"] or "-"),
                escape(field["new"] or "-"),
            )
    return table
