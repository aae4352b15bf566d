"""Measures of a case file that the system feeds: a count that it knows, summed over periods."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.issues import Issue, pointer
from shared.domain.plan import SYSTEM
from shared.domain.system_measures import SystemDatum

_KNOWN = ", ".join(SystemDatum)


def system_measure_faults(document: Mapping[str, Any]) -> Iterator[Issue]:
    """What is wrong with them; rows of unknown shape are another check's matter."""
    rows = document.get("measures")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        names = row.get("external_ids") if isinstance(row, dict) else None
        datum = names.get(SYSTEM) if isinstance(names, dict) else None
        if not isinstance(datum, str):
            continue
        if datum not in set(SystemDatum):
            yield Issue(
                pointer=pointer(("measures", index, "external_ids", SYSTEM)),
                code="unknown_system_datum",
                it=f"«{datum}» non è un dato che il sistema conta: {_KNOWN}",
                en=f"{datum!r} is nothing that the system counts: {_KNOWN}",
            )
        for field, fit in (("value_type", "number"), ("aggregation", "sum")):
            if row.get(field) not in (None, fit):
                yield Issue(
                    pointer=pointer(("measures", index, field)),
                    code="system_datum_is_a_sum",
                    it=f"una misura contata dal sistema ha {field} «{fit}»",
                    en=f"a measure counted by the system has {field} {fit!r}",
                )
