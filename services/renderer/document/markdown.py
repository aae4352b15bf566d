"""Narratives: Markdown written by many hands, made safe and fit for the page.

Rendered by ``markdown-it-py`` without raw HTML and images, cleaned by ``nh3``, headings
demoted below the heading of their section without skipping a level (PDF/UA). A text that
cannot be laid out as written never stops the document: it is tamed, and the section says
how in a warning.
"""

import re
from dataclasses import dataclass
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from services.renderer.document import glyphs

MAX_CHARACTERS = 60_000
"""About twenty pages: more in one narrative is a pasted file, not a text."""

MAX_NESTING = 12
"""Deeper lists leave no width for text on an A4 page."""

MAX_WORD = 80
"""Longer unbroken runs (pasted addresses, base64) are split with spaces."""

MAX_TABLE_COLUMNS = 8
DEEPEST_HEADING = 6

_TAGS = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td", "div"),
    *(f"h{level}" for level in range(1, DEEPEST_HEADING + 1)),
}
_ATTRIBUTES = {"a": {"href"}, "th": {"scope"}, "ol": {"start"}, "div": {"class"}}
_WORDS = frozenset({"text", "code_inline", "code_block", "fence"})
_LONG_WORD = re.compile(rf"\S{{{MAX_WORD + 1},}}")


@dataclass(frozen=True)
class Narrative:
    """A narrative ready for the page, and what had to be changed in it (Italian sentences)."""

    html: Markup
    warnings: tuple[str, ...] = ()


def render(text: str, heading_level: int) -> Narrative:
    """Render Markdown whose headings go below ``heading_level`` (the section's own)."""
    warnings: list[str] = []
    text = _tame(text, warnings)
    parser = _parser()
    tokens = parser.parse(text)
    _split_words(tokens, warnings)
    tokens = _fit_tables(tokens, warnings)
    _demote_headings(tokens, heading_level)
    _drop_images(tokens, warnings)
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # Again, for what was written as an entity.
    shown, lost = glyphs.cover(clean)
    _warn_of_lost(lost, warnings)
    return Narrative(Markup(shown), tuple(warnings))  # noqa: S704 - cleaned just above


@cache
def _parser() -> MarkdownIt:
    """Made once: a document has dozens of narratives, and the rules are the same for all."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    return parser.enable(["table", "strikethrough"])


def _tame(text: str, warnings: list[str]) -> str:
    text, lost = glyphs.cover(text.replace("\r\n", "\n"))
    _warn_of_lost(lost, warnings)
    if len(text) > MAX_CHARACTERS:
        warnings.append(
            f"Il testo supera {MAX_CHARACTERS} caratteri ed è riportato solo in parte; "
            "il testo completo è nei dati allegati al documento."
        )
        text = text[:MAX_CHARACTERS]
    return text


def _warn_of_lost(lost: frozenset[str], warnings: list[str]) -> None:
    if lost:
        warnings.append(
            f"{len(lost)} caratteri che il carattere tipografico non possiede "
            f"sono sostituiti da «{glyphs.LOST}»."
        )


def _split_words(tokens: list[Token], warnings: list[str]) -> None:
    """Break what would run off the page; after parsing, so that marks and addresses stay."""
    long = False
    for token in tokens:
        for part in [token, *(token.children or [])]:
            if part.type in _WORDS and _LONG_WORD.search(part.content):
                part.content = _LONG_WORD.sub(_split, part.content)
                long = True
    if long:
        warnings.append(f"Le parole oltre {MAX_WORD} caratteri sono state spezzate.")


def _split(found: re.Match[str]) -> str:
    word = found.group()
    return " ".join(word[start : start + MAX_WORD] for start in range(0, len(word), MAX_WORD))


def _demote_headings(tokens: list[Token], base: int) -> None:
    """Map the heading levels found to consecutive ones below ``base``."""
    open_levels: list[int] = []
    for token in tokens:
        if token.type not in {"heading_open", "heading_close"}:
            continue
        if token.type == "heading_open":
            written = int(token.tag[1])
            while open_levels and open_levels[-1] >= written:
                open_levels.pop()
            open_levels.append(written)
        token.tag = f"h{min(base + len(open_levels), DEEPEST_HEADING)}"


def _drop_images(tokens: list[Token], warnings: list[str]) -> None:
    for token in tokens:
        children = token.children or []
        for child in children:
            if child.type == "image":
                child.type, child.tag, child.nesting = "text", "", 0
                child.content = f"[immagine non riprodotta: {child.content or 'senza testo'}]"
                child.children = None
                if len(warnings) == 0 or "immagini" not in warnings[-1]:
                    warnings.append("Le immagini esterne non sono riprodotte.")


def _fit_tables(tokens: list[Token], warnings: list[str]) -> list[Token]:
    """Give header cells a scope; turn tables too wide for a page into lines of text."""
    fitted: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type != "table_open":
            fitted.append(token)
            position += 1
            continue
        end = next(
            index for index in range(position, len(tokens)) if tokens[index].type == "table_close"
        )
        table = tokens[position : end + 1]
        columns = sum(1 for item in table if item.type == "th_open")
        for item in table:
            if item.type == "th_open":
                item.attrSet("scope", "col")
        if not any(item.type == "tbody_open" for item in table):
            # A head without rows is no table: PDF/UA wants a body.
            fitted.append(_as_text(table))
        elif columns <= MAX_TABLE_COLUMNS:
            fitted.extend(table)
        else:
            warnings.append(
                f"Una tabella di {columns} colonne non entra nella pagina: è riportata come testo."
            )
            fitted.append(_as_text(table))
        position = end + 1
    return fitted


def _as_text(table: list[Token]) -> Token:
    rows: list[list[str]] = []
    for token in table:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content)
    lines = "<br>".join(str(escape("; ".join(row))) for row in rows)
    flat = Token("html_block", "", 0)
    flat.content = f"<p>{lines}</p>\n"
    return flat
