"""Chapters: the pieces a document is laid out in, each by itself, before they are bound.

A section is written by one template; where a page may end without harm the template says
``{{ contents.chapter() }}`` between two blocks of the topmost level. It says ``"apart"`` of what is
always a chapter of its own, and ``"long"`` where only a long chapter is cut. What lies between two
such places is laid out as a document of its own: in parallel with the others, and not at all
when nothing in it has changed since the last time (``reuse.py``). So a chapter holds nothing
that depends on another one: page numbers are written when the chapters are bound, and a link
names its target by words (``LINK_SCHEME``) that the binding resolves.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from html import unescape
from math import ceil
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

BREAK = Markup("<!-- chapter -->")
"""Where a chapter may end; narratives cannot hold it, comments do not survive cleaning."""

APART = Markup("<!-- chapter apart -->")
"""Where a chapter ends."""

WITHIN = Markup("<!-- within a chapter -->")
"""Where a chapter ends that would be long otherwise."""

LEAST_CHARACTERS = 30_000
"""Of HTML, some six pages: shorter chapters cost more to start than they save."""

MOST_CHARACTERS = 40_000
"""Longer chapters are cut into parts of about the same length where they can be."""

BRIEF_CHARACTERS = 1_500
"""Of HTML, half a page at most: a section that has no more needs no page of its own."""

LINK_SCHEME = "ciclo-anchor:"
"""Address of a link to another place of the document while its chapter is by itself."""

_INNER_LINK = re.compile(r'href="#([^"]*)"')


@dataclass(frozen=True)
class Chapter:
    """A piece of the document: the HTML between two breaks of a section.

    ``section`` says in words where it belongs, for messages; ``running`` is its running
    head; ``narratives`` are the texts in it, by their keys
    (``html.narrative_keys``).
    """

    section: str
    running: str
    body: Markup
    numbered: bool = True
    """False for a page that shows no page number."""
    narratives: Mapping[str, Markup] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What had to be changed in the texts of its section."""
    style: str | None = None
    """Of a chapter in a colour of its own; else the document's."""


@dataclass(frozen=True)
class Sheet:
    """All that laying out a chapter depends on; equal sheets give equal pages."""

    html: str
    style: str
    titles: Mapping[str, str]
    """Anchor -> words, for the links of this chapter."""
    numbered: bool = True
    section: str = ""
    """Where it belongs, in words: a job that runs out of time says so."""

    def as_json(self) -> dict[str, Any]:
        """The sheet as JSON can hold it; ``Sheet(**...)`` gives it back."""
        return asdict(self)


def split(written: str) -> Iterator[Markup]:
    """The chapters of a section: pieces between breaks, short ones together, long ones cut."""
    for part in written.split(APART):
        for chapter in _gathered(part.split(BREAK), LEAST_CHARACTERS):
            pieces = chapter.split(WITHIN)
            length = sum(map(len, pieces))
            parts = max(1, ceil(length / MOST_CHARACTERS))
            # Of our own templates, which escape.
            yield from map(Markup, _gathered(pieces, length // parts))


def _gathered(pieces: Iterable[str], least: int) -> Iterator[str]:
    """Neighbouring pieces put together until they have ``least`` characters."""
    gathered = ""
    for piece in pieces:
        if gathered and len(gathered) >= least:
            yield gathered
            gathered = ""
        gathered += piece
    yield gathered


def goes_on(before: Chapter, section: Sequence[Chapter], *, always: bool) -> bool:
    """Whether a section begins where the one before it ends, instead of on a page of its own.

    It does ``always`` where its kind is short as a rule, and where this one is brief; never
    after what has a colour of its own.
    """
    first, *others = section
    length = len(first.body)
    brief = not others and length <= BRIEF_CHARACTERS
    fits = len(before.body) + length <= MOST_CHARACTERS
    return before.style is None and first.style is None and (always or (brief and fits))


def followed(before: Chapter, after: Chapter, chamber: str) -> Chapter:
    """Two chapters as one, the second going on where the first ends, under its own running head."""
    shape = Markup('{}<div class="piece follows" data-running="{}" data-chamber="{}">{}</div>')
    return replace(
        before,
        body=shape.format(before.body, after.running, chamber, after.body),
        narratives={**before.narratives, **after.narratives},
        warnings=(*before.warnings, *after.warnings),
    )


def link_out(body: str, titles: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """``body`` with its inner links made addresses, and the words of those they lead to.

    A link to a place that the document has not (somebody's Markdown) becomes plain text.
    """
    used: dict[str, str] = {}

    def rewrite(found: re.Match[str]) -> str:
        anchor = unescape(found.group(1))
        if anchor not in titles:
            return ""
        used[anchor] = titles[anchor]
        return f'href="{escape(LINK_SCHEME + quote(anchor, safe=""))}"'

    return _INNER_LINK.sub(rewrite, body), used
