"""What an imported file changes of a stored section. Pure: rows in, rows out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.api.plans.rows import Section

Row = Mapping[str, Any]


@dataclass(slots=True)
class Comparison:
    """The rows of one section, by what has to happen to them.

    Rows are columns with their ``position``. ``moved`` have the same content at another
    place in the file. ``removed`` are stored rows that the file does not mention.
    """

    created: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    unchanged: int = 0

    @property
    def anything(self) -> bool:
        """Whether the stored section would differ afterwards."""
        return bool(self.created or self.changed or self.moved or self.removed)


def compare(section: Section, stored: Sequence[Row], given: Sequence[Row]) -> Comparison:
    """Compares a section of a file, as columns, with what is stored.

    Rows that stay without being mentioned (:attr:`Section.kept`) are put after the file's,
    in the order they had.
    """
    result = Comparison()
    before = {section.key(row): row for row in stored}
    mentioned: set[tuple[Any, ...]] = set()
    for position, columns in enumerate(given):
        row: Row = {**columns, "position": position}
        key = section.key(row)
        mentioned.add(key)
        _sort_in(result, before.get(key), row)
    rest = [row for key, row in before.items() if key not in mentioned]
    if not section.kept:
        result.removed.extend(rest)
        return result
    for position, row in enumerate(rest, start=len(given)):
        if row["position"] != position:
            result.moved.append({**row, "position": position})
    return result


def _sort_in(result: Comparison, before: Row | None, row: Row) -> None:
    if before is None:
        result.created.append(row)
    elif any(before[name] != value for name, value in row.items() if name != "position"):
        result.changed.append(row)
    else:
        # A place in the order is not content.
        result.unchanged += 1
        if before["position"] != row["position"]:
            result.moved.append(row)
