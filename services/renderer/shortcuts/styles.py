"""Styles: values nobody has set are there at once, lengths are found once for a style.

WeasyPrint works out each value of each style when it is asked for, by the same few dozen questions;
and sets the lengths of a box (margins, padding, sizes) one by one, though all cells of a column
have the same.
"""

from typing import Any, Final

from weasyprint import css
from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES
from weasyprint.formatting_structure.boxes import Box
from weasyprint.layout import percent

from services.renderer.shortcuts import seams

_DEPENDING: Final = INHERITED | INITIAL_NOT_COMPUTED | {"page", "position", "float", "display"}
"""Values that depend on other ones where nothing is set."""

_AS_AT_FIRST: Final = {
    name: value
    for name, value in INITIAL_VALUES.items()
    if name not in _DEPENDING and not name.startswith(("__", "text_decoration_"))
}
"""What values are where nothing is set."""

_LOGICAL: Final = {
    of_side(block="ttb", inline=direction)
    for of_side in PHYSICAL_FUNCTIONS.values()
    for direction in ("ltr", "rtl")
}
"""Names that set others: ``margin_inline_start`` is the left or the right one."""

_SIDES: Final = ("left", "right", "top", "bottom")
_BORDERS: Final = tuple(f"border_{side}_width" for side in _SIDES)
_LENGTHS: Final = (
    *(f"{kind}_{side}" for kind in ("margin", "padding") for side in _SIDES),
    *(f"{bound}{axis}" for bound in ("", "min_", "max_") for axis in ("width", "height")),
)

_begin_anonymous = css.AnonymousStyle.__init__
_begin_computed = css.ComputedStyle.__init__
_resolve = percent.resolve_percentages


def install() -> None:
    """Have WeasyPrint find styles and lengths this way."""
    css.AnonymousStyle.__init__ = _anonymous
    css.ComputedStyle.__init__ = _computed
    seams.replace(_resolve, _resolve_once)


def _anonymous(style: Any, parent_style: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    dict.update(style, _AS_AT_FIRST)
    _begin_anonymous(style, parent_style)


def _computed(style: Any, parent_style: Any, cascaded: Any, *others: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    _begin_computed(style, parent_style, cascaded, *others)
    if parent_style is not None and _LOGICAL.isdisjoint(cascaded):
        dict.update(style, _AS_AT_FIRST)
        for name in cascaded:
            style.pop(name, None)


@seams.once_for_style
def _lengths(style: Any) -> dict[tuple[Any, ...], dict[str, Any]]:  # noqa: ANN401 - WeasyPrint has no types
    """Room of the containing block -> lengths of boxes in it, as they are found."""
    del style
    return {}


def _resolve_once(box: Any, containing_block: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    """``resolve_percentages``; lengths of a style depend on the room alone.

    But for borders that cells of a table share, and sizes that contain these.
    """
    style = box.style
    shared = style["border_collapse"] == "collapse"
    if isinstance(containing_block, Box):
        room = containing_block.width, containing_block.height
    else:
        room = tuple(containing_block)
    known = _lengths(style)
    if room not in known:
        _resolve(box, containing_block)
        if not shared or style["box_sizing"] == "content-box":
            known[room] = {name: vars(box)[name] for name in _LENGTHS}
        return
    own = vars(box)
    own.update(known[room])
    for name in _BORDERS:
        if not (shared and name in own):
            own[name] = style[name]
