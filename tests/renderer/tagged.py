"""A tagged PDF as those hear it who cannot see it: elements and texts in reading order.

Reads the structure tree and the marked content it points to, with nothing of the renderer; what
is not in the tree (running heads, page numbers) is not heard.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf

_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_BLOCK = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


@dataclass
class Element:
    """A structure element: its type (``TR``, ``Figure``), its own text, what is below it."""

    kind: str
    alt: str | None = None
    parts: list["Element | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        """This element and all below it, in reading order."""
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part.walk()

    @property
    def text(self) -> str:
        """Everything that is read of it, blanks made one."""
        return re.sub(r"\s+", " ", "".join(self._texts())).strip()

    def _texts(self) -> Iterator[str]:
        for part in self.parts:
            # A piece is a line at the most, and lines end without a blank.
            yield from part._texts() if isinstance(part, Element) else (part,)
            yield " "

    def of_kind(self, kind: str) -> list["Element"]:
        """Elements of a type below this one, in reading order."""
        return [element for element in self.walk() if element.kind == kind]

    def rows(self) -> list[list[str]]:
        """The cells of a table, row by row."""
        return [
            [cell.text for cell in row.walk() if cell.kind in {"TH", "TD"}]
            for row in self.of_kind("TR")
        ]


def read(content: bytes) -> Element:
    """The whole document of a tagged PDF."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pages: _Pages = {_number(page.obj): _marked(page) for page in pdf.pages}
        root = Element("Root")
        _fill(root, pdf.Root.StructTreeRoot, (0, 0), pages)
        return root


_Page = tuple[int, int]
_Pages = Mapping[_Page, Mapping[int, str]]


def _number(item: pikepdf.Object) -> _Page:
    number, generation = item.objgen
    return int(number), int(generation)


def _fill(element: Element, item: pikepdf.Object, page: _Page, pages: _Pages) -> None:
    page = _number(item.Pg) if "/Pg" in item else page
    kids = item.get("/K")
    if kids is None:
        return
    kid: Any
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            element.parts.append(pages[page].get(kid, ""))
        elif kid.get("/Type") == "/MCR":
            at = _number(kid.Pg) if "/Pg" in kid else page
            element.parts.append(pages[at].get(int(kid.MCID), ""))
        elif kid.get("/Type") != "/OBJR":
            below = Element(str(kid.S)[1:], str(kid.Alt) if "/Alt" in kid else None)
            _fill(below, kid, page, pages)
            element.parts.append(below)


def _marked(page: pikepdf.Page) -> dict[int, str]:
    """Text of a page by the number of its marked content."""
    fonts = {name: _characters(font) for name, font in page.resources.get("/Font", {}).items()}
    texts: dict[int, str] = {}
    open_marks: list[int | None] = []
    font: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(page):
        operands, name = instruction.operands, str(instruction.operator)
        if name in {"BDC", "BMC"}:
            given: Any = operands[1].get("/MCID") if len(operands) > 1 else None
            open_marks.append(None if given is None else int(given))
        elif name == "EMC":
            open_marks.pop()
        elif name == "Tf":
            font = fonts[str(operands[0])]
        elif name in {"Tj", "TJ"}:
            mark = next((m for m in reversed(open_marks) if m is not None), None)
            if mark is not None:
                shown = operands[0] if name == "TJ" else [operands[0]]
                texts[mark] = texts.get(mark, "") + "".join(
                    _decoded(bytes(part), font)
                    for part in shown
                    if isinstance(part, pikepdf.String)
                )
    return texts


def _decoded(codes: bytes, font: dict[int, str]) -> str:
    """Two bytes a glyph, as in every font that is embedded whole or as a subset."""
    return "".join(font.get(codes[at] << 8 | codes[at + 1], "") for at in range(0, len(codes), 2))


def _characters(font: pikepdf.Object) -> dict[int, str]:
    """Characters of the glyphs of a font, by its ``ToUnicode`` map."""
    found: dict[int, str] = {}
    if "/ToUnicode" not in font:
        return found
    cmap = font.ToUnicode.read_bytes()
    for block in _BLOCK.findall(cmap):
        for code, text in _PAIR.findall(block):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be")
    for block in _RANGES.findall(cmap):
        for first, last, text in _RANGE.findall(block):
            start = int(text, 16)
            for place, code in enumerate(range(int(first, 16), int(last, 16) + 1)):
                found[code] = chr(start + place)
    return found
