"""Faults and warnings found in what somebody sent: where, which, and in words.

All faults of a document are reported together, each with a JSON pointer (RFC 6901), a
stable code and a sentence in Italian and in English.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.base import Contract

Language = Literal["it", "en"]


class Issue(Contract):
    """One fault or warning about the value at ``pointer``."""

    pointer: str
    code: str
    it: str
    en: str

    def detail(self, language: Language) -> str:
        """The sentence in the reader's language."""
        return self.it if language == "it" else self.en


# The name of an unknown field may be as long as the message; nobody needs all of it.
_LONGEST_POINTER = 900


def pointer(parts: Iterable[str | int]) -> str:
    """A JSON pointer to a place: ``("objectives", 3, "a/b")`` -> ``/objectives/3/a~1b``."""
    text = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
    return text[:_LONGEST_POINTER]


def pointing_into(prefix: str, issues: Iterable[Issue]) -> list[Issue]:
    """Issues about the part of a document at ``prefix``, with pointers into that part.

    One about another part points to the part as a whole.
    """
    return [
        issue.model_copy(update={"pointer": _relative(issue.pointer, prefix)}) for issue in issues
    ]


def _relative(place: str, prefix: str) -> str:
    return place.removeprefix(prefix) if within(place, prefix) else ""


def within(place: str, prefix: str) -> bool:
    """Whether a pointer leads to a part of a document or into it."""
    return f"{place}/".startswith(f"{prefix}/")


_PYDANTIC: dict[str, tuple[str, str, str]] = {
    "missing": ("field_required", "campo obbligatorio mancante", "required field is missing"),
    "extra_forbidden": ("unknown_field", "campo sconosciuto", "unknown field"),
    "json_invalid": ("invalid_json", "JSON non leggibile", "unreadable JSON"),
}

_BY_PREFIX: tuple[tuple[str, tuple[str, str, str]], ...] = (
    ("literal_error", ("not_allowed", "valore non ammesso", "value not allowed")),
    ("enum", ("not_allowed", "valore non ammesso", "value not allowed")),
    ("string_pattern", ("wrong_format", "formato non valido", "wrong format")),
    ("string_too_short", ("too_short", "testo troppo corto", "text is too short")),
    ("string_too_long", ("too_long", "testo troppo lungo", "text is too long")),
    ("too_short", ("too_few", "troppo pochi elementi", "too few items")),
    ("too_long", ("too_many", "troppi elementi", "too many items")),
    ("greater_than", ("out_of_range", "valore fuori dai limiti", "value out of range")),
    ("less_than", ("out_of_range", "valore fuori dai limiti", "value out of range")),
    ("value_error", ("wrong_value", "valore non valido", "invalid value")),
    ("date", ("wrong_format", "data non valida (AAAA-MM-GG)", "invalid date (YYYY-MM-DD)")),
)

_WRONG_TYPE = ("wrong_type", "tipo di dato non valido", "wrong type of data")


def issues_from(error: ValidationError | Sequence[ErrorDetails]) -> list[Issue]:
    """Translate pydantic's errors, in order, into issues with pointers."""
    details = error.errors() if isinstance(error, ValidationError) else error
    return [_issue(detail) for detail in details]


def _issue(detail: ErrorDetails) -> Issue:
    kind = detail["type"]
    texts = _PYDANTIC.get(kind) or next(
        (texts for prefix, texts in _BY_PREFIX if kind.startswith(prefix)), _WRONG_TYPE
    )
    code, italian, english = texts
    allowed = detail.get("ctx", {}).get("expected")
    if code == "not_allowed" and isinstance(allowed, str):
        italian, english = f"{italian}; ammessi: {allowed}", f"{english}; allowed: {allowed}"
    return Issue(pointer=pointer(detail["loc"]), code=code, it=italian, en=english)
