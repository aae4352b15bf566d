"""Snapshot -> HTML: one section at a time, each in chapters that are laid out by themselves.

``build`` writes the sections. ``Document.cover``, ``Document.contents_chapter`` and
``Document.chapters`` are what is laid out; ``Document.sheet`` makes of each the HTML document
that the layout engine gets. ``build_section`` writes one section only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup, escape

from services.renderer import fonts
from services.renderer.document import (
    abbreviations,
    columns,
    formats,
    glyphs,
    highlights,
    labels,
    logo,
    markdown,
    pictures,
    planned,
    programmes,
    said,
    style,
    together,
    view,
    web,
    years,
)
from services.renderer.document.arrangement import Arrangement
from services.renderer.document.attachments import cards, snapshot_sha256
from services.renderer.document.chapters import (
    Chapter,
    Sheet,
    followed,
    goes_on,
    link_out,
    split,
)
from services.renderer.document.contents import MARK, Contents
from services.renderer.document.drawings import Drawings
from services.renderer.document.figures import qr
from services.renderer.document.figures.palette import readable
from services.renderer.document.kinds import KINDS, DocumentKind, Section, subtitle
from services.renderer.errors import RenderError
from shared.contracts.snapshot import ReportSnapshot
from shared.domain import italian

FOLDER = Path(__file__).parent
UNFIT = (
    "Il testo di questa parte non può essere impaginato; "
    "è riportato integralmente nei dati allegati al documento."
)
CONTENTS_TITLE = "Indice"
CONTENTS_ANCHOR = "indice"
_PAGE_START, _PAGE_END = '<span class="page">', "</span>"
_PAGE = _PAGE_START + _PAGE_END


@dataclass(frozen=True)
class Document:
    """The written document, in chapters, with what else laying out and binding need."""

    title: str
    subject: str
    language: str
    chamber: str
    style: str
    cover: Chapter
    chapters: tuple[Chapter, ...]
    contents: Contents
    anchors: dict[str, str]
    """Anchor -> words, for the alternative text of links."""
    warnings: tuple[str, ...]
    write_web: Callable[[], str]

    @cached_property
    def web(self) -> str:
        """The same sections as a page of the web (:mod:`services.renderer.document.web`)."""
        return self.write_web()

    @property
    def html(self) -> str:
        """The whole document in one piece, without page numbers in the contents."""
        pieces = (self.cover, self.contents_chapter(""), *self.chapters)
        body = Markup("\n").join(
            Markup('<div class="piece" data-running="{}" data-chamber="{}">{}</div>').format(
                piece.running, self.chamber, piece.body
            )
            for piece in pieces
        )
        return self._page(Chapter(self.title, "", body), body, self.style)

    def contents_chapter(self, page: str = MARK) -> Chapter:
        """Contents and lists; ``page`` stands where each line gives its page.

        The page numbers are written when the chapters are bound, so that the contents need not
        wait for the other chapters, nor be laid out again when only pages have moved.
        """
        body = _environment().get_template("contents.html.j2").render(contents=self.contents)
        # A title with the mark in it would be taken for a page number.
        text = glyphs.cover(body)[0].replace(MARK, f"{MARK[:2]} {MARK[2:]}")
        text = text.replace(_PAGE, f"{_PAGE_START}{page}{_PAGE_END}")
        return Chapter(CONTENTS_TITLE, CONTENTS_TITLE, Markup(text))  # noqa: S704 - our own template, which escapes what it is given

    @cached_property
    def all(self) -> tuple[Chapter, ...]:
        """Everything that is laid out, in the order of the pages."""
        return (self.cover, self.contents_chapter(), *self.chapters)

    def sheet(self, chapter: Chapter) -> Sheet:
        """A chapter as a document of its own, for the layout engine."""
        body, titles = link_out(chapter.body, self.anchors)
        page = self._page(chapter, Markup(body))  # noqa: S704 - what came in, links rewritten
        return Sheet(page, chapter.style or self.style, titles, chapter.numbered, chapter.section)

    def page(self, chapter: Chapter) -> str:
        """A chapter as a page for a browser, with its style; it says that it is a preview."""
        rules = chapter.style or self.style
        return self._page(chapter, chapter.body, rules, style.PREVIEW_NOTICE)

    def chapter_of(self, anchor: str) -> Chapter | None:
        """The chapter where a place of the document stands."""
        mark = f' id="{escape(anchor)}"'
        return next((chapter for chapter in self.chapters if mark in chapter.body), None)

    def _page(self, chapter: Chapter, body: Markup, style: str = "", notice: str = "") -> str:
        return (
            _environment()
            .get_template("sheet.html.j2")
            .render(
                language=self.language,
                title=self.title,
                chamber=self.chamber,
                chapter=chapter,
                body=body,
                notice=notice,
                style=Markup(style),  # noqa: S704 - our own style sheets
            )
        )


@dataclass
class Narratives:
    """Turns Markdown into HTML for the templates and keeps every warning."""

    snapshot: ReportSnapshot
    broken: frozenset[str]
    places: frozenset[str]
    warnings: list[str] = field(default_factory=list)
    used: dict[str, Markup] = field(default_factory=dict)
    """The texts rendered so far, by key."""

    def section(self, number: str, level: int) -> list[markdown.Narrative]:
        """Narratives of a section, in order."""
        return [
            self._render(f"section:{number}:{place}", item.text, level, f"sezione {number}")
            for place, item in enumerate(self.snapshot.narratives)
            if item.section == number
        ]

    def unplaced(self, level: int) -> list[tuple[str, markdown.Narrative]]:
        """Narratives for sections the document does not have."""
        return [
            (
                item.section,
                self._render(f"section:{item.section}:{place}", item.text, level, item.section),
            )
            for place, item in enumerate(self.snapshot.narratives)
            if item.section not in self.places
        ]

    def objective(self, code: str, text: str, level: int) -> markdown.Narrative:
        """The narrative of an objective."""
        return self._render(f"objective:{code}", text, level, f"obiettivo {code}")

    def said(self, key: str, level: int) -> markdown.Narrative:
        """A text of the evaluation (:func:`said.texts`)."""
        return self._render(key, said.texts(self.snapshot)[key], level, key.replace(":", " "))

    def _render(self, key: str, text: str, level: int, where: str) -> markdown.Narrative:
        if key in self.broken:
            done = markdown.Narrative(
                Markup(""),
                (UNFIT,),
            )
        else:
            done = markdown.render(text, level)
        self.used[key] = done.html
        self.warnings.extend(f"{where}: {warning}" for warning in done.warnings)
        return done


def narrative_keys(snapshot: ReportSnapshot) -> dict[str, str]:
    """Key -> Markdown of every narrative; the keys ``build`` accepts as broken."""
    keys = {
        f"section:{item.section}:{place}": item.text
        for place, item in enumerate(snapshot.narratives)
    }
    keys.update(said.texts(snapshot))
    keys.update(
        {f"objective:{item.code}": item.narrative for item in snapshot.objectives if item.narrative}
    )
    return keys


def build(
    snapshot: ReportSnapshot,
    broken: frozenset[str] = frozenset(),
    on_section: Callable[[int, int], None] | None = None,
) -> Document:
    """Write the document of ``snapshot``.

    ``broken`` names narratives known not to fit a page: each is replaced by a warning in
    its place. Raises ``RenderError`` naming the section when a template cannot be filled.
    """
    contents = Contents()
    kind = KINDS[snapshot.kind]
    spans = {} if snapshot.entity is None else {"7": len(snapshot.entity.chapters)}
    places = Arrangement(kind, snapshot.layout, spans)
    narratives = Narratives(snapshot, broken, places.places)
    context = _context(snapshot, kind, places, contents, narratives)
    chamber = glyphs.cover(snapshot.chamber.name)[0]
    chapters: list[Chapter] = []
    for done, section in enumerate(places.sections):
        written = list(_write_section(section, context, contents, narratives))
        if chapters and goes_on(chapters[-1], written, always=section.follows):
            chapters.append(followed(chapters.pop(), written.pop(0), chamber))
        chapters.extend(written)
        if on_section is not None:
            on_section(done + 1, len(places.sections))
    cover = _covered(_environment().get_template("cover.html.j2").render(context), narratives)
    return Document(
        title=context["title"],
        subject=_subject(kind, snapshot),
        language=snapshot.language,
        chamber=chamber,
        style=_style(snapshot),
        cover=Chapter("Copertina", "", Markup(cover), numbered=False),  # noqa: S704 - our own template, which escapes what it is given
        chapters=tuple(chapters),
        contents=contents,
        anchors={CONTENTS_ANCHOR: CONTENTS_TITLE, **contents.titles()},
        warnings=tuple(narratives.warnings),
        write_web=lambda: web.write(_environment(), context, _sections(chapters)),
    )


def _sections(chapters: Sequence[Chapter]) -> Iterator[Markup]:
    """The sections in one piece each, as they were before they became chapters."""
    for _, pieces in groupby(chapters, key=lambda chapter: chapter.section):
        yield Markup("").join(piece.body for piece in pieces)


def _subject(kind: DocumentKind, snapshot: ReportSnapshot) -> str:
    name = " ".join(kind.cover)
    return f"{name} {snapshot.year} (D.Lgs. 150/2009) {italian.of_the(snapshot.chamber.name)}"


def _write_section(
    section: Section, context: dict[str, Any], contents: Contents, narratives: Narratives
) -> Iterator[Chapter]:
    """The chapters of a section; that of an entity's chambers is written once for each of them."""
    if section.template != "chamber_year":
        yield from _write(section, context, contents, narratives)
        return
    first = int(context["places"].number(section.number))
    for number, told in enumerate(context["together"].chapters, first):
        card = told.content.chamber
        rules = _style(context["s"], readable(card.colour))
        own = context | told.context(str(number))
        for chapter in _write(section, own, contents, narratives, card.name):
            yield replace(chapter, style=rules)


