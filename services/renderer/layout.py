"""A sheet (one chapter's HTML) -> pages -> PDF with WeasyPrint, inside the child.

The PDF of a chapter is a whole tagged one but for its faces, which come when it is bound. What
binding several of them needs to know comes beside it as :class:`Facts`, so that nobody has to
look for it in the file again.
"""

import io
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import pydyf
import weasyprint

from services.renderer import engine
from services.renderer.conformance import PIXEL, Finisher
from services.renderer.document.chapters import Sheet

COMPRESSION: Final = 6
"""Level of zlib: what 9 saves beyond it is not worth twice the time."""


@dataclass(frozen=True)
class Face:
    """A face as one chapter uses it: its file, and of each glyph used the width and the text."""

    file: str
    widths: dict[int, float]
    texts: dict[int, str]


@dataclass(frozen=True)
class Facts:
    """What binding needs to know about a chapter's PDF; places are points from below left."""

    pages: int
    anchors: dict[str, tuple[int, float, float]]
    """Name -> page within the chapter (from 0), x, y."""
    bookmarks: list[tuple[int, str, int, float, float]]
    """Level, words, page, x, y, in reading order."""
    faces: dict[str, Face]
    """Name in the page resources -> face, for faces whose glyph numbers are those of the file."""
    numbered: bool

    def as_json(self) -> dict[str, Any]:
        """The facts as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """The facts from what ``as_json`` gave."""
        faces = {
            name: Face(
                face["file"],
                {int(glyph): width for glyph, width in face["widths"].items()},
                {int(glyph): text for glyph, text in face["texts"].items()},
            )
            for name, face in given["faces"].items()
        }
        return cls(
            pages=given["pages"],
            anchors={name: (at[0], at[1], at[2]) for name, at in given["anchors"].items()},
            bookmarks=[(one[0], one[1], one[2], one[3], one[4]) for one in given["bookmarks"]],
            faces=faces,
            numbered=given["numbered"],
        )


def write(sheet: Sheet) -> tuple[bytes, Facts]:
    """Lay out a sheet and write its PDF; raises whatever the layout engine raises."""
    document = engine.render(sheet.html, sheet.style)
    correct = Finisher(sheet.titles)

    def finish(_document: weasyprint.Document, pdf: pydyf.PDF) -> None:
        correct(_document, pdf)
        _compress(pdf)

    written = io.BytesIO()
    document.write_pdf(written, finisher=finish, pdf_variant=engine.VARIANT, uncompressed_pdf=True)
    return written.getvalue(), _facts(document, numbered=sheet.numbered)


def _compress(pdf: pydyf.PDF) -> None:
    """Compress the streams; the way of WeasyPrint takes three times as long for little more."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and "Filter" not in item.extra:
            _, _, written = item.data.partition(b"\nstream\n")
            content = written.removesuffix(b"\nendstream")
            item.stream = [zlib.compress(content, COMPRESSION)]
            item.extra["Filter"] = "/FlateDecode"


def _facts(document: weasyprint.Document, *, numbered: bool) -> Facts:
    anchors: dict[str, tuple[int, float, float]] = {}
    bookmarks: list[tuple[int, str, int, float, float]] = []
    for number, page in enumerate(document.pages):
        for name, (x, y, *_) in page.anchors.items():
            anchors.setdefault(name, (number, x * PIXEL, (page.height - y) * PIXEL))
        bookmarks.extend(
            (level, label, number, x * PIXEL, (page.height - y) * PIXEL)
            for level, label, (x, y), _ in page.bookmarks
        )
    return Facts(len(document.pages), anchors, bookmarks, _faces(document), numbered)


def _faces(document: weasyprint.Document) -> dict[str, Face]:
    """The faces that binding puts in whole; several sizes of one are one face."""
    faces: dict[str, Face] = {}
    for font in document.fonts.values():
        file = engine.shipped_face(font)
        if file is None:
            continue
        known = faces.get(font.hash) or Face(file, {}, {})
        known.widths.update(font.widths)
        for glyph, text in font.to_unicode.items():
            known.texts.setdefault(glyph, text)
        faces[font.hash] = known
    return faces
