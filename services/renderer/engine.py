"""WeasyPrint as chapters need it: the same pages, without work that they have no use for.

WeasyPrint takes any HTML with any style and writes a PDF that stands for itself. A chapter is
HTML of ours, and its PDF is bound with others (``binding.py``). So

- sheets are read as XML, which is what our templates write, instead of as a browser would read
  what people write; a sheet that is not well-formed after all is read that way (:class:`_Page`);
- elements have no style for notes, of which no document of ours has any (:func:`_defaults`);
- faces are not cut down to the glyphs of a chapter: binding puts the whole face in their place
  (:func:`_leave_out`);
- what WeasyPrint works out again and again is worked out once (``shortcuts/``).

This touches what WeasyPrint does not promise to keep; ``tests/renderer/test_engine.py`` fails where
a chapter would come out different. It is a third of the time of a document.
"""

import copy
import re
from functools import cache, lru_cache
from typing import Any, Final, NoReturn
from xml.etree import ElementTree as ET

import cssselect2
import weasyprint
from weasyprint.html import UA_STYLESHEET
from weasyprint.pdf.fonts import Font
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from services.renderer import fonts
from services.renderer.shortcuts import boxes, drawings, styles, texts

VARIANT: Final = "pdf/a-3a"

STYLES_KEPT: Final = 8
"""Parsed style sheets: an entity's report has one for itself and one for each chamber."""

_DOCTYPE = "<!DOCTYPE html>"
_VOID = re.compile(r'<((?:area|br|col|hr|img|input|meta|wbr)\b(?:[^<>"]|"[^"]*")*?)/?>')
"""Elements that HTML does not close; our templates and the cleaner put values in double quotes."""

_NOTES = {"footnote-call", "footnote-marker", "note-call", "note-marker", "note-callback"}

_cut_down = Font.subset


class ClosedFetcher(URLFetcher):  # type: ignore[misc] # WeasyPrint ships no types
    """Refuses every address: a document has no part outside its own HTML."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=())

    def fetch(self, url: str, headers: object = None) -> NoReturn:
        """Refuse; WeasyPrint goes on without the resource."""
        del headers
        raise ValueError(f"no address is fetched while rendering: {url[:200]}")


def render(source: str, style: str) -> weasyprint.Document:
    """The pages of an HTML document under a style sheet of ours."""
    return _Page(source).render(
        pdf_variant=VARIANT, stylesheets=[stylesheet(style)], font_config=_faces_known()
    )


@lru_cache(maxsize=STYLES_KEPT)
def stylesheet(style: str) -> weasyprint.CSS:
    """The rules, parsed once for all chapters of a document."""
    return weasyprint.CSS(string=style, url_fetcher=ClosedFetcher())


def shipped_face(font: Font) -> str | None:
    """The file of a face that binding puts in whole.

    ``None`` where the chapter keeps its own: faces that lack a glyph, whose codes are then not
    the glyph numbers, and faces that are not a file.
    """
    return None if font.missing else fonts.file_name(font.weight, italic=bool(font.style))


def read(source: str) -> ET.Element:
    """An HTML document as a tree; raises ``ParseError`` if it is not well-formed."""
    written = source.lstrip().removeprefix(_DOCTYPE).replace("&nbsp;", "\N{NO-BREAK SPACE}")
    return ET.fromstring(_VOID.sub(r"<\1/>", written))  # noqa: S314 - nothing declares an entity


class _Page(weasyprint.HTML):  # type: ignore[misc] # WeasyPrint ships no types
    """A sheet's HTML, read as XML where that is possible."""

    def __init__(self, source: str) -> None:
        try:
            root = read(source)
        except ET.ParseError:
            super().__init__(string=source, url_fetcher=ClosedFetcher())
            return
        self.base_url = None
        self.url_fetcher = ClosedFetcher()
        self.media_type = "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[Any]:  # noqa: FBT001, FBT002 - WeasyPrint's
        del forms
        return [_defaults()]


@cache
def _defaults() -> weasyprint.CSS:
    """WeasyPrint's own style, where notes have none and markers are those of list items.

    Its rules for these name no element, so that each element gets six styles besides its own.
    """
    defaults = copy.copy(UA_STYLESHEET)
    matcher = defaults.matcher = copy.copy(UA_STYLESHEET.matcher)
    of_all = [rule for rule in matcher.other_selectors if _pseudo(rule) not in _NOTES]
    matcher.other_selectors = [rule for rule in of_all if _pseudo(rule) != "marker"]
    of_items = matcher.lower_local_name_selectors.get("li", [])
    matcher.lower_local_name_selectors = matcher.lower_local_name_selectors | {
        "li": of_items + [rule for rule in of_all if _pseudo(rule) == "marker"]
    }
    return defaults


def _pseudo(rule: tuple[Any, ...]) -> Any:  # noqa: ANN401 - cssselect2 has no types
    _test, _specificity, _order, pseudo, _declarations = rule
    return pseudo


def _leave_out(font: Font, used: dict[int, str], hinting: bool) -> None:  # noqa: FBT001 - WeasyPrint's
    """Instead of cutting a face down: nothing, if it is one that binding puts in whole."""
    if shipped_face(font) is None:
        _cut_down(font, used, hinting)
    else:
        font.file_content = b""


Font.subset = _leave_out
boxes.install()
drawings.install()
styles.install()
texts.install()


@cache
def _faces_known() -> FontConfiguration:
    """The shipped faces as Pango knows them: found and opened by the press, not by each child."""
    return FontConfiguration()
