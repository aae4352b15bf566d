"""What makes a chapter PDF/A-3a and PDF/UA-1 at once, where WeasyPrint falls short.

Runs as WeasyPrint's finisher: on the objects in memory, just before they are written, so
the file is neither parsed nor written a second time.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import pydyf
import weasyprint

from services.renderer.document.chapters import LINK_SCHEME

PIXEL = 0.75
"""Points in a CSS pixel."""


_TEXT_HOLDERS = ("/P", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/TD", "/TH", "/Caption")
_PLAIN_KEYS = {"Type", "S", "K", "Pg", "P"}


class Finisher:
    """Corrects the PDF WeasyPrint has built; call it with the document and the PDF.

    ``titles`` gives words to links inside the document (``Contents`` of a link annotation
    must tell where it leads, not repeat an identifier).
    """

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    def __call__(self, _document: weasyprint.Document, pdf: pydyf.PDF) -> None:
        """Apply every correction to ``pdf`` in place."""
        reached = _StructureTree(pdf)
        for item in pdf.objects:
            if isinstance(item, dict) and item.get("Subtype") == "/Link":
                self._describe(item)
        for table in reached.of_type("/Table"):
            _state_directions(table, reached)
        for figure in reached.of_type("/Figure"):
            _place(figure, pdf)
        _drop_empty_steps(pdf)
        _release_margins(pdf, reached)
        _take_over_texts(pdf, reached)

    def _describe(self, link: dict[str, Any]) -> None:
        """Say where a link leads; one to another place of the document goes there by name."""
        address = link["A"]["URI"].string
        if not address.startswith(LINK_SCHEME):
            link["Contents"] = pydyf.String(f"Apri {address}")
            return
        anchor = unquote(address.removeprefix(LINK_SCHEME))
        del link["A"]
        link["Dest"] = pydyf.String(anchor)
        link["Contents"] = pydyf.String(f"Vai a: {self._titles[anchor]}")


class _StructureTree:
    """The elements that a reader of the tags meets, by number and by type."""

    def __init__(self, pdf: pydyf.PDF) -> None:
        self._objects = pdf.objects
        self.root = pdf.objects[_number(pdf.catalog["StructTreeRoot"])]
        self.numbers: set[int] = set()
        self._types: dict[str, list[dict[str, Any]]] = {}
        waiting = [_number(kid) for kid in self.root["K"]]
        while waiting:
            number = waiting.pop()
            item = self._objects[number]
            if item.get("Type") != "/StructElem":
                continue
            self.numbers.add(number)
            self._types.setdefault(item["S"], []).append(item)
            waiting.extend(_number(kid) for kid in item["K"] if isinstance(kid, bytes))

    def of_type(self, name: str) -> list[Any]:
        """Elements of a standard type, ``/Table`` for instance."""
        return self._types.get(name, [])

    def children(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        """Structure elements directly below ``item``."""
        kids = (self._objects[_number(kid)] for kid in item["K"] if isinstance(kid, bytes))
        return [kid for kid in kids if kid.get("Type") == "/StructElem"]


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


def _state_directions(table: dict[str, Any], tree: _StructureTree) -> None:
    """Give every header cell of a table its ``Scope``.

    WeasyPrint relates cells by ``Headers``/``ID`` pairs, leaves out header cells no data
    cell refers to, and writes no ``IDTree`` for the pairs. A scope on each says the same.
    A table (or what a page break leaves of it) with more header than data cells has a
    single row: its row head becomes a plain cell, or readers hear heads of heads.
    """
    row_heads: list[dict[str, Any]] = []
    heads = cells = 0
    for group in tree.children(table):
        if group["S"] not in {"/THead", "/TBody", "/TFoot"}:
            continue
        for row in tree.children(group):
            for cell in tree.children(row):
                if cell["S"] == "/TD":
                    cells += 1
                    cell["A"].pop("Headers", None)
                elif cell["S"] == "/TH":
                    heads += 1
                    cell.pop("ID", None)
                    in_head = group["S"] == "/THead"
                    cell["A"]["Scope"] = "/Column" if in_head else "/Row"
                    if not in_head:
                        row_heads.append(cell)
    if heads > cells:
        for cell in row_heads:
            cell["S"] = "/TD"
            del cell["A"]["Scope"]


def _place(figure: dict[str, Any], pdf: pydyf.PDF) -> None:
    """Turn a figure's box from CSS pixels, downwards, into points, upwards."""
    height = pdf.objects[_number(figure["Pg"])]["MediaBox"][3]
    left, top, right, bottom = (value * PIXEL for value in figure["A"]["BBox"])
    figure["A"]["BBox"] = pydyf.Array([left, height - bottom, right, height - top])


