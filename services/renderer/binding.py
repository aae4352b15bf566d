"""Chapters, each a tagged PDF of its own -> one tagged document.

Pages are copied as they are. What tells the chapters apart is renumbered or put together: one
structure tree (``ParentTree``, ``StructParents``), one outline, one tree of named places, every
face embedded once, page numbers, also in the contents. The same chapters give the same bytes,
however they were made.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from services.renderer import fonts, metadata
from services.renderer.document.attachments import AttachedFile
from services.renderer.document.contents import MARK
from services.renderer.layout import COMPRESSION, Face, Facts
from services.renderer.metadata import Properties
from services.renderer.seal_field import OFF_PAGE, PRINT_FLAG, SealField

_NUMBER_SIZE = 8.5
_NUMBER_COLOUR = "0.114 0.153 0.2"
_NUMBER_RIGHT = 51.02
_NUMBER_BASELINE = 41.8
"""The page number, in points: #1d2733, on the right margin, in line with the running foot."""

_NUMBER_CHARACTERS = "0123456789 /"
_NUMBER_FACE = "PageNumber"
"""Name of Regular in the resources of numbered pages."""

_SHORT_TEXT = re.compile(rb"/(\w+) (\S+) Tf\n\[<([0-9a-f]{%d})>\] TJ" % (4 * len(MARK)))
"""A text in one run as long as the mark: its face, its size, its glyphs."""

_UNICODE_HEAD = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
"""
_UNICODE_TAIL = b"""endcmap
CMapName currentdict /CMap defineresource pop
end
end"""
_UNICODE_BATCH = 100
"""Entries that a CMap may hold in one block."""


@dataclass(frozen=True)
class Laid:
    """A chapter laid out: its PDF and the facts beside it."""

    pdf: bytes
    facts: Facts


@dataclass(frozen=True)
class Extras:
    """What only the whole document has."""

    properties: Properties
    files: Sequence[AttachedFile] = ()
    fields: Sequence[SealField] = ()
    lines: Sequence[str] = ()
    """Anchors of the lines of the contents (the second chapter): each gets its page."""


def first_pages(chapters: Iterable[Laid]) -> dict[str, int]:
    """Name of every place -> number of its page."""
    pages: dict[str, int] = {}
    first = 1
    for chapter in chapters:
        for anchor, (page, _, _) in chapter.facts.anchors.items():
            pages.setdefault(anchor, first + page)
        first += chapter.facts.pages
    return pages


@dataclass(frozen=True)
class Opened:
    """A chapter of which everything has been read, ready to be taken."""

    chapter: Laid
    source: Pdf


def opened(chapter: Laid) -> Opened:
    """Read a chapter's PDF, which is most of the work and can be done in any order."""
    source = pikepdf.open(io.BytesIO(chapter.pdf))
    len(source.objects)  # reads them all
    return Opened(chapter, source)


