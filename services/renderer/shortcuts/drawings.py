"""Words in drawings, set as a line.

WeasyPrint sets the texts of SVG letter by letter, because each letter may have a place of its own;
and draws those that end or are centred at a place on a sheet of their own, moved when their width
is known. Labels of charts are plain words at one place: with them a chart takes a tenth of the
time, and is smaller, and its letters stand as the face wants them to.
"""

from functools import lru_cache
from math import inf
from typing import Any, Final

from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.draw.text import draw_emojis, draw_first_line
from weasyprint.matrix import Matrix
from weasyprint.svg import SVG
from weasyprint.svg.bounding_box import EMPTY_BOUNDING_BOX, extend_bounding_box
from weasyprint.svg.text import Style, TextBox
from weasyprint.svg.utils import size
from weasyprint.text.line_break import split_first_line

_OF_TEXT: Final = {"x", "y", "font-family", "font-size", "font-weight", "text-anchor", "fill"}
_PLAIN: Final = _OF_TEXT | {"class", "role"}
"""Attributes that words may have, with those handed down by the drawing."""

_STYLES_KEPT: Final = 64

_BEFORE: Final = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""Part of a text that stands before its place."""

_draw = SVG.draw_node


def install() -> None:
    """Have WeasyPrint draw plain words this way."""
    SVG.draw_node = _draw_node


def _draw_node(
    svg: Any,  # noqa: ANN401 - WeasyPrint has no types
    node: Any,  # noqa: ANN401 - as above
    font_size: float,
    fill_stroke: bool = True,  # noqa: FBT001, FBT002 - WeasyPrint's
    context: Any = None,  # noqa: ANN401 - as above
) -> None:
    if node.tag == "text" and fill_stroke and _is_plain(node):
        _draw_words(svg, node, size(node.get("font-size", "1em"), font_size, font_size))
    else:
        _draw(svg, node, font_size, fill_stroke, context)


def _is_plain(node: Any) -> bool:  # noqa: ANN401 - WeasyPrint has no types
    """Whether these are words at one place, without anything in them."""
    return (
        node.attrib.keys() <= _PLAIN
        and bool(node.text)
        and next(iter(node), None) is None
        and node.get("font-weight", "400").isdecimal()
        and node.get("text-anchor", "start") in _BEFORE
        and all(len(node.get(name, "0").replace(",", " ").split()) == 1 for name in "xy")
    )


def _draw_words(svg: Any, node: Any, font_size: float) -> None:  # noqa: ANN401 - WeasyPrint has no types
    style = _style(
        svg.font_config,
        node.get("font-family", "sans-serif"),
        int(node.get("font-weight", "400")),
        font_size,
    )
    line, _, _, width, height, baseline = split_first_line(node.text, style, svg.context, inf, 0)
    x, y = svg.point(node.get("x", "0"), node.get("y", "0"), font_size)
    x -= width * _BEFORE[node.get("text-anchor", "start")]
    node.text_bounding_box = extend_bounding_box(
        EMPTY_BOUNDING_BOX, ((x, y - baseline), (x + width, y - baseline + height))
    )
    words = TextBox(line, style)
    words.baseline = baseline
    svg.stream.push_state()
    fill, stroke = svg.set_graphical_state(node, font_size)
    svg.stream.begin_text()
    line.reactivate(style)
    svg.fill_stroke(fill, stroke, text=True)
    emojis = draw_first_line(svg.stream, words, "none", "none", Matrix(d=-1, e=x, f=y))
    svg.stream.end_text()
    svg.stream.pop_state()
    draw_emojis(svg.stream, style, x, y, emojis)


@lru_cache(maxsize=_STYLES_KEPT)
def _style(faces: Any, family: str, weight: int, font_size: float) -> Any:  # noqa: ANN401 - WeasyPrint has no types
    """The style of a text of a drawing, as far as WeasyPrint has any for them."""
    style = Style(INITIAL_VALUES)
    style.font_config = faces
    style["font_family"] = [name.strip("\"'") for name in family.split(",")]
    style["font_weight"] = weight
    style["font_size"] = font_size
    return style
