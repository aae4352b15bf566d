"""Faults of what the evaluation says: about whom, and not twice about the same one.

A part of :mod:`shared.contracts.case_checks`; works on raw JSON and never raises on bad input.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.contracts.issues import Issue, pointer

Codes = Mapping[str, Collection[str]]

_SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "deviations": ("indicator", "objective"),
    "analyses": ("objective",),
    "judgements": ("objective",),
}
"""Lists of a case file that hold statements, and what each may be about."""

_UNKNOWN = {"objective": "obiettivo sconosciuto", "indicator": "indicatore sconosciuto"}


def statement_faults(document: Mapping[str, Any], codes: Codes) -> Iterator[Issue]:
    """What is wrong with the statements of a document; ``codes`` by kind of subject."""
    for section, subjects in _SUBJECTS.items():
        rows = document.get(section)
        seen: set[tuple[str, str]] = set()
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            if not isinstance(row, dict):
                continue
            given = [(kind, row[kind]) for kind in subjects if isinstance(row.get(kind), str)]
            if len(given) != 1:
                if len(subjects) > 1:  # the only subject of a list is a required field
                    yield _one_subject(section, index, subjects)
                continue
            kind, code = given[0]
            if code not in codes[kind]:
                yield _issue(
                    (section, index, kind),
                    f"unknown_{kind}",
                    f"{_UNKNOWN[kind]}: {code}",
                    f"unknown {kind}: {code}",
                )
            if (kind, code) in seen:
                yield _issue(
                    (section, index),
                    "duplicate_statement",
                    f"{code} compare due volte",
                    f"{code} is there twice",
                )
            seen.add((kind, code))
    yield from _empty_analyses(document)


def _empty_analyses(document: Mapping[str, Any]) -> Iterator[Issue]:
    rows = document.get("analyses")
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        texts = ("issues", "opportunities", "corrective_actions")
        if isinstance(row, dict) and all(row.get(name) is None for name in texts):
            yield _issue(
                ("analyses", index),
                "nothing_said",
                "serve almeno un testo fra criticità, opportunità e azioni correttive",
                "at least one text is needed: issues, opportunities or corrective actions",
            )


def _one_subject(section: str, index: int, subjects: tuple[str, ...]) -> Issue:
    names = ", ".join(subjects)
    return _issue(
        (section, index),
        "one_subject",
        f"serve uno e uno solo fra: {names}",
        f"exactly one is needed of: {names}",
    )


def _issue(place: tuple[str | int, ...], code: str, it: str, en: str) -> Issue:
    return Issue(pointer=pointer(place), code=code, it=it, en=en)