class Binder:
    """Takes chapters one after the other, in their order, and binds them."""

    def __init__(self, extras: Extras) -> None:
        self._pdf = pikepdf.new()
        self._extras = extras
        self._attached = metadata.embed(self._pdf, extras.files, extras.properties.created_at)
        self._sources: list[Pdf] = []
        self._chapters: list[Laid] = []
        self._trees: list[Object] = []

    @property
    def pages(self) -> int:
        """How many pages have been taken."""
        return len(self._pdf.pages)

    def take(self, following: Opened) -> None:
        """Copy the next chapter's pages and its structure tree."""
        source = following.source
        for page in source.pages:
            self._pdf.pages.append(page)
        self._trees.append(self._pdf.copy_foreign(source.Root.StructTreeRoot))
        self._sources.append(source)
        self._chapters.append(following.chapter)

    def bind(self) -> bytes:
        """One document of all chapters."""
        pikepdf.settings.set_flate_compression_level(COMPRESSION)
        pdf = self._pdf
        whole = _Whole(pdf, self._chapters, self._extras.lines)
        for tree, chapter in zip(self._trees, self._chapters, strict=True):
            whole.join(tree, chapter.facts)
        whole.finish(self._extras.fields)
        first = self._sources[0]
        pdf.Root.OutputIntents = pdf.copy_foreign(first.make_indirect(first.Root.OutputIntents))
        metadata.attach(pdf, self._attached)
        metadata.describe(pdf, self._extras.properties)
        target = io.BytesIO()
        pdf.save(
            target,
            min_version="1.7",
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return target.getvalue()


@dataclass
class _Whole:
    """The document while its chapters, which are in it, become one."""

    pdf: Pdf
    chapters: Sequence[Laid]
    lines: Sequence[str]
    joined: int = 0
    """Pages of the chapters joined so far."""
    parents: Array = field(default_factory=Array)
    """``Nums`` of the parent tree."""
    next_parent: int = 0
    places: dict[str, Array] = field(default_factory=dict)
    bookmarks: list[tuple[int, str, Array]] = field(default_factory=list)
    faces: dict[str, Object] = field(default_factory=dict)
    shared: dict[str, Object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.document = self.pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Document, K=Array())
        )
        self.total = sum(chapter.facts.pages for chapter in self.chapters)
        self.used = _together(chapter.facts.faces for chapter in self.chapters)
        # Every chapter has running heads in Regular; the page numbers are of it as well.
        self.regular = next(name for name, face in self.used.items() if face.file == fonts.REGULAR)
        self._have_figures(self.used[self.regular])
        for name in self.chapters[1].facts.faces if self.lines else ():
            self._have_figures(self.used[name])

    @staticmethod
    def _have_figures(face: Face) -> None:
        for character in _NUMBER_CHARACTERS:
            glyph, width = fonts.glyph(character, face.file)
            face.widths.setdefault(glyph, width)
            face.texts.setdefault(glyph, character)

    def join(self, tree: Object, facts: Facts) -> None:
        """Make the next chapter's pages, and its structure tree, part of the whole."""
        before = self.joined
        self.joined += facts.pages
        pages = [self.pdf.pages[number].obj for number in range(before, self.joined)]
        self._hang(tree)
        self._renumber(tree.ParentTree.Nums, pages)
        self._share(pages[0].Resources, facts)
        for name, (at, x, y) in facts.anchors.items():
            self.places.setdefault(name, _place(pages[at], x, y))
        self.bookmarks.extend(
            (level, label, _place(pages[page], x, y))
            for level, label, page, x, y in facts.bookmarks
        )
        if facts.numbered:
            resources = pages[0].Resources
            resources.Font["/" + _NUMBER_FACE] = self.faces[self.regular]
            for number, page in enumerate(pages, start=before + 1):
                self._number(page, f"{number} / {self.total}")

    def _hang(self, tree: Object) -> None:
        """Hang the chapter's topmost elements below the one document element."""
        for element in tree.K[0].K:
            element.P = self.document
            self.document.K.append(element)

    def _renumber(self, numbers: Object, pages: Sequence[Object]) -> None:
        """Give pages and annotations the numbers that are free in the whole document."""
        start = self.next_parent
        for key, reference in zip(numbers[::2], numbers[1::2], strict=True):
            self.parents.append(start + int(key))
            self.parents.append(reference)
            self.next_parent = max(self.next_parent, start + int(key) + 1)
        for page in pages:
            page.StructParents = start + int(page.StructParents)
            for annotation in page.get("/Annots", ()):
                if "/StructParent" in annotation:
                    annotation.StructParent = start + int(annotation.StructParent)

    def _share(self, resources: Object, facts: Facts) -> None:
        """Let the chapter use the faces and the colour spaces of the whole document."""
        resources.ColorSpace = self.shared.setdefault("/ColorSpace", resources.ColorSpace)
        for name in facts.faces:
            if name not in self.faces:
                self.faces[name] = resources.Font["/" + name]
                _embed(self.pdf, self.faces[name], self.used[name])
            resources.Font["/" + name] = self.faces[name]

    def _number(self, page: Object, text: str) -> None:
        """Write the page number where WeasyPrint left room for it, as an artifact."""
        drawn = [fonts.glyph(character) for character in text]
        width = sum(advance for _, advance in drawn) * _NUMBER_SIZE / 1000
        x = float(page.MediaBox[2]) - _NUMBER_RIGHT - width
        codes = _codes(text, fonts.REGULAR)
        content = (
            f"/Artifact <</Type /Pagination>> BDC q BT {_NUMBER_COLOUR} rg "
            f"/{_NUMBER_FACE} {_NUMBER_SIZE} Tf {x:.2f} {_NUMBER_BASELINE} Td <{codes}> Tj "
            "ET Q EMC"
        )
        page.Contents = Array([self.pdf.make_stream(content.encode()), page.Contents])

    def _fill_in_pages(self) -> None:
        """Write the page number of every line of the contents over the mark laid out for it."""
        pages = first_pages(self.chapters)
        numbers = iter(str(pages.get(anchor, "")) for anchor in self.lines)

        def fill_in(found: re.Match[bytes]) -> bytes:
            name, size, codes = found.groups()
            face = self.used.get(name.decode())
            if face is None or codes.decode() != _codes(MARK, face.file):
                return found[0]
            number = next(numbers)
            # Numbers stand on the right; all figures are as wide as the mark's characters.
            right = (len(MARK) - len(number)) * fonts.glyph("0", face.file)[1]
            drawn = _codes(number, face.file).encode()
            return b"/%s %s Tf\n[%d <%s>] TJ" % (name, size, -right, drawn)

        first = self.chapters[0].facts.pages
        for page in self.pdf.pages[first : first + self.chapters[1].facts.pages]:
            _, content = page.obj.Contents
            content.write(_SHORT_TEXT.sub(fill_in, content.read_bytes()))

    def finish(self, fields: Sequence[SealField]) -> None:
        """Write what only the whole has: structure root, places, outline, form."""
        if self.lines:
            self._fill_in_pages()
        self._await_signatures(fields)
        root = self.pdf.make_indirect(
            Dictionary(
                Type=Name.StructTreeRoot,
                K=Array([self.document]),
                ParentTree=self.pdf.make_indirect(Dictionary(Nums=self.parents)),
                ParentTreeNextKey=self.next_parent,
            )
        )
        self.document.P = root
        self.pdf.Root.StructTreeRoot = root
        places = Array()
        for name in sorted(self.places, key=lambda name: bytes(String(name))):
            places.extend([String(name), self.places[name]])
        self.pdf.Root.Names = Dictionary(Dests=self.pdf.make_indirect(Dictionary(Names=places)))
        _write_outline(self.pdf, self.bookmarks)

    def _await_signatures(self, fields: Sequence[SealField]) -> None:
        """Put the fields on the last page, each named and tagged as a form."""
        page = self.pdf.pages[-1].obj
        widgets = Array()
        for waiting in fields:
            widget = self.pdf.make_indirect(
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Widget,
                    FT=Name.Sig,
                    T=String(waiting.name),
                    TU=String(waiting.label),
                    F=PRINT_FLAG,
                    Rect=Array(OFF_PAGE),
                    P=page,
                    StructParent=self.next_parent,
                )
            )
            place = self.pdf.make_indirect(Dictionary(Type=Name.OBJR, Obj=widget, Pg=page))
            form = self.pdf.make_indirect(
                Dictionary(
                    Type=Name.StructElem, S=Name.Form, P=self.document, Pg=page, K=Array([place])
                )
            )
            self.document.K.append(form)
            self.parents.append(self.next_parent)
            self.parents.append(form)
            self.next_parent += 1
            widgets.append(widget)
        if "/Annots" not in page:
            page.Annots = Array()
        page.Annots.extend(widgets)
        self.pdf.Root.AcroForm = Dictionary(Fields=widgets)


