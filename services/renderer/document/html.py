"""Snapshot -> HTML: one section at a time, then the pages that need to know them all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from services.renderer.document import (
    formats,
    glyphs,
    labels,
    markdown,
    planned,
    said,
    together,
    view,
    web,
)
from services.renderer.document.attachments import cards, snapshot_sha256
from services.renderer.document.contents import Contents
from services.renderer.document.figures import bars, qr, strategic_map
from services.renderer.document.kinds import KINDS, DocumentKind, subtitle
from services.renderer.errors import RenderError
from shared.contracts.snapshot import ReportSnapshot

FOLDER = Path(__file__).parent
STYLESHEETS = ("page.css", "base.css", "document.css")
UNFIT = (
    "Il testo di questa parte non può essere impaginato; "
    "è riportato integralmente nei dati allegati al documento."
)
DEVELOPMENT_NOTICE = "Documento di prova, firma priva di valore legale"


@dataclass(frozen=True)
class Document:
    """The finished HTML with what the PDF writer and the job need to know about it."""

    html: str
    web: str
    """The same sections as a page of the web (:mod:`services.renderer.document.web`)."""
    title: str
    anchors: dict[str, str]
    """Anchor -> words, for the alternative text of links."""
    warnings: tuple[str, ...]
    estimated_pages: int


@dataclass
class Narratives:
    """Turns Markdown into HTML for the templates and keeps every warning."""

    snapshot: ReportSnapshot
    broken: frozenset[str]
    places: frozenset[str]
    warnings: list[str] = field(default_factory=list)

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
    environment = _environment()
    contents = Contents()
    kind = KINDS[snapshot.kind]
    narratives = Narratives(snapshot, broken, kind.places)
    context = _context(snapshot, kind, contents, narratives)
    bodies: list[Markup] = []
    for done, section in enumerate(kind.sections):
        template = environment.get_template(f"sections/{section.template}.html.j2")
        try:
            bodies.append(Markup(template.render(context, section=section)))  # noqa: S704 - our own template, which escapes what it is given
        except (TemplateError, ArithmeticError, LookupError, ValueError, TypeError) as error:
            raise RenderError(
                "section_failed",
                f"La sezione {section.number} «{section.title}» non può essere composta: {error}",
                section=f"{section.number} {section.title}",
            ) from error
        if on_section is not None:
            on_section(done + 1, len(kind.sections))
    page = environment.get_template("document.html.j2").render(
        context, bodies=bodies, style=stylesheet(snapshot)
    )
    html, lost = glyphs.cover(page)
    if lost:
        narratives.warnings.append(f"{len(lost)} caratteri sostituiti nel documento")
    return Document(
        html=html,
        web=web.write(environment, context, bodies),
        title=context["title"],
        anchors=contents.titles(),
        warnings=tuple(narratives.warnings),
        estimated_pages=_estimate(snapshot),
    )


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
    )
    return environment


def _context(
    snapshot: ReportSnapshot, kind: DocumentKind, contents: Contents, narratives: Narratives
) -> dict[str, Any]:
    report = view.Report(snapshot)
    thresholds = together.thresholds(snapshot)
    colour = snapshot.chamber.colour
    return {
        "s": snapshot,
        "report": report,
        "contents": contents,
        "narratives": narratives,
        "formats": formats,
        "labels": labels,
        "said": said,
        "deviations": said.deviations(report),
        "amended_column": lambda rows: view.code_width(row.indicator for row in rows),
        "amounts_given": view.amounts_given,
        "code_column": view.code_column,
        "code_width": view.code_width,
        "spent_share": view.spent_share,
        "kind": kind,
        "subtitle": subtitle(snapshot),
        "title": kind.title(snapshot),
        "development_notice": DEVELOPMENT_NOTICE if snapshot.development else None,
        "known_sections": kind.places,
        "attachments": cards(snapshot),
        "prefix": "",
        "together": None if snapshot.entity is None else together.Together(snapshot.entity),
        "shown": together.shown,
        "planned": planned.Planned(report),
        "snapshot_sha256": snapshot_sha256(snapshot),
        "strategic_map": lambda: strategic_map.draw(report, colour),
        "result_bars": lambda nodes: bars.results(bars.of_nodes(nodes), thresholds, "l'obiettivo"),
        "spending_bars": lambda: bars.spending(report.resources),
        "qr": lambda: qr.draw(snapshot.verification_url),
    }


def stylesheet(snapshot: ReportSnapshot) -> Markup:
    """All style rules of the document, the chamber's colour and tints filled in."""
    rules = "\n".join((FOLDER / "styles" / name).read_text("utf-8") for name in STYLESHEETS)
    colour = snapshot.chamber.colour
    notice = DEVELOPMENT_NOTICE if snapshot.development else ""
    for name, filled in {
        "$colour-tint": _tint(colour, Decimal("0.92")),
        "$colour-soft": _tint(colour, Decimal("0.80")),
        "$colour-mid": _tint(colour, Decimal("0.25")),
        "$colour": colour,
        "$notice": f'"{notice}"',
    }.items():
        rules = rules.replace(name, filled)
    return Markup(rules)  # noqa: S704 - own files and a colour checked by the contract


def _tint(colour: str, towards_white: Decimal) -> str:
    channels = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    mixed = (round(channel + (255 - channel) * towards_white) for channel in channels)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _estimate(snapshot: ReportSnapshot) -> int:
    """A rough page count, only to show progress while pages are laid out."""
    rows = len(snapshot.indicators) + len(snapshot.objectives) + len(snapshot.explanations)
    if snapshot.entity is not None:
        chapters = snapshot.entity.chapters
        rows += sum(len(year.indicators) + len(year.objectives) for year in chapters)
    texts = sum(len(text) for text in narrative_keys(snapshot).values())
    return 12 + rows // 9 + texts // 3000
