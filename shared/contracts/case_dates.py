"""First and last days of objectives, on the raw JSON of a case."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shared.contracts.issues import Issue, pointer


def date_faults(rows: Iterator[tuple[int, Mapping[str, Any]]]) -> Iterator[Issue]:
    """Days that do not exist, and ends before their beginnings, of objectives by index."""
    for index, row in rows:
        days: dict[str, date] = {}
        for name in ("starts", "ends"):
            text = row.get(name)
            if not isinstance(text, str):
                continue
            try:
                days[name] = date.fromisoformat(text)
            except ValueError:
                yield Issue(
                    pointer=pointer(("objectives", index, name)),
                    code="wrong_value",
                    it=f"data inesistente: {text}",
                    en=f"no such date: {text}",
                )
        if len(days) == 2 and days["ends"] < days["starts"]:  # noqa: PLR2004 - both are there
            yield Issue(
                pointer=pointer(("objectives", index, "ends")),
                code="dates_reversed",
                it="la fine precede l'inizio",
                en="the end is before the beginning",
            )
