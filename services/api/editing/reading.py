"""Reading the bodies that write a plan: form here, content by the models of a case file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from services.api.editing.kinds import ElementKind
from services.api.errors import Refusal
from shared.contracts.case_reading import load_json
from shared.contracts.issues import Issue, pointer

MOST_POSITION = 1_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it was read: the fields of an element, its position, faults of form."""

    fields: Mapping[str, Any]
    position: int | None
    faults: tuple[Issue, ...]


def read_object(raw: bytes, known: Collection[str]) -> tuple[dict[str, Any], list[Issue]]:
    """The fields of a body that are known, and what is wrong with its form.

    Raises:
        Refusal: ``edit_refused``; it is no JSON object.
    """
    document, faults = load_json(raw)
    if not isinstance(document, dict):
        raise Refusal("edit_refused", issues=faults or [_NO_OBJECT])
    faults += [_unknown(name) for name in document if name not in known]
    return {name: value for name, value in document.items() if name in known}, faults


def read_sent(kind: ElementKind, raw: bytes) -> Sent:
    """The body of an element, or the merge patch of one.

    Raises:
        Refusal: ``edit_refused``; it is no JSON object.
    """
    fields, faults = read_object(raw, (*kind.section.model.model_fields, "position"))
    position = fields.pop("position", None)
    if position is not None and not (type(position) is int and 0 <= position <= MOST_POSITION):
        faults.append(_WRONG_POSITION)
        position = None
    return Sent(fields, position, tuple(faults))


def _unknown(name: str) -> Issue:
    return Issue(
        pointer=pointer([name]), code="unknown_field", it="campo sconosciuto", en="unknown field"
    )


_NO_OBJECT = Issue(
    pointer="",
    code="wrong_type",
    it="il contenuto deve essere un oggetto JSON",
    en="the content must be a JSON object",
)
_WRONG_POSITION = Issue(
    pointer="/position",
    code="out_of_range",
    it=f"il posto è un numero intero da 0 a {MOST_POSITION}",
    en=f"the position is a whole number from 0 to {MOST_POSITION}",
)
