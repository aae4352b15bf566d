"""How long things are kept, and the instant before which they go. Pure.

What contains personal data is kept no longer than its purpose needs (Regulation (EU) 2016/679,
art. 5): each chamber sets how long; what only serves the working of the service is kept for a
fixed time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What is kept for a time."""

    MESSAGES = "messages"
    """Messages of other systems that were dealt with, and decided quarantine."""
    EVENTS = "events"
    """Events that were sent, or that nobody asked for."""
    MEMBERSHIPS = "memberships"
    """Memberships that have ended, keys that have expired or were revoked."""
    EVIDENCE = "evidence"
    """Files that prove measurements."""
    SHEETS = "sheets"
    """Individual sheets, with everything measured and said about them."""
    SHEET_DOCUMENTS = "sheet_documents"
    """Documents that are about one individual sheet."""
    AUDIT = "audit"
    """Lines of the audit; the chain of their hashes stays."""


EVENTS_KEPT = timedelta(days=90)

LEAST = timedelta(days=7)
"""Identifiers of messages keep repetitions out for as long as the specification asks."""


@dataclass(frozen=True, slots=True)
class Periods:
    """How long a chamber keeps things."""

    messages_days: int
    memberships_days: int
    evidence_years: int
    individual_sheets_years: int
    audit_years: int


def cut_offs(periods: Periods, now: datetime) -> Mapping[Kind, datetime]:
    """The instant before which each kind of thing goes.

    Sheets and evidence count from the end of the plan's year: those of 2020, kept five years,
    go when 2026 begins. The document of a sheet says what the sheet says, and goes with it.
    """
    sheets = _years_before(now, periods.individual_sheets_years)
    return {
        Kind.MESSAGES: now - max(timedelta(days=periods.messages_days), LEAST),
        Kind.EVENTS: now - EVENTS_KEPT,
        Kind.MEMBERSHIPS: now - max(timedelta(days=periods.memberships_days), LEAST),
        Kind.EVIDENCE: _years_before(now, periods.evidence_years),
        Kind.SHEETS: sheets,
        Kind.SHEET_DOCUMENTS: sheets,
        Kind.AUDIT: _years_before(now, periods.audit_years),
    }


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)
