"""Headings, tables and figures as they are met: the source of the contents and the lists."""

from dataclasses import dataclass, field

from markupsafe import Markup

from services.renderer.document.chapters import APART, BREAK, WITHIN

DEEPEST = 5
"""Headings below this level are not in the contents."""

MARK = "\u00a4" * 4
"""Stands for a page number until the chapters are bound: as wide as four figures."""


@dataclass(frozen=True)
class Entry:
    """A line of the contents or of a list, with the anchor it leads to."""

    level: int
    number: str
    title: str
    anchor: str
    listed: bool = True
    """False for a heading that the contents leave out; links to it still have words."""


@dataclass
class Contents:
    """Filled while the sections are written; read by the first pages."""

    headings: list[Entry] = field(default_factory=list)
    tables: list[Entry] = field(default_factory=list)
    figures: list[Entry] = field(default_factory=list)
    _listed: set[int] = field(default_factory=set)
    _unlisted_figures: set[int] = field(default_factory=set)

    @property
    def listed_tables(self) -> list[Entry]:
        """Tables for the list on the first pages."""
        return [entry for place, entry in enumerate(self.tables) if place in self._listed]

    @property
    def listed_figures(self) -> list[Entry]:
        """Figures for the list on the first pages."""
        numbered = enumerate(self.figures)
        return [entry for place, entry in numbered if place not in self._unlisted_figures]

    @property
    def listed_headings(self) -> list[Entry]:
        """Headings for the table of contents."""
        return [entry for entry in self.headings if entry.listed and entry.level <= DEEPEST]

    @property
    def lines(self) -> tuple[str, ...]:
        """The anchor of every line that gives a page, in the order of the lines."""
        entries = (*self.listed_headings, *self.listed_figures, *self.listed_tables)
        return tuple(entry.anchor for entry in entries)

    @staticmethod
    def chapter(kind: str = "") -> Markup:
        """Where a chapter may end: between two blocks of a section's topmost level.

        It always does with ``"apart"``, and only a long one does with ``"long"``.
        """
        return {"": BREAK, "apart": APART, "long": WITHIN}[kind]

    def heading(
        self,
        level: int,
        number: str,
        title: str,
        anchor: str,
        css_class: str = "",
        *,
        listed: bool = True,
    ) -> Markup:
        """A numbered heading, noted for the contents."""
        self.headings.append(Entry(level, number, title, anchor, listed))
        shown = Markup('<span class="number">{}</span> ').format(number) if number else ""
        cls = Markup(' class="{}"').format(css_class) if css_class else ""
        return Markup('<h{0} id="{1}"{2}>{3}{4}</h{0}>').format(level, anchor, cls, shown, title)

    def table(self, title: str, *, listed: bool = True) -> Markup:
        """The caption of the next table, numbered through the document.

        Tables of single objectives are not ``listed``: the contents name the objective.
        """
        if listed:
            self._listed.add(len(self.tables))
        return self._caption(self.tables, "Tabella", "tab", "caption", title)

    def figure(self, title: str, *, listed: bool = True) -> Markup:
        """The caption of the next figure, numbered through the document.

        As with tables, figures of single objectives are not ``listed``.
        """
        if not listed:
            self._unlisted_figures.add(len(self.figures))
        return self._caption(self.figures, "Figura", "fig", "figcaption", title)

    @staticmethod
    def _caption(entries: list[Entry], word: str, prefix: str, tag: str, title: str) -> Markup:
        number = str(len(entries) + 1)
        anchor = f"{prefix}-{number}"
        entries.append(Entry(1, f"{word} {number}", title, anchor))
        shape = Markup('<{0} id="{1}"><b>{2} {3}</b> \u2013 {4}</{0}>')
        return shape.format(tag, anchor, word, number, title)

    def titles(self) -> dict[str, str]:
        """Anchor -> words, for the alternative text of internal links."""
        return {
            entry.anchor: f"{entry.number} {entry.title}".strip()
            for entry in (*self.headings, *self.tables, *self.figures)
        }
