"""Boxes: what most of them have not is not looked for in each.

WeasyPrint asks every box, many times, by which of five ways it has left the flow; every line
whether a float stands in its way, on pages without floats; every box for the parts of a background
and of an outline; and of every colour whether it is a word, by comparing it as a colour.
"""

from collections.abc import Callable
from typing import Any, Final

from weasyprint.draw import border
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure.boxes import Box, LineBox
from weasyprint.layout import background
from weasyprint.layout import float as floats

from services.renderer.shortcuts import seams

_FLOATING: Final = {"left", "right", "inline-start", "inline-end", "footnote"}
_PLACED: Final = {"absolute", "fixed"}
_TAKEN_OUT: Final = {"running()", "note()"}

_CORNERS: Final = tuple(
    f"border_{corner}_radius" for corner in ("top_left", "top_right", "bottom_right", "bottom_left")
)
_SQUARE: Final = dict.fromkeys(_CORNERS, (0, 0)) | {"background": None}

_avoid = floats.avoid_collisions
_fill = background.layout_box_backgrounds
_outline = border.draw_outline


def install() -> None:
    """Have WeasyPrint ask less."""
    Box.is_in_normal_flow = _is_in_normal_flow
    seams.replace(_avoid, _avoid_floats)
    seams.replace(_fill, _fill_box)
    seams.replace(_outline, _outline_box)
    seams.replace(get_color, _color)


def _is_in_normal_flow(box: Any) -> bool:  # noqa: ANN401 - WeasyPrint has no types
    style = box.style
    position = style["position"]
    return (
        style["float"] not in _FLOATING
        and position not in _PLACED
        and position[0] not in _TAKEN_OUT
    )


def _avoid_floats(
    context: Any,  # noqa: ANN401 - WeasyPrint has no types
    box: Any,  # noqa: ANN401 - as above
    containing_block: Any,  # noqa: ANN401 - as above
    outer: bool = True,  # noqa: FBT001, FBT002 - WeasyPrint's
) -> tuple[float, float, float]:
    """``avoid_collisions``: where there is no float, a line begins on the left and has all room.

    Lines have no margins, by which alone inner and outer edges differ.
    """
    if (
        context.excluded_shapes
        or not isinstance(box, LineBox)
        or containing_block.style["direction"] == "rtl"
    ):
        avoided: tuple[float, float, float] = _avoid(context, box, containing_block, outer)
        return avoided
    left = containing_block.content_box_x()
    # To the last bit as WeasyPrint computes it, so that lines break at the same words.
    room = left + containing_block.width - left
    return left, box.position_y, room


def _fill_box(
    page: Any,  # noqa: ANN401 - WeasyPrint has no types
    box: Any,  # noqa: ANN401 - as above
    get_image: Callable[..., Any],
    layout_children: bool = True,  # noqa: FBT001, FBT002 - WeasyPrint's
    style: Any = None,  # noqa: ANN401 - as above
) -> None:
    """``layout_box_backgrounds``: a box of a style without any has none."""
    if style is not None or box is page or not _is_bare(box.style):
        _fill(page, box, get_image, layout_children, style)
        return
    for name, value in _SQUARE.items():  # one by one: what is placed absolutely stands for a box
        setattr(box, name, value)
    if layout_children:
        for child in box.all_children():
            _fill_box(page, child, get_image)


@seams.once_for_style
def _is_bare(style: Any) -> bool:  # noqa: ANN401 - WeasyPrint has no types
    """Whether boxes of the style have no background, no shadow, no image and square corners."""
    return (
        get_color(style, "background_color").alpha == 0
        and all(kind == "none" for kind, _ in style["background_image"])
        and not style["box_shadow"]
        and style["border_image_source"][0] == "none"
        and style["mask_border_source"][0] == "none"
        and all((0, "px") in style[corner] for corner in _CORNERS)
    )


def _outline_box(stream: Any, box: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    """``draw_outline``: the boxes within, where there is none around this one."""
    if box.style["outline_width"]:
        _outline(stream, box)
        return
    for child in box.children:
        if isinstance(child, Box):
            _outline_box(stream, child)


def _color(style: Any, key: str) -> Any:  # noqa: ANN401 - WeasyPrint has no types
    """``get_color``: a colour, or the word that stands for that of the text."""
    value = style[key]
    return style["color"] if isinstance(value, str) and value == "currentcolor" else value
