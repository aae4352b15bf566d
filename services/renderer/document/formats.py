"""Italian forms of figures: ``1.234.567,89``, ``94,9%``, ``16/06/2021``, ``SI``/``NO``.

Input is the canonical text of the contracts (decimal with a dot, ISO date, ``true`` /
``false``); output is what people read. Rounding is half up and touches only what is shown.
Text that cannot be read as its type is shown as it is: a document never hides a value.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from shared.contracts.snapshot import IndicatorView, TargetView

MAX_FRACTION_DIGITS = 2
"""Fraction digits shown when the plan does not say how many."""

NBSP = "\u00a0"
DASH = "\u2013"
"""Stands where a table has nothing to say."""

YEARS = range(1900, 2101)
"""A whole number in this range is taken for a year in a context table."""
MONTHS = (
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
)
SILENT_UNITS = frozenset({"n", "n.", "num", "num.", "numero"})
ATTACHED_UNITS = frozenset({"%", "‰"})
OPERATORS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}


def number(text: str, decimals: int | None = None) -> str:
    """``1234567.891`` -> ``1.234.567,89``; ``decimals`` fixes the fraction digits.

    Without ``decimals`` the fraction is kept as written, up to ``MAX_FRACTION_DIGITS``.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    exponent = value.as_tuple().exponent
    written = max(0, -exponent) if isinstance(exponent, int) else 0
    digits = min(written, MAX_FRACTION_DIGITS) if decimals is None else decimals
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def percent(text: str, decimals: int | None = None) -> str:
    """``94.9`` -> ``94,9%``."""
    return f"{number(text, decimals)}%"


def money(text: str, currency: str = "EUR") -> str:
    """``357402.00`` -> ``357.402,00 €``; other currencies keep their code."""
    symbol = "€" if currency == "EUR" else currency
    return f"{number(text, 2)}{NBSP}{symbol}"


def day(text: str) -> str:
    """``2021-06-16`` -> ``16/06/2021``."""
    try:
        return date.fromisoformat(text[:10]).strftime("%d/%m/%Y")
    except ValueError:
        return text


def long_day(text: str) -> str:
    """``2021-06-16`` -> ``16 giugno 2021``."""
    try:
        value = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{value.day}{NBSP}{MONTHS[value.month - 1]} {value.year}"


def boolean(text: str) -> str:
    """``true`` -> ``SI``, ``false`` -> ``NO``."""
    return {"true": "SI", "false": "NO"}.get(text.strip().lower(), text)


_SCALE = re.compile(r"^\d+\s*-\s*\d+$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def with_unit(shown: str, unit: str | None) -> str:
    """Append a unit of measure in the way Italian documents write it."""
    if not unit or unit.strip().lower() in SILENT_UNITS:
        return shown
    if unit in ATTACHED_UNITS:
        return f"{shown}{unit}"
    if _SCALE.match(unit):
        return f"{shown}{NBSP}({unit})"
    return f"{shown}{NBSP}{'€' if unit == 'EUR' else unit}"


def value(text: str, value_type: str, unit: str | None = None, decimals: int | None = None) -> str:
    """A measured or expected value as people read it, by its type."""
    if value_type == "boolean":
        return boolean(text)
    if value_type == "date":
        return day(text)
    if value_type == "text":
        return text
    if value_type == "currency":
        return with_unit(number(text, 2 if decimals is None else decimals), unit or "EUR")
    default_unit = {"percent": "%", "days": "gg"}.get(value_type)
    return with_unit(number(text, decimals), unit or default_unit)


def indicator_value(indicator: IndicatorView) -> str | None:
    """The value obtained, or ``None`` when there is none to show."""
    if indicator.value is None:
        return None
    return value_of(indicator, indicator.value)


def value_of(indicator: IndicatorView, text: str) -> str:
    """A value of an indicator, of this year or another."""
    return value(text, indicator.value_type, indicator.unit, indicator.decimals)


def target(expected: TargetView | None, indicator: IndicatorView) -> str | None:
    """What was expected: ``≥ 2,00‰``, ``entro il 10/12/2021``, ``SI``, ``tra 2 e 5``."""
    if expected is None:
        return None
    shown = value(expected.value, indicator.value_type, indicator.unit, indicator.decimals)
    if expected.op == "between" and expected.value2 is not None:
        upper = value(expected.value2, indicator.value_type, indicator.unit, indicator.decimals)
        return f"tra {shown} e {upper}"
    if indicator.value_type == "boolean":
        return shown
    if indicator.value_type == "date":
        prefix = {"<=": "entro il", "<": "prima del", "=": "il", ">=": "dal", ">": "dopo il"}
        return f"{prefix.get(expected.op, expected.op)} {shown}"
    return f"{OPERATORS.get(expected.op, expected.op)}{NBSP}{shown}"


def band(steps: Sequence[tuple[str, str, str]], place: int) -> str:
    """A step of a scale in words: ``oltre 90``, ``da 70 a 90``, ``sotto 70``.

    ``steps`` are (``from`` or ``above``, threshold, label), highest first.
    """
    bound, at, _ = steps[place]
    lower = f"{'oltre' if bound == 'above' else 'da'} {number(at)}"
    if place == 0:
        return lower if bound == "above" else f"{lower} in su"
    upper_bound, upper_at, _ = steps[place - 1]
    inclusive = upper_bound == "above"
    if Decimal(at) <= 0:
        return f"{'fino a' if inclusive else 'sotto'} {number(upper_at)}"
    return f"{lower} {'a' if inclusive else 'a meno di'} {number(upper_at)}"


def cell(text: str | None, amounts: bool = False) -> str:  # noqa: FBT001, FBT002 - a filter
    """A context table's cell: plain numbers in Italian form, anything else untouched.

    Years must not get a thousands mark, unless the column is known to hold ``amounts``.
    """
    if text is None or not text.strip():
        return DASH
    stripped = text.strip()
    if not is_numeric(stripped):
        return stripped
    if not amounts and stripped.isdigit() and int(stripped) in YEARS:
        return stripped
    return number(stripped)


def datum(text: str | None) -> str:
    """An elementary datum, whose type is not known: as :func:`cell`, with days and SI/NO."""
    if text is not None and _DAY.match(text.strip()):
        return day(text.strip())
    return boolean(cell(text))


def figure_columns(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> tuple[str | None, ...]:
    """Of each column of a context table whether it holds ``figures``, ``amounts``, or neither.

    Amounts are what cannot be years: the head is a year itself, or some figure is none.
    """
    kinds: list[str | None] = []
    for place, head in enumerate(columns):
        cells = [row[place] for row in rows if place < len(row)]
        found = [str(text).strip() for text in cells if is_numeric(text)]
        if place == 0 or not found:
            kinds.append(None)
            continue
        years = all(text.isdigit() and int(text) in YEARS for text in found)
        headed = head.isdigit() and int(head) in YEARS
        kinds.append("amounts" if headed or not years else "figures")
    return tuple(kinds)


def is_numeric(text: str | None) -> bool:
    """True for a canonical decimal (also used to align a column right)."""
    if text is None:
        return False
    body = text.strip().removeprefix("-")
    whole, dot, fraction = body.partition(".")
    return whole.isdigit() and (not dot or fraction.isdigit())
