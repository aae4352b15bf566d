"""The instants before which things go."""

from datetime import UTC, datetime, timedelta

from shared.domain.retention import Kind, Periods, cut_offs


def test_the_years_count_from_the_end_of_the_plans_year() -> None:
    periods = Periods(1, 365, 10, 5, 10)
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    limits = cut_offs(periods, leap)
    assert limits[Kind.SHEETS] == datetime(2023, 2, 28, tzinfo=UTC)
    assert limits[Kind.SHEET_DOCUMENTS] == limits[Kind.SHEETS]  # they say what the sheets say
    assert limits[Kind.MESSAGES] == leap - timedelta(days=7)  # repetitions are kept out