def _write(
    section: Section,
    context: dict[str, Any],
    contents: Contents,
    narratives: Narratives,
    running: str | None = None,
) -> Iterator[Chapter]:
    """The chapters of a section; raises ``RenderError`` naming it."""
    template = _environment().get_template(f"sections/{section.template}.html.j2")
    headings, warned = len(contents.headings), len(narratives.warnings)
    narratives.used.clear()
    try:
        written = _covered(template.render(context, section=section), narratives)
    except (TemplateError, ArithmeticError, LookupError, ValueError, TypeError) as error:
        raise RenderError(
            "section_failed",
            f"La sezione {section.number} «{section.title}» non può essere composta: {error}",
            section=f"{section.number} {section.title}",
        ) from error
    running = running or section.title
    if len(contents.headings) > headings and contents.headings[headings].number:
        running = f"{contents.headings[headings].number} {running}"
    used = dict(narratives.used)
    for body in split(written):
        yield Chapter(
            section=f"{section.number} {section.title}",
            running=glyphs.cover(running)[0],
            body=body,
            narratives={key: text for key, text in used.items() if text and text in body},
            warnings=tuple(narratives.warnings[warned:]),
        )


def _covered(written: str, narratives: Narratives) -> str:
    """``written`` in characters the typeface has; tells when it had to lose some."""
    text, lost = glyphs.cover(written)
    if lost:
        narratives.warnings.append(f"{len(lost)} caratteri sostituiti nel documento")
    return text


