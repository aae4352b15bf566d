"""What of individual sheets a document gives away, and to whom."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.api.auth.access import Access
from services.api.errors import Refusal
from shared.contracts.issues import Issue
from shared.contracts.snapshot import ReportSnapshot
from shared.domain.confidentiality import Branch, Hidden, Sight, Twig, hidden_from
from shared.domain.plan import Kind
from shared.domain.report_states import ReportState

_PLACE = re.compile(r"/(objectives|indicators|deviations)/(\d+)(/.*)?")

_SHEETS_INCOMPLETE = Issue(
    pointer="",
    code="sheets_incomplete",
    it="una o più schede individuali non sono complete: le vedono le persone valutate, chi le "
    "valuta, l'OIV e chi firma",
    en="one or more individual sheets are not complete: they are seen by those evaluated, their "
    "evaluators, the OIV and whoever signs",
)


def require_existence(row: sa.Row[Any], access: Access) -> None:
    """Hides the document of an individual sheet from whoever does not see the sheet.

    Raises:
        Refusal: ``report_not_found``.
    """
    if row.kind == "scheda" and not sees(access.sight, row.subject):
        raise Refusal("report_not_found")


def sees(sight: Sight, sheet: str) -> bool:
    """Whether somebody sees the whole of a sheet."""
    return sight.everything or sheet in sight.sheets


def require_sight(row: sa.Row[Any], access: Access) -> None:
    """Keeps a document with sheets to who may see all of them, until it is published.

    A Piano says how sheets are built, and no result: it is also for whoever runs the cycle.

    Raises:
        Refusal: ``sheet_not_visible``.
    """
    published = row.state == ReportState.PUBLISHED
    sight = access.sight
    enough = (
        sight.everything
        or (row.kind == "piano" and sight.structure)
        or (row.kind == "scheda" and sees(sight, row.subject))
    )
    if row.with_sheets and not published and not enough:
        raise Refusal("sheet_not_visible")


def veiled(snapshot: ReportSnapshot, issues: Sequence[Issue], sight: Sight) -> list[Issue]:
    """What stands in a report's way, of hidden sheets only that something does."""
    hidden = _hidden(snapshot, sight)
    shown = [issue for issue in issues if not _of_sheet(snapshot, issue, hidden)]
    return shown if len(shown) == len(issues) else [*shown, _SHEETS_INCOMPLETE]


def _hidden(snapshot: ReportSnapshot, sight: Sight) -> Hidden:
    return hidden_from(
        sight,
        [Branch(row.code, Kind(row.kind), row.parent, row.members) for row in snapshot.objectives],
        [Twig(row.code, row.objective) for row in snapshot.indicators],
    )


def _of_sheet(snapshot: ReportSnapshot, issue: Issue, hidden: Hidden) -> bool:
    match = _PLACE.fullmatch(issue.pointer)
    if match is None:
        return False
    at = int(match[2])
    if match[1] == "deviations":
        row = (snapshot.deviations or ())[at]
        return hidden.hides(row.subject_kind, row.subject)
    if match[1] == "objectives":
        return snapshot.objectives[at].code in hidden.objectives
    return snapshot.indicators[at].code in hidden.indicators
