"""Individual sheets stand on their own: nothing of the chamber's is made of them.

Sheets are seen by few, the chamber's figures by everybody. A figure of the chamber that came
from a sheet would tell what the sheet hides.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.issues import Issue, pointer
from shared.domain.confidentiality import INDIVIDUAL_KINDS

Row = Mapping[str, Any]


def overall_faults(policy: Row) -> Iterator[Issue]:
    """Kinds of sheets among those that make the chamber's result; on raw JSON."""
    for at, kind in enumerate(_kinds(policy)):
        if _text(kind) in INDIVIDUAL_KINDS:
            yield Issue(
                pointer=pointer(("policy", "overall", "kinds", at)),
                code="overall_of_sheets",
                it="il risultato della camera non si fa con le schede individuali, che pochi "
                "vedono: indicare i livelli della camera",
                en="the chamber's result is not made of individual sheets, which few may see: "
                "name levels of the chamber",
            )


def sheet_faults(document: Row, objectives: Mapping[str, Row]) -> Iterator[Issue]:
    """Rows that would carry a sheet into the chamber's own tree; on raw JSON."""
    for index, row in _rows(document, "objectives"):
        yield from _counted(document, index, row, objectives)
        above = objectives.get(_text(row.get("parent")))
        if above is not None and _individual(row) and not _in_sheet(above, objectives):
            yield Issue(
                pointer=pointer(("objectives", index, "parent")),
                code="sheet_within_plan",
                it="una scheda individuale sta a sé: sopra di essa non c'è un obiettivo della "
                "camera",
                en="an individual sheet stands on its own: no objective of the chamber is above it",
            )
    for index, row in _rows(document, "indicators"):
        derived = row.get("derived_from")
        source = derived.get("objective") if isinstance(derived, dict) else None
        said, home = (objectives.get(_text(code)) for code in (source, row.get("objective")))
        if said is None or home is None or not _in_sheet(said, objectives):
            continue
        if not _in_sheet(home, objectives):
            yield Issue(
                pointer=pointer(("indicators", index, "derived_from", "objective")),
                code="derived_from_sheet",
                it="un indicatore della camera non deriva da una scheda individuale",
                en="an indicator of the chamber does not derive from an individual sheet",
            )


def _counted(document: Row, index: int, row: Row, objectives: Mapping[str, Row]) -> Iterator[Issue]:
    """Sheets grouped by an objective of a kind that makes the chamber's result."""
    members = row.get("members")
    if row.get("kind") not in _kinds(document.get("policy")):
        return
    for at, code in enumerate(members if isinstance(members, list | tuple) else ()):
        member = objectives.get(_text(code))
        if member is not None and _in_sheet(member, objectives):
            yield Issue(
                pointer=pointer(("objectives", index, "members", at)),
                code="overall_of_sheets",
                it=f"{code} è di una scheda individuale: non entra in un obiettivo che fa il "
                "risultato della camera",
                en=f"{code} is of an individual sheet: it is no part of an objective that makes "
                "the chamber's result",
            )


def _kinds(policy: object) -> list[Any]:
    overall = policy.get("overall") if isinstance(policy, dict) else None
    kinds = overall.get("kinds") if isinstance(overall, dict) else None
    return list(kinds) if isinstance(kinds, list | tuple) else []


def _in_sheet(row: Row, objectives: Mapping[str, Row]) -> bool:
    """Whether an objective is of a sheet, or anywhere below one."""
    seen: set[int] = set()
    found: Row | None = row
    while found is not None and id(found) not in seen:
        if _individual(found):
            return True
        seen.add(id(found))
        found = objectives.get(_text(found.get("parent")))
    return False


def _individual(row: Row) -> bool:
    return _text(row.get("kind")) in INDIVIDUAL_KINDS


def _text(code: object) -> str:
    return code if isinstance(code, str) else ""


def _rows(document: Row, section: str) -> Iterator[tuple[int, Row]]:
    rows = document.get(section)
    if isinstance(rows, list | tuple):
        yield from ((at, row) for at, row in enumerate(rows) if isinstance(row, dict))
