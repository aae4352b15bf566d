"""The typeface of the documents: shipped files only, never a font of the machine.

Titillium Web is the typeface of Italian public administration. Its files come with the
``fontpkg-titillium-web`` package; the fontconfig written here sees nothing else, so the
same snapshot gives the same bytes on every machine.
"""

from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import fontpkg_titillium_web
from fontTools.ttLib import TTFont

FAMILY = fontpkg_titillium_web.FAMILY
FOLDER = Path(fontpkg_titillium_web.ROOT) / "files"

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <config><rescan><int>0</int></rescan></config>
</fontconfig>
"""


def write_fontconfig(folder: Path) -> Path:
    """Write into ``folder`` a fontconfig that sees only the shipped typeface."""
    path = folder / "fonts.conf"
    text = _CONFIGURATION.format(fonts=escape(str(FOLDER)), cache=escape(str(folder / "cache")))
    path.write_text(text, encoding="utf-8")
    return path


@cache
def _face(weight: str) -> tuple[dict[int, int], int]:
    """Advance width of every character the face has, and the units of an em."""
    with TTFont(FOLDER / f"TitilliumWeb-{weight}.ttf", lazy=True) as font:
        widths = font["hmtx"].metrics
        characters = {code: widths[glyph][0] for code, glyph in font.getBestCmap().items()}
        return characters, font["head"].unitsPerEm


def covered() -> frozenset[int]:
    """Code points the typeface can draw."""
    return frozenset(_face("Regular")[0])


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text, in the unit of ``size`` (kerning left out)."""
    widths, em = _face("SemiBold" if bold else "Regular")
    return sum(widths.get(ord(character), em // 2) for character in text) * size / em


def wrap(text: str, width: float, size: float, lines: int, *, bold: bool = False) -> list[str]:
    """Break ``text`` into at most ``lines`` lines of ``width``; the last may end in ``…``."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        longer = f"{row} {word}".strip()
        if row and text_width(longer, size, bold=bold) > width:
            rows.append(row)
            row = word
        else:
            row = longer
    rows.append(row)
    if len(rows) > lines:
        rows = [*rows[: lines - 1], " ".join(rows[lines - 1 :])]
    return [_shorten(row, width, size, bold=bold) for row in rows]


def _shorten(row: str, width: float, size: float, *, bold: bool) -> str:
    if text_width(row, size, bold=bold) <= width:
        return row
    while row and text_width(f"{row}…", size, bold=bold) > width:
        row = row[:-1]
    return f"{row.rstrip(' ,;:-')}…"
