"""What makes the file PDF/A-3a and PDF/UA-1 at once, where WeasyPrint falls short.

Runs as WeasyPrint's finisher: on the objects in memory, just before they are written, so
the file is neither parsed nor written a second time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pydyf
import weasyprint
from weasyprint.pdf.metadata import DocumentMetadata

from services.renderer.document.attachments import AttachedFile
from services.renderer.seal_field import OFF_PAGE, PRINT_FLAG, SealField

PIXEL = 0.75
"""Points in a CSS pixel."""

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<rdf:Description rdf:about="">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{tool}</xmp:CreatorTool>
<xmp:CreateDate>{created}</xmp:CreateDate><xmp:ModifyDate>{created}</xmp:ModifyDate>
<pdf:Producer>{producer}</pdf:Producer>
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


class Finisher:
    """Corrects the PDF WeasyPrint has built; call it with the document and the PDF.

    ``anchors`` gives words to internal links (``Contents`` of a link annotation must tell
    where it leads, not repeat an identifier). ``fields`` wait for signatures.
    """

    def __init__(self, anchors: dict[str, str], fields: Sequence[SealField]) -> None:
        self._anchors = anchors
        self._fields = fields

    def __call__(self, document: weasyprint.Document, pdf: pydyf.PDF) -> None:
        """Apply every correction to ``pdf`` in place."""
        reached = _StructureTree(pdf)
        for item in pdf.objects:
            if isinstance(item, dict) and item.get("Subtype") == "/Link":
                self._describe(item)
        for table in reached.of_type("/Table"):
            _state_directions(table, reached)
        for figure in reached.of_type("/Figure"):
            _place(figure, pdf)
        _release_margins(pdf, reached)
        _await_signatures(pdf, reached, self._fields)
        self._associate(pdf)
        self._metadata(document.metadata, pdf)

    def _describe(self, link: dict[str, Any]) -> None:
        if "A" in link:
            address = link["A"]["URI"].string
            link["Contents"] = pydyf.String(f"Apri {address}")
        else:
            anchor = link["Dest"].string
            link["Contents"] = pydyf.String(f"Vai a: {self._anchors.get(anchor, anchor)}")

    @staticmethod
    def _associate(pdf: pydyf.PDF) -> None:
        """Name each associated file once: WeasyPrint lists document attachments twice."""
        files = pdf.catalog.get("AF")
        if files:
            pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(files))

    @staticmethod
    def _metadata(metadata: DocumentMetadata, pdf: pydyf.PDF) -> None:
        """One XMP description instead of several: signing tools keep it whole."""
        number = int(pdf.catalog["Metadata"].split()[0])
        packet = _PACKET.format(
            title=escape(metadata.title),
            author=escape(", ".join(metadata.authors)),
            subject=escape(metadata.description),
            language=escape(metadata.lang),
            tool=escape(metadata.generator),
            created=escape(metadata.created),
            producer=escape(str(pdf.info["Producer"].string)),
        )
        stream = pdf.objects[number]
        stream.stream = [packet.encode()]
        # Readable without decoding, as archives' tools expect of XMP.
        stream.compress = False


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

    def of_type(self, name: str) -> list[dict[str, Any]]:
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


def _await_signatures(pdf: pydyf.PDF, tree: _StructureTree, fields: Sequence[SealField]) -> None:
    """Put the fields of seal and signatures on the last page, named and tagged as forms."""
    references = [_await_signature(pdf, tree, field) for field in fields]
    pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": pydyf.Array(references)})


def _await_signature(pdf: pydyf.PDF, tree: _StructureTree, field: SealField) -> bytes:
    """Answers the reference of the field."""
    page = pdf.objects[pdf.pages["Kids"][-3]]
    whole = pdf.objects[_number(tree.root["K"][0])]
    numbers = pdf.objects[_number(tree.root["ParentTree"])]["Nums"]
    widget = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(field.name),
            "TU": pydyf.String(field.label),
            "F": PRINT_FLAG,
            "Rect": pydyf.Array(OFF_PAGE),
            "P": page.reference,
            "StructParent": numbers[-2] + 1,
        }
    )
    pdf.add_object(widget)
    place = pydyf.Dictionary({"Type": "/OBJR", "Obj": widget.reference, "Pg": page.reference})
    pdf.add_object(place)
    form = pydyf.Dictionary(
        {
            "Type": "/StructElem",
            "S": "/Form",
            "P": whole.reference,
            "Pg": page.reference,
            "K": pydyf.Array([place.reference]),
        }
    )
    pdf.add_object(form)
    whole["K"].append(form.reference)
    numbers.extend([widget["StructParent"], form.reference])
    page.setdefault("Annots", pydyf.Array()).append(widget.reference)
    reference: bytes = widget.reference
    return reference


def attachments(files: tuple[AttachedFile, ...], created_at: str) -> list[weasyprint.Attachment]:
    """Attachments for WeasyPrint, dated as the snapshot, in the order of the name tree."""
    moment = datetime.fromisoformat(created_at).astimezone(UTC)
    return [
        weasyprint.Attachment(
            string=file.content,
            name=file.card.name,
            description=file.card.description,
            created=moment,
            modified=moment,
            relationship=file.card.relationship,
        )
        for file in sorted(files, key=lambda file: file.card.name)
    ]
