"""Facts of an audit line that concern individual sheets, and what a reader sees of them.

A line never changes, and whoever proves the audit reads all of it. Who may read the audit may
not therefore read sheets: facts about one name it under :data:`SHEETS` when they are written, and
are cut for readers who do not see it. That the plan has changed since, or that retention has
removed the sheet, makes no difference.
"""

from collections.abc import Collection, Mapping
from typing import Any

from shared.domain.confidentiality import Sight

SHEETS = "sheets"
"""Member of facts about individual sheets: the codes of these."""

Facts = Mapping[str, Any]


def about(facts: Facts, sheets: Collection[str]) -> Facts:
    """Facts that say which sheets they are about; as they are when about none."""
    return {**facts, SHEETS: sorted(sheets)} if sheets else facts


def seen(facts: Facts, sight: Sight) -> Facts:
    """What somebody sees of facts: of other sheets that there is something, or nothing at all.

    Who sees how sheets are built sees whose facts are left out.
    """
    if sight.everything:
        return facts
    sheets = facts.get(SHEETS)
    if isinstance(sheets, list) and not sight.sheets.issuperset(sheets):
        return {SHEETS: sheets} if sight.structure else {}
    found: dict[str, Any] = {}
    for name, part in facts.items():
        if not isinstance(part, Mapping):
            found[name] = part
            continue
        shown = seen(part, sight)
        if shown or not part:
            found[name] = shown
    return found
