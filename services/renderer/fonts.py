"""The typeface of the documents: shipped files only, never a font of the machine.

Titillium Web is the typeface of Italian public administration. Its files come with the
``fontpkg-titillium-web`` package; the fontconfig written here sees nothing else, so the
same snapshot gives the same bytes on every machine.
"""

import io
import zlib
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from xml.sax.saxutils import escape

import fontpkg_titillium_web
from fontTools.ttLib import TTFont

FAMILY = fontpkg_titillium_web.FAMILY
FOLDER = Path(fontpkg_titillium_web.ROOT) / "files"

REGULAR = "TitilliumWeb-Regular.ttf"
SEMIBOLD = "TitilliumWeb-SemiBold.ttf"
FILES = (REGULAR, SEMIBOLD, *(f"TitilliumWeb-{name}.ttf" for name in ("Bold", "Light", "Italic")))
"""The faces that most documents use."""

_OUTLINES = {"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cvt ", "fpgm", "prep"}

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


@dataclass(frozen=True)
class Program:
    """Outlines of a face, compressed (zlib), and how many bytes they are otherwise."""

    length: int
    compressed: bytes


@dataclass(frozen=True)
class _Face:
    """What a face says of each character it has: glyph number, advance width in parts of an em."""

    glyphs: dict[str, int]
    widths: dict[str, int]
    em: int


@cache
def _face(file: str) -> _Face:
    with TTFont(FOLDER / file, lazy=True) as font:
        names = {chr(code): name for code, name in font.getBestCmap().items()}
        advances = font["hmtx"].metrics
        return _Face(
            glyphs={character: font.getGlyphID(name) for character, name in names.items()},
            widths={character: advances[name][0] for character, name in names.items()},
            em=font["head"].unitsPerEm,
        )


@cache
def _files() -> dict[tuple[int, bool], str]:
    """Weight (usWeightClass) and slope -> name of the file."""
    found = {}
    for path in sorted(FOLDER.glob("*.ttf")):
        with TTFont(path, lazy=True) as font:
            italic = bool(font["OS/2"].fsSelection & 1)
            found[font["OS/2"].usWeightClass, italic] = path.name
    return found


def file_name(weight: int, *, italic: bool) -> str | None:
    """The file of a face; ``None`` for one that would have to be made up from another."""
    return _files().get((weight, italic))


@cache
def program(file: str) -> Program:
    """A face as PDF embeds it: outlines and widths, without the tables of text layout."""
    target = io.BytesIO()
    with TTFont(FOLDER / file, lazy=True, recalcTimestamp=False) as font:
        for table in set(font.keys()) - _OUTLINES:
            if table in font.reader.tables:
                del font[table]
        font.save(target, reorderTables=None)
    content = target.getvalue()
    return Program(len(content), zlib.compress(content))


def preload() -> None:
    """Read the faces of most documents."""
    for file in FILES:
        _face(file)
        program(file)


def glyph(character: str, file: str = REGULAR) -> tuple[int, int]:
    """Glyph number and width, in thousandths of an em, of a character in a face."""
    face = _face(file)
    return face.glyphs[character], round(face.widths[character] * 1000 / face.em)


@cache
def covered() -> frozenset[int]:
    """Code points the typeface can draw."""
    return frozenset(map(ord, _face(REGULAR).glyphs))


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text, in the unit of ``size`` (kerning left out)."""
    face = _face(SEMIBOLD if bold else REGULAR)
    return sum(map(face.widths.get, text, repeat(face.em // 2))) * size / face.em


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