def preload() -> None:
    """Do beforehand what every document needs and none changes: templates, faces, glyphs."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)
    web.stylesheet("#000000")
    fonts.covered()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=formats.number,
        percent=formats.percent,
        money=formats.money,
        day=formats.day,
        long_day=formats.long_day,
        cell=formats.cell,
        datum=formats.datum,
        of_the=italian.of_the,
        the=italian.the,
        sum_of=view.sum_of,
        in_pieces=columns.in_pieces,
    )
    environment.tests.update(
        about_staff=pictures.about_staff, about_accounts=pictures.about_accounts
    )
    return environment


def _context(
    snapshot: ReportSnapshot,
    kind: DocumentKind,
    places: Arrangement,
    contents: Contents,
    narratives: Narratives,
) -> dict[str, Any]:
    report = view.Report(snapshot)
    known = years.Years(report)
    accent = snapshot.layout.accent_colour if snapshot.layout else None
    return {
        "s": snapshot,
        "report": report,
        "contents": contents,
        "narratives": narratives,
        "formats": formats,
        "labels": labels,
        "said": said,
        "deviations": said.deviations(report),
        "amended_column": lambda rows: columns.code_width(row.indicator for row in rows),
        "amounts_given": view.amounts_given,
        "code_column": columns.code_column,
        "code_width": columns.code_width,
        "context_columns": columns.context_columns,
        "most_upright": columns.MOST_UPRIGHT,
        "measure_columns": columns.measure_columns,
        "objective_column": columns.objective_column,
        "target_column": columns.target_column,
        "value_column": columns.value_column,
        "year_column": columns.year_column,
        "spent_share": view.spent_share,
        "kind": kind,
        "subtitle": subtitle(snapshot),
        "title": kind.title(snapshot),
        "development_notice": style.DEVELOPMENT_NOTICE if snapshot.development else None,
        "places": places,
        "years": known,
        "first": highlights.Highlights(report),
        "register": highlights.register(snapshot),
        "programmes": programmes.Programmes(report),
        "abbreviations": abbreviations.used(snapshot),
        "drawn": Drawings(report, known, accent),
        "logo": logo.drawn(snapshot.chamber),
        "attachments": cards(snapshot),
        "prefix": "",
        "together": None if snapshot.entity is None else together.Together(snapshot.entity),
        "shown": together.shown,
        "planned": planned.Planned(report),
        "snapshot_sha256": snapshot_sha256(snapshot),
        "qr": lambda: qr.draw(snapshot.verification_url),
    }


def _style(snapshot: ReportSnapshot, colour: str | None = None) -> str:
    notice = style.DEVELOPMENT_NOTICE if snapshot.development else ""
    if snapshot.preview:
        notice = style.PREVIEW_NOTICE
    return style.sheet(colour or snapshot.chamber.colour, notice)
