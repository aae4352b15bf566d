"""Only characters the shipped typeface can draw reach a page.

PDF/A forbids the ".notdef" glyph, so an emoji or an Arabic word in a narrative would cost
the document its conformance. What has an equivalent is replaced by it, the rest by ``?``;
the caller learns which characters were lost and says so in the section.
"""

import unicodedata

from services.renderer import fonts

LOST = "?"
_EQUIVALENTS = {
    "\u2192": "->",
    "\u2190": "<-",
    "\u21d2": "=>",
    "\u25cf": "•",
    "\u25aa": "•",
    "\u25e6": "•",
    "\u2023": "•",
    "\u2010": "-",
    "\u2011": "-",
    "\u2212": "-",
    "\u2033": '"',
    "\u2032": "'",
    "\u02bc": "'",
    "\u202f": "\u00a0",
    "\u2009": "\u00a0",
    "\u2007": "\u00a0",
    "\t": " ",
}
_LAYOUT = frozenset("\n\r ")


def cover(text: str) -> tuple[str, frozenset[str]]:
    """``text`` in characters the typeface has, and the characters that had to be lost."""
    text = unicodedata.normalize("NFC", text)
    drawable = fonts.covered()
    table: dict[int, str] = {}
    lost: set[str] = set()
    for character in set(text) - _LAYOUT:
        if ord(character) in drawable:
            continue
        if character in _EQUIVALENTS:
            table[ord(character)] = _EQUIVALENTS[character]
        elif unicodedata.category(character) in {"Cf", "Cc", "Mn", "Cs", "Co"}:
            table[ord(character)] = ""
        else:
            table[ord(character)] = LOST
            lost.add(character)
    return (text.translate(table) if table else text), frozenset(lost)
