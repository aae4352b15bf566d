"""A snapshot -> its PDF: write the chapters, have them laid out, bind them.

Runs in a child of the press (``press.py``), which lays the chapters out in children of its own
and keeps what it has laid out before. Nothing here touches the network or a file outside the
job's folder. ``make`` is the whole document; ``preview`` is the one chapter around a place,
as PDF and as HTML, for somebody who is writing and wants to see it at once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.renderer.binding import Binder, Extras, Laid, Opened, opened
from services.renderer.document import html
from services.renderer.document.attachments import attached_files
from services.renderer.document.chapters import Chapter, Sheet
from services.renderer.errors import RenderError
from services.renderer.metadata import Properties
from services.renderer.seal_field import fields_of
from shared.contracts.snapshot import ReportSnapshot

HTML_DONE = 8
LAYOUT_DONE = 80
PDF_DONE = 88
"""Where each part of the work ends on the job's 0-100 scale, by measured time."""

TRIAL_SECONDS = 20
"""A narrative that takes longer by itself is one that cannot be laid out."""

NOT_TRIED = "not_tried"

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Failed:
    """A sheet that could not be laid out, and why (``RenderError``'s code and words)."""

    code: str
    detail: str


@dataclass(frozen=True)
class Made:
    """A document or a chapter, as PDF and as a page for browsers."""

    pdf: bytes
    page: str
    pages: int
    warnings: tuple[str, ...]
    binder: Binder
    """Held as long as this is: to take it apart, object by object, takes longer than to end."""


class LayOut(Protocol):
    """Lays sheets out, several at a time, beginning when it is called.

    The answers come as they are had, each with the place of its sheet, and must be heard to the
    end before it is called again. Without ``seconds`` the sheets are those of a document, which
    one that fails stops: the others may fail as ``NOT_TRIED``.
    """

    def __call__(
        self, sheets: Sequence[Sheet], *, until: int = 0, seconds: int | None = None
    ) -> Iterator[tuple[int, Laid | Failed]]:
        """``until`` is the job's progress at the end; ``seconds`` bounds each sheet."""


def make(snapshot: ReportSnapshot, lay_out: LayOut, say: Say) -> Made:
    """The whole document.

    Raises ``RenderError`` naming the section that cannot be written or laid out. A narrative
    that cannot be laid out costs its place a warning: the document is made without it.
    """

    def on_section(done: int, total: int) -> None:
        say({"stage": "document", "progress": 2 + (HTML_DONE - 2) * done // total})

    document = html.build(snapshot, on_section=on_section)
    binder, failures = _lay_out_all(snapshot, document, lay_out)
    if failures:
        broken = _broken_narratives(document, [at for at, _ in failures], lay_out)
        if not broken:
            raise _in_words(*failures[0])
        document = html.build(snapshot, broken)
        binder, failures = _lay_out_all(snapshot, document, lay_out)
        if failures:
            raise _in_words(*failures[0])
    say({"stage": "pdf", "progress": LAYOUT_DONE})
    content = binder.bind()
    say({"stage": "pdf", "progress": PDF_DONE})
    return Made(
        pdf=content,
        page=document.web,
        pages=binder.pages,
        warnings=document.warnings,
        binder=binder,
    )


def preview(snapshot: ReportSnapshot, anchor: str, lay_out: LayOut) -> Made:
    """The chapter where ``anchor`` stands.

    Everything is as in the document, but the page numbers, which begin with one. Raises
    ``RenderError`` ``place_unknown`` when the document has no such place.
    """
    document = html.build(snapshot)
    chapter = document.chapter_of(anchor)
    if chapter is None:
        raise RenderError("place_unknown", f"Il documento non ha la parte «{anchor}».")
    [(_, laid)] = lay_out([document.sheet(chapter)])
    if isinstance(laid, Failed):
        raise _in_words(chapter, laid)
    binder = Binder(Extras(_properties(snapshot, document)))
    binder.take(opened(laid))
    content = binder.bind()
    return Made(content, document.page(chapter), laid.facts.pages, chapter.warnings, binder)


def _lay_out_all(
    snapshot: ReportSnapshot, document: html.Document, lay_out: LayOut
) -> tuple[Binder, list[tuple[Chapter, Failed]]]:
    """The chapters in a binder, each taken as soon as all before it are, and those that failed."""
    results = lay_out([document.sheet(chapter) for chapter in document.all], until=LAYOUT_DONE)
    # Nobody waits for what is done here as long as there are chapters to wait for.
    _ = document.web
    binder = Binder(_extras(snapshot, document))
    failures = []
    untaken: dict[int, Opened] = {}
    following = 0
    for place, result in results:
        if isinstance(result, Laid):
            untaken[place] = opened(result)
            while following in untaken:
                binder.take(untaken.pop(following))
                following += 1
        elif result.code != NOT_TRIED:
            failures.append((place, result))
    in_order = sorted(failures, key=lambda failure: failure[0])
    return binder, [(document.all[place], failed) for place, failed in in_order]


def _in_words(chapter: Chapter, failed: Failed) -> RenderError:
    return RenderError(failed.code, failed.detail, section=chapter.section)


def _broken_narratives(
    document: html.Document, chapters: Sequence[Chapter], lay_out: LayOut
) -> frozenset[str]:
    """Keys of the narratives of these chapters that cannot be laid out even alone."""
    alone = {
        key: document.sheet(Chapter(key, "", text))
        for chapter in chapters
        for key, text in chapter.narratives.items()
    }
    keys = list(alone)
    results = lay_out(list(alone.values()), seconds=TRIAL_SECONDS)
    return frozenset(keys[place] for place, result in results if isinstance(result, Failed))


def _extras(snapshot: ReportSnapshot, document: html.Document) -> Extras:
    return Extras(
        properties=_properties(snapshot, document),
        files=attached_files(snapshot),
        lines=document.contents.lines,
        fields=fields_of(snapshot),
    )


def _properties(snapshot: ReportSnapshot, document: html.Document) -> Properties:
    return Properties(
        title=document.title,
        author=snapshot.chamber.name,
        subject=document.subject,
        language=snapshot.language,
        created_at=snapshot.created_at,
    )