def _drop_empty_steps(pdf: pydyf.PDF) -> None:
    """Write runs of glyphs without the steps of nothing that WeasyPrint puts between any two.

    They come from widths that differ by less than what can be written, and are half of a page.
    """
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream):
            item.stream[:] = [
                operator.replace(b">0<", b"").replace(b">0]", b">]")
                if isinstance(operator, bytes) and operator.endswith(b"] TJ")
                else operator
                for operator in item.stream
            ]


def _release_margins(pdf: pydyf.PDF, tree: _StructureTree) -> None:
    """Make running heads and page numbers artifacts instead of untold content.

    WeasyPrint marks their text as content but hangs it nowhere in the structure tree.
    """
    numbers = pdf.objects[_number(tree.root["ParentTree"])]["Nums"]
    pages = [pdf.objects[number] for number in pdf.pages["Kids"][::3]]
    for page, references in zip(pages, numbers[1::2], strict=False):
        outside = {
            mark
            for mark, reference in enumerate(references)
            if _number(reference) not in tree.numbers
        }
        if not outside:
            continue
        for mark in outside:
            references[mark] = "null"
        _mark_as_artifacts(pdf.objects[_number(page["Contents"])].stream, outside)


def _mark_as_artifacts(operators: list[Any], marks: set[int]) -> None:
    for place, operand in enumerate(operators):
        if isinstance(operand, dict) and operand.get("MCID") in marks:
            operators[place - 1] = "/Artifact"
            operators[place] = pydyf.Dictionary({"Type": "/Pagination"})


def _take_over_texts(pdf: pydyf.PDF, tree: _StructureTree) -> None:
    """Hang the text of paragraphs, headings and cells on them instead of on a ``Span`` each.

    WeasyPrint makes an element of every run of text; they tell nothing that their parent does
    not, and are more than half of all objects of a document of tables.
    """
    owners: dict[int, bytes] = {}
    for name in _TEXT_HOLDERS:
        for holder in tree.of_type(name):
            spans = [_plain_span(pdf, kid, holder) for kid in holder["K"]]
            if None in spans:
                continue
            for kid, span in zip(holder["K"], spans, strict=True):
                owners[_number(kid)] = holder.reference
                span.free = "f"
            holder["K"] = pydyf.Array(span["K"][0] for span in spans)
    numbers = pdf.objects[_number(tree.root["ParentTree"])]["Nums"]
    for references in numbers[1::2]:
        if isinstance(references, list):
            references[:] = [owners.get(_owner(one), one) for one in references]


def _plain_span(pdf: pydyf.PDF, kid: bytes | int, holder: pydyf.Dictionary) -> Any:  # noqa: ANN401 - pydyf has no types
    """A ``Span`` that holds one run of text on the page of its holder and says nothing else."""
    item = pdf.objects[_number(kid)] if isinstance(kid, bytes) else {}
    plain = (
        item.get("S") == "/Span"
        and item.keys() == _PLAIN_KEYS
        and item["Pg"] == holder["Pg"]
        and len(item["K"]) == 1
        and isinstance(item["K"][0], int)
    )
    return item if plain else None


def _owner(reference: bytes | str) -> int:
    """The number of a reference; none for ``null``."""
    return _number(reference) if isinstance(reference, bytes) else -1
