"""Lines of text: asked of Pango once for each style, and drawn as they were laid out.

WeasyPrint makes a context and a description of the face for each line it tries, though all lines of
a style share them; and it throws the laid out line away, to lay it out once more when it is drawn.
A line that is kept takes one or two kilobytes until its chapter is written.
"""

from typing import Any, Final

from weasyprint.text import line_break
from weasyprint.text.constants import PANGO_DIRECTION
from weasyprint.text.ffi import ffi, gobject, pango, unicode_to_char_p
from weasyprint.text.fonts import font_features, get_font_description
from weasyprint.text.line_break import Layout

from services.renderer.shortcuts import seams

_FEATURES: Final = (
    "font_kerning",
    "font_variant_ligatures",
    "font_variant_position",
    "font_variant_caps",
    "font_variant_numeric",
    "font_variant_alternates",
    "font_variant_east_asian",
    "font_feature_settings",
)

_set_up = Layout.setup
_set_text = Layout.set_text
_lay_out_again = Layout.reactivate
_strut = line_break.strut


def install() -> None:
    """Have WeasyPrint set lines this way."""
    Layout.setup = _set_up_as_style_says
    Layout.set_text = _set_text_of_one_line
    Layout.deactivate = _keep
    Layout.reactivate = _draw_as_laid_out
    # WeasyPrint finds the height of an empty line by a text of twenty values.
    seams.replace(_strut, seams.once_for_style(_strut))


def _set_up_as_style_says(line: Any, style: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    """``Layout.setup`` with a context and a description that all lines of the style share."""
    shared = _shared(style)
    if shared is None:
        _set_up(line, style)
        return
    context, description, line.language = shared
    line.style = style
    line.first_line_direction = 0
    line.ascent = line.underline_position = line.strikethrough_position = None
    line.layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
    pango.pango_layout_set_auto_dir(line.layout, False)  # noqa: FBT003 - Pango's
    pango.pango_layout_set_font_description(line.layout, description)


@seams.once_for_style
def _shared(style: Any) -> tuple[Any, Any, Any] | None:  # noqa: ANN401 - WeasyPrint has no types
    """Context, description of the face and language; ``None`` for styles that want more."""
    if (
        style["text_decoration_line"] != "none"
        or style["font_language_override"] != "normal"
        or font_features(*(style[name] for name in _FEATURES))
    ):
        return None
    context = ffi.gc(
        pango.pango_font_map_create_context(style.font_config.font_map), gobject.g_object_unref
    )
    pango.pango_context_set_round_glyph_positions(context, False)  # noqa: FBT003 - Pango's
    pango.pango_context_set_base_dir(context, PANGO_DIRECTION[style["direction"]])
    language = pango.pango_language_get_default()
    if style["lang"]:
        pointer, _held = unicode_to_char_p(style["lang"])
        language = pango.pango_language_from_string(pointer)
        pango.pango_context_set_language(context, language)
    return context, get_font_description(style), language


def _set_text_of_one_line(line: Any, text: str, justify: bool = False) -> None:  # noqa: ANN401, FBT001, FBT002 - WeasyPrint's
    """``Layout.set_text`` for a line that drawing need not lay out again.

    Drawing declares it one paragraph, and Pango begins anew where that had not been said.
    """
    if "\n" not in text:
        pango.pango_layout_set_single_paragraph_mode(line.layout, True)  # noqa: FBT003 - Pango's
    _set_text(line, text, justify)


def _keep(line: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    """Instead of ``Layout.deactivate``."""


def _draw_as_laid_out(line: Any, style: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    """Instead of ``Layout.reactivate``: justified lines only are other ones when drawn."""
    if line.justification_spacing:
        _lay_out_again(line, style)
