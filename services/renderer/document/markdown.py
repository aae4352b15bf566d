"""Narratives: Markdown written by many hands, made safe and fit for the page.

Rendered by ``markdown-it-py`` without raw HTML and images, cleaned by ``nh3``, headings
demoted below the heading of their section without skipping a level (PDF/UA). A text that
cannot be laid out as written never stops the document: it is tamed, and the section says
how in a warning.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from services.renderer.document import glyphs

MAX_CHARACTERS = 60_000
"""About twenty pages: more in one narrative is a pasted file, not a text."""

MAX_DEPTH = 6
"""Lists and quotations inside one another: deeper ones leave no width for text on an A4 page."""

MAX_NESTING = 100
"""Levels of the parser, two for a list; what is deeper it leaves out without a word."""

MAX_WORD = 80
"""Longer unbroken runs (pasted addresses, base64) are split with spaces."""

MAX_JOINED_WORD = 40
"""The same of words whose parts differ in emphasis: between these the layout does not break."""

MAX_TABLE_COLUMNS = 8
DEEPEST_HEADING = 6

_TAGS = {
    *("p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td", "div"),
    *(f"h{level}" for level in range(1, DEEPEST_HEADING + 1)),
}
_ATTRIBUTES = {"a": {"href"}, "th": {"scope"}, "ol": {"start"}, "div": {"class"}}
_WORDS = frozenset({"text", "code_inline", "code_block", "fence"})
_CONTAINERS = frozenset({"bullet_list", "ordered_list", "blockquote"})
_LINE_END = re.compile("[\r\n]")
_WORD = re.compile(r"\w+")
_BREAKS = frozenset({"softbreak", "hardbreak"})
_FIRST_WORD = re.compile(r"\S+")
_LAST_WORD = re.compile(r"\S*\Z")
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
    tokens = _flatten(_whole(parser.parse(text), text, warnings), warnings)
    tokens = _fit_tables(tokens, _LINE_END.split(text), warnings)
    _split_words(tokens, warnings)
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


def _whole(tokens: list[Token], text: str, warnings: list[str]) -> list[Token]:
    """The tokens, or the text as it was written where the parser went no deeper into it."""
    if all(token.level + token.nesting < MAX_NESTING for token in tokens):
        return tokens
    warnings.append("Il testo ha troppi elementi l'uno dentro l'altro: è riportato come scritto.")
    return [Token("code_block", "code", 0, content=text)]


def _flatten(tokens: list[Token], warnings: list[str]) -> list[Token]:
    """Let what is deeper than ``MAX_DEPTH`` go on at that depth: its words stay, in order."""
    kept: list[Token] = []
    depth = deepest = 0
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        opened = depth + (name in _CONTAINERS and token.nesting == 1)
        if opened <= MAX_DEPTH:
            kept.append(token)
        elif name not in _CONTAINERS and name != "list_item":
            token.hidden = False
            kept.append(token)
        depth += token.nesting if name in _CONTAINERS else 0
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        warnings.append(
            f"Elenchi e citazioni oltre {MAX_DEPTH} livelli proseguono senza altri rientri."
        )
    return kept


def _split_words(tokens: list[Token], warnings: list[str]) -> None:
    """Break what would run off the page; after parsing, so that marks and addresses stay."""
    long = False
    for token in tokens:
        joined = ""
        for part in [token, *(token.children or [])]:
            if part.type in _WORDS:
                written, part.content = part.content, _split(part.content, joined)
                long = long or part.content != written
                joined = _LAST_WORD.search(joined + part.content)[0]  # type: ignore[index]
            elif part.type in _BREAKS:
                joined = ""
    if long:
        warnings.append("Le parole troppo lunghe per una riga sono state spezzate.")


def _split(text: str, joined: str) -> str:
    """A text that goes on after the word ``joined``, with spaces in words that are too long."""
    first = _FIRST_WORD.match(text)
    if joined and first and len(joined) + len(first[0]) > MAX_JOINED_WORD:
        text = f" {text}"
    return _LONG_WORD.sub(_spaced, text)


def _spaced(found: re.Match[str]) -> str:
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


def _fit_tables(tokens: list[Token], lines: list[str], warnings: list[str]) -> list[Token]:
    """Give header cells a scope; turn tables that do not fit a page into lines of text."""
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
        head, _, *body = lines[slice(*(token.map or ()))]
        columns = sum(1 for item in table if item.type == "th_open")
        for item in table:
            if item.type == "th_open":
                item.attrSet("scope", "col")
        fits = columns <= MAX_TABLE_COLUMNS
        if not fits:
            warnings.append(
                f"Una tabella di {columns} colonne non entra nella pagina: è riportata come testo."
            )
        elif _words_in(body) > _words_in(_body_cells(table)):
            warnings.append(
                "Una tabella ha righe con più celle della sua intestazione: è riportata come testo."
            )
            fits = False
        # A head without rows is no table: PDF/UA wants a body.
        fitted.extend(table if fits and body else _as_text([head, *body]))
        position = end + 1
    return fitted


def _words_in(texts: Iterable[str]) -> int:
    return sum(len(_WORD.findall(text)) for text in texts)


def _body_cells(table: list[Token]) -> Iterator[str]:
    """What stands in the rows below the head: Markdown leaves out cells that have none."""
    below = False
    for token in table:
        below = below or token.type == "tbody_open"
        if below and token.type == "inline":
            yield token.content


def _as_text(rows: list[str]) -> list[Token]:
    """A paragraph with a line for each row, as it was written."""
    parts: list[Token] = []
    for row in rows:
        cells = (cell.strip() for cell in row.strip(" >|").split("|"))
        parts += [Token("text", "", 0, content="; ".join(cells)), Token("hardbreak", "br", 0)]
    line = Token("inline", "", 0, children=parts[:-1])
    return [Token("paragraph_open", "p", 1), line, Token("paragraph_close", "p", -1)]