def _codes(text: str, file: str) -> str:
    """Glyph numbers of a text in a face, as a content stream names them."""
    return "".join(f"{fonts.glyph(character, file)[0]:04x}" for character in text)


def _place(page: Object, x: float, y: float) -> Array:
    return Array([page, Name.XYZ, round(x, 2), round(y, 2), 0])


def _together(parts: Iterable[Mapping[str, Face]]) -> dict[str, Face]:
    """Each face with what all chapters use of it; the first chapter to name a glyph decides."""
    faces: dict[str, Face] = {}
    for part in parts:
        for name, face in part.items():
            known = faces.setdefault(name, Face(face.file, {}, {}))
            for glyph, width in face.widths.items():
                known.widths.setdefault(glyph, width)
            for glyph, text in face.texts.items():
                known.texts.setdefault(glyph, text)
    return faces


def _embed(pdf: Pdf, font: Object, face: Face) -> None:
    """Make a chapter's font the document's: the whole face, the glyphs that all chapters use."""
    inner = font.DescendantFonts[0]
    inner.W = _widths(face.widths)
    program = fonts.program(face.file)
    stream = pdf.make_stream(program.compressed, Filter=Name.FlateDecode, Length1=program.length)
    inner.FontDescriptor.FontFile2 = stream
    font.ToUnicode = pdf.make_stream(_to_unicode(face.texts))


def _widths(widths: Mapping[int, float]) -> Array:
    """Runs of neighbouring glyphs with their widths."""
    runs: list[tuple[int, list[float]]] = []
    for glyph in sorted(widths):
        if not runs or glyph != runs[-1][0] + len(runs[-1][1]):
            runs.append((glyph, []))
        runs[-1][1].append(widths[glyph])
    array = Array()
    for first, run in runs:
        array.append(first)
        array.append(Array(run))
    return array


def _to_unicode(texts: Mapping[int, str]) -> bytes:
    lines = [
        f"<{glyph:04x}> <{text.encode('utf-16-be').hex()}>".encode()
        for glyph, text in sorted(texts.items())
    ]
    blocks = [
        b"%d beginbfchar\n%s\nendbfchar\n" % (len(block), b"\n".join(block))
        for block in (
            lines[start : start + _UNICODE_BATCH] for start in range(0, len(lines), _UNICODE_BATCH)
        )
    ]
    return b"".join([_UNICODE_HEAD, *blocks, _UNICODE_TAIL])


def _write_outline(pdf: Pdf, bookmarks: Sequence[tuple[int, str, Array]]) -> None:
    """The outline by heading levels; a level that is skipped does not indent."""
    with pdf.open_outline() as outline:
        outline.root.clear()
        path: list[tuple[int, pikepdf.OutlineItem]] = []
        for level, label, place in bookmarks:
            item = pikepdf.OutlineItem(label, place)
            while path and path[-1][0] >= level:
                path.pop()
            (path[-1][1].children if path else outline.root).append(item)
            path.append((level, item))
