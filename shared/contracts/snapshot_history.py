"""What stands around a year in a report: the years before, the steps of the cycle, its documents.

Each is frozen with the report like every figure: a trend that is printed does not change when an
earlier plan does.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.base import Contract

_Decimal = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", max_length=64)]
_Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PastFigure(Contract):
    """What a row came to in an earlier year, by that year's plan and rules.

    ``value`` is exact and in canonical text, ``shown`` the result in points as rounded then;
    both are ``None`` where there was none, and ``reason`` says why.
    """

    year: int
    value: str | None = None
    shown: _Decimal | None = None
    light: str | None = None
    reason: str | None = None


class TrendView(Contract):
    """Earlier years of an objective, an indicator or the chamber, the oldest first.

    Rows of different years are matched by code; an indicator whose kind of value or unit has
    changed is another one.
    """

    subject: Literal["objective", "indicator", "overall"]
    code: str
    past: tuple[PastFigure, ...]


class StepView(Contract):
    """A step of the cycle: what, who, and when it was done or is due.

    ``step`` is one of ``plan_approved``, ``plan_amended`` (with ``version``), ``period_collected``
    (with ``period``), ``report_approved``, ``report_validated``.
    """

    step: str
    version: int | None = None
    period: str | None = None
    who: str | None = None
    """A role or an organ, never a person."""
    due: _Date | None = None
    done: _Date | None = None


class RegisterRow(Contract):
    """A document of the cycle, as the register of the annexes lists it."""

    document: str
    """A kind, as acts and reports name it."""
    version: int | None = None
    year: int
    organ: str | None = None
    number: str | None = None
    date: _Date | None = None
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    """Digest of the file, where this system issued it."""
    url: Annotated[str | None, Field(max_length=2000)] = None
    """Where it can be verified or read."""
