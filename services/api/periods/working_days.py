"""What only the outside world knows: the holidays of Italy and today's date there."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import holidays

ROME = ZoneInfo("Europe/Rome")


@cache
def _national(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("IT", years=year))


def holidays_of(years: range, local: tuple[str, ...]) -> frozenset[date]:
    """National holidays of these years, and the town's own (month and day, ``06-17``)."""
    found = {day for year in years for day in _national(year)}
    for text in local:
        month, day = map(int, text.split("-"))
        for year in years:
            if (month, day) != (2, 29) or year % 4 == 0:
                found.add(date(year, month, day))
    return frozenset(found)


def italian_day(instant: datetime) -> date:
    """The date in Italy at an instant: a deadline ends at midnight there."""
    return instant.astimezone(ROME).date()
