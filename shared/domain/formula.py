"""The formula language of indicators: measures in brackets and the four operations.

``[694] / [2] * 1000``, ``[689] / [689]@-1``, ``[Dip-Form] / ([Unit_Stab] + [N_Dir]) * 100``.

A formula is held in postfix order, which makes evaluation and printing loops instead of
recursions: no nesting, however deep, can exhaust the stack.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from shared.domain.numbers import number_text
from shared.domain.values import NoValue, Value

MAX_LENGTH = 1000
"""Longest formula accepted, in characters; the longest published one has about 60."""

_GRAMMAR = r"""
?start: sum
?sum: product
    | sum "+" product -> add
    | sum "-" product -> subtract
?product: atom
    | product "*" atom -> multiply
    | product "/" atom -> divide
?atom: NUMBER -> number
    | CODE [OFFSET] -> measure
    | "-" atom -> negate
    | "(" sum ")"
NUMBER: /[0-9]{1,15}(\.[0-9]{1,12})?/
CODE: /\[[^\[\]]+\]/
OFFSET: /@-[1-9][0-9]?/
%ignore /[ \t\r\n]+/
"""


@dataclass(frozen=True, slots=True)
class MeasureRef:
    """A measure in a formula; ``offset`` is 0 for the plan's year, -1 for the year before."""

    code: str
    offset: int = 0


Operator = str
"""One of ``+ - * /``, or ``neg`` for a minus sign before an operand."""

Item = Fraction | MeasureRef | Operator


class FormulaError(ValueError):
    """The text is not a formula; ``position`` is the 0-based offset of the first bad character."""

    code = "formula_syntax"

    def __init__(self, text: str, position: int) -> None:
        super().__init__(f"{text!r} at {position}")
        self.text = text
        self.position = position


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula, in postfix order."""

    items: tuple[Item, ...]

    @property
    def measures(self) -> tuple[MeasureRef, ...]:
        """Every measure it reads, each once, in order of appearance."""
        return tuple(dict.fromkeys(i for i in self.items if isinstance(i, MeasureRef)))

    @property
    def single_measure(self) -> MeasureRef | None:
        """The measure, when the formula is one measure alone (it may then be a date or SI/NO)."""
        only = self.items[0]
        return only if len(self.items) == 1 and isinstance(only, MeasureRef) else None

    def __str__(self) -> str:
        return _print(self.items)


@v_args(inline=True)
class _ToPostfix(Transformer[Token, tuple[Item, ...]]):
    """Turns lark's reductions, innermost first, into one postfix sequence."""

    def number(self, token: Token) -> tuple[Item, ...]:
        return (Fraction(str(token)),)

    def measure(self, code: Token, offset: Token | None) -> tuple[Item, ...]:
        return (MeasureRef(str(code)[1:-1], int(offset[1:]) if offset else 0),)

    def negate(self, operand: tuple[Item, ...]) -> tuple[Item, ...]:
        return (*operand, "neg")

    def add(self, left: tuple[Item, ...], right: tuple[Item, ...]) -> tuple[Item, ...]:
        return (*left, *right, "+")

    def subtract(self, left: tuple[Item, ...], right: tuple[Item, ...]) -> tuple[Item, ...]:
        return (*left, *right, "-")

    def multiply(self, left: tuple[Item, ...], right: tuple[Item, ...]) -> tuple[Item, ...]:
        return (*left, *right, "*")

    def divide(self, left: tuple[Item, ...], right: tuple[Item, ...]) -> tuple[Item, ...]:
        return (*left, *right, "/")


_parser = Lark(_GRAMMAR, parser="lalr", transformer=_ToPostfix(), maybe_placeholders=True)


@lru_cache(maxsize=4096)
def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        FormulaError: the text is not a formula, or is longer than :data:`MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(text, MAX_LENGTH)
    try:
        items: Any = _parser.parse(text)
    except UnexpectedInput as error:
        position: int | None = error.pos_in_stream
        # lark places an unexpected end of the text nowhere, or before it.
        if position is None or position < 0:
            position = len(text)
        raise FormulaError(text, position) from None
    return Formula(items)


_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}
_ATOM = 4


def _print(items: tuple[Item, ...]) -> str:
    """Write the formula with the fewest parentheses that parse back to the same items."""
    stack: list[tuple[str, int]] = []
    for item in items:
        if isinstance(item, Fraction):
            stack.append((number_text(item), _ATOM))
        elif isinstance(item, MeasureRef):
            offset = f"@{item.offset}" if item.offset else ""
            stack.append((f"[{item.code}]{offset}", _ATOM))
        elif item == "neg":
            text, rank = stack.pop()
            stack.append((f"-{_wrapped(text, rank, 3)}", 3))
        else:
            rank = _PRECEDENCE[item]
            right, left = stack.pop(), stack.pop()
            # Operators associate to the left: an equal rank on the right needs parentheses.
            stack.append((f"{_wrapped(*left, rank)} {item} {_wrapped(*right, rank + 1)}", rank))
    return stack[0][0]


def _wrapped(text: str, rank: int, needed: int) -> str:
    return text if rank >= needed else f"({text})"


Lookup = Callable[[MeasureRef], Value | NoValue]
"""Finds the value of a measure; called once per occurrence, in order."""

_OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def evaluate(formula: Formula, lookup: Lookup) -> Value | NoValue:
    """Compute a formula exactly.

    A missing measure, a value that is not a number, or a division by zero give a
    :class:`NoValue` with the reason; nothing is raised. A formula that is one measure
    alone gives the value of that measure, whatever its kind.
    """
    if (single := formula.single_measure) is not None:
        return lookup(single)
    stack: list[Fraction] = []
    for item in formula.items:
        if isinstance(item, Fraction):
            stack.append(item)
        elif isinstance(item, MeasureRef):
            found = lookup(item)
            if isinstance(found, NoValue):
                return found
            if not isinstance(found, Fraction):
                return NoValue("not_a_number", item.code)
            stack.append(found)
        elif item == "neg":
            stack.append(-stack.pop())
        else:
            right, left = stack.pop(), stack.pop()
            if item == "/" and not right.numerator:
                return NoValue("division_by_zero")
            stack.append(_OPERATIONS[item](left, right))
    return stack[0]
