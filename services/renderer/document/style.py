"""The style sheet of a document: rules of ours with a colour and a notice filled in."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from services.renderer.document.figures.palette import tint

FOLDER = Path(__file__).parent / "styles"
FILES = ("page.css", "base.css", "document.css")
DEVELOPMENT_NOTICE = "Documento di prova, firma priva di valore legale"
PREVIEW_NOTICE = "Anteprima: testo in lavorazione, non è un documento"

_NOTICES = ("", DEVELOPMENT_NOTICE, PREVIEW_NOTICE)
_FILLED = re.compile(r"/\* (#[0-9a-fA-F]{6}) ([0-2]) \*/")


def sheet(colour: str, notice: str = "") -> str:
    """All rules for a colour (``#rrggbb``); ``notice`` is one of ours and stands on every page."""
    rules = f"/* {colour} {_NOTICES.index(notice)} */\n{_rules()}"
    for name, filled in {
        "$colour-tint": tint(colour, Decimal("0.92")),
        "$colour-soft": tint(colour, Decimal("0.80")),
        "$colour-mid": tint(colour, Decimal("0.25")),
        "$colour-ring": tint(colour, Decimal("0.14")),
        "$colour": colour,
        "$notice": f'"{notice}"',
    }.items():
        rules = rules.replace(name, filled)
    return rules


def is_own(rules: str) -> bool:
    """Whether this is what :func:`sheet` gives for some colour, and nothing more."""
    found = _FILLED.match(rules)
    return found is not None and rules == sheet(found[1], _NOTICES[int(found[2])])


@cache
def _rules() -> str:
    return "\n".join((FOLDER / name).read_text("utf-8") for name in FILES)
