"""What a document says of itself: properties, XMP, language, output intent, attached data."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from xml.sax.saxutils import escape

import weasyprint
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from services.renderer.document.attachments import AttachedFile

CREATOR = "Ciclo"
PRODUCER = f"WeasyPrint {weasyprint.__version__}"

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


@dataclass(frozen=True)
class Properties:
    """Title and origin of a document; ``created_at`` is an RFC 3339 instant."""

    title: str
    author: str
    subject: str
    language: str
    created_at: str


def describe(pdf: Pdf, given: Properties) -> None:
    """Write the properties, the same in the catalogue, in the dictionary and in XMP."""
    moment = _moment(given.created_at)
    pdf.Root.Lang = String(given.language)
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    information = {
        "/Title": given.title,
        "/Author": given.author,
        "/Subject": given.subject,
        "/Creator": CREATOR,
        "/Producer": PRODUCER,
        "/CreationDate": _pdf_date(moment),
        "/ModDate": _pdf_date(moment),
    }
    for name, value in information.items():
        pdf.docinfo[name] = String(value)
    packet = _PACKET.format(
        title=escape(given.title),
        author=escape(given.author),
        subject=escape(given.subject),
        language=escape(given.language),
        tool=escape(CREATOR),
        created=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        producer=escape(PRODUCER),
    )
    stream = pdf.make_stream(packet.encode())
    stream.Type, stream.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = stream


def embed(pdf: Pdf, files: Iterable[AttachedFile], created_at: str) -> list[Object]:
    """Put files into a document; the answer is for :func:`attach`."""
    date = String(_pdf_date(_moment(created_at)))
    specifications: list[Object] = []
    for file in sorted(files, key=lambda file: file.card.name):
        name = String(file.card.name)
        stream = pdf.make_stream(zlib.compress(file.content), Filter=Name.FlateDecode)
        stream.Type = Name.EmbeddedFile
        stream.Subtype = Name("/" + file.card.media_type)
        stream.Params = Dictionary(
            Size=len(file.content),
            CheckSum=String(md5(file.content, usedforsecurity=False).digest()),
            CreationDate=date,
            ModDate=date,
        )
        specifications.append(
            pdf.make_indirect(
                Dictionary(
                    Type=Name.Filespec,
                    F=name,
                    UF=name,
                    Desc=String(file.card.description),
                    AFRelationship=Name("/" + file.card.relationship),
                    EF=Dictionary(F=stream, UF=stream),
                )
            )
        )
    return specifications


def attach(pdf: Pdf, specifications: Iterable[Object]) -> None:
    """Name embedded files as PDF/A-3 associated files, in the order of the name tree."""
    names, associated = Array(), Array()
    for specification in specifications:
        names.extend([specification.F, specification])
        associated.append(specification)
    pdf.Root.Names.EmbeddedFiles = Dictionary(Names=names)
    pdf.Root.AF = associated


def _moment(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(UTC)


def _pdf_date(moment: datetime) -> str:
    return moment.strftime("D:%Y%m%d%H%M%SZ")
