"""The document as a page of the web: the sections of the PDF in another skeleton.

The sections are the very HTML that is laid out for paper, so the page says what the PDF says. Made
for WCAG 2.1 AA: tables and figures wider than a screen scroll by themselves, reachable with
the keyboard and named by their captions. No script, no part outside the page.
"""

import base64
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fontTools.ttLib import TTFont
from jinja2 import Environment
from markupsafe import Markup, escape

from services.renderer import fonts
from services.renderer.document.contents import Contents, Entry
from services.renderer.document.figures.palette import readable
from services.renderer.document.formats import NBSP
from services.renderer.document.together import Together
from shared.contracts.web_page import NOTICES_CLASS, NOTICES_MARK, SNAPSHOT_META

_STYLESHEET = Path(__file__).parent / "styles" / "web.css"
_WEIGHTS = {400: "Regular", 600: "SemiBold"}

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_FIGURE = re.compile(r"<figure\b.*?</figure>", re.DOTALL)
_DRAWING = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_CAPTION = re.compile(r'<(?:fig)?caption id="([^"]+)"')
_ANCHOR = re.compile(r'(?<= id=")[^"]*|(?<= href="#)[^"]*')
"""Anchors hold codes, and codes may hold blanks, which an ``id`` may not."""


@dataclass(frozen=True)
class Branch:
    """An entry of the contents with those below it."""

    entry: Entry
    below: tuple["Branch", ...]

    @property
    def size(self) -> int:
        """How many entries are below, at any depth."""
        return sum(1 + branch.size for branch in self.below)


def write(environment: Environment, context: Mapping[str, Any], bodies: Iterable[Markup]) -> str:
    """The page: ``bodies`` are the sections as written for paper, in order."""
    contents: Contents = context["contents"]
    tables = _Tables()
    page = environment.get_template("web.html.j2").render(
        context,
        bodies=[Markup(tables.scrolling(body)) for body in bodies],  # noqa: S704 - our own sections
        outline=outline([entry for entry in contents.headings if entry.listed]),
        style=stylesheet(context["s"].chamber.colour, _of_chambers(context["together"])),
        snapshot_meta=SNAPSHOT_META,
        notices_mark=Markup(NOTICES_MARK),  # noqa: S704 - a comment of ours
    )
    return _ANCHOR.sub(lambda found: found[0].replace(" ", NBSP), page)


def outline(entries: Sequence[Entry]) -> tuple[Branch, ...]:
    """Headings in document order as a tree."""
    branches: list[Branch] = []
    start = 0
    while start < len(entries):
        end = start + 1
        while end < len(entries) and entries[end].level > entries[start].level:
            end += 1
        branches.append(Branch(entries[start], outline(entries[start + 1 : end])))
        start = end
    return tuple(branches)


class _Tables:
    """Makes wide things scroll; counts tables without a caption, which need a name too."""

    def __init__(self) -> None:
        self._unnamed = 0

    def scrolling(self, body: str) -> str:
        """A section whose tables and drawings each stand in a region of their own."""
        body = _TABLE.sub(lambda found: self._region(found[0], found[0]), body)
        return _FIGURE.sub(
            lambda figure: _DRAWING.sub(
                lambda drawing: self._region(drawing[0], figure[0]), figure[0]
            ),
            body,
        )

    def _region(self, content: str, around: str) -> str:
        caption = _CAPTION.search(around)
        if caption is None:
            self._unnamed += 1
            name = f'aria-label="Tabella {self._unnamed} nei testi"'
        else:
            name = f'aria-labelledby="{caption[1]}"'
        return f'<div class="scroll" role="region" {name} tabindex="0">{content}</div>'


def stylesheet(colour: str, of_chambers: Mapping[str, str] = MappingProxyType({})) -> Markup:
    """Style of the page with the chamber's colour, darker where texts could not be read in it.

    ``of_chambers`` are the colours of parts, by their class.
    """
    rules = _STYLESHEET.read_text("utf-8").replace("$notices", NOTICES_CLASS)
    colours = [f":root {{ --colour: {readable(colour)}; }}"]
    colours += [f".{name} {{ --colour: {readable(own)}; }}" for name, own in of_chambers.items()]
    return Markup("\n").join(
        (
            Markup(_faces()),  # noqa: S704 - our own fonts
            *map(escape, colours),
            Markup(rules.replace("$colour", "var(--colour)")),  # noqa: S704 - own file
        )
    )


def _of_chambers(told: Together | None) -> dict[str, str]:
    """The colour of every chamber that has a chapter of its own, by the class of its parts."""
    chapters = () if told is None else told.chapters
    return {chapter.owner: chapter.content.chamber.colour for chapter in chapters}


@cache
def _faces() -> str:
    """The typeface, inside the page: figures are drawn to its widths."""
    rules = []
    for weight, name in _WEIGHTS.items():
        with TTFont(fonts.FOLDER / f"TitilliumWeb-{name}.ttf", recalcTimestamp=False) as font:
            font.flavor = "woff2"
            written = io.BytesIO()
            font.save(written)
        encoded = base64.b64encode(written.getvalue()).decode()
        rules.append(
            f'@font-face {{ font-family: "{fonts.FAMILY}"; font-weight: {weight}; '
            f'src: url("data:font/woff2;base64,{encoded}") format("woff2"); }}'
        )
    return "\n".join(rules)
