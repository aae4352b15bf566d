"""The words, headings and tables of an HTML document as Typst source, to compare engines by."""

import json
from html.parser import HTMLParser

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = {"p", "li", "figcaption", "caption", "div"}
_LEFT_OUT = {"style", "title", "svg"}


class _Writer(HTMLParser):
    """Collects the text of a block or a cell until it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.out = ['#set page("a4", numbering: "1")', "#set text(9pt)", "#outline()"]
        self._text: list[str] = []
        self._row: list[str] = []
        self._rows: list[list[str]] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begin a table, or what is left out."""
        del attrs
        if tag in _LEFT_OUT:
            self._silent += 1
        elif tag == "table":
            self._flush("")
            self._rows = []
        elif tag == "tr":
            self._row = []
        elif tag in _BLOCKS | _HEADINGS.keys() and self._rows is None:
            self._flush("")

    def handle_endtag(self, tag: str) -> None:
        """Write what has ended."""
        if tag in _LEFT_OUT:
            self._silent -= 1
        elif tag in {"td", "th"}:
            self._row.append(f"[{self._taken()}]")
        elif tag == "tr" and self._rows is not None:
            self._rows.append(self._row)
        elif tag == "table":
            self._write_table(self._rows or [])
            self._rows = None
        elif tag in _BLOCKS and self._rows is None:
            self._flush("")
        elif tag in _HEADINGS:
            self._flush("=" * _HEADINGS[tag] + " ")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if not self._silent:
            self._text.append(data)

    def _taken(self) -> str:
        text = " ".join("".join(self._text).split())
        self._text.clear()
        return "#" + json.dumps(text, ensure_ascii=False) if text else ""

    def _flush(self, mark: str) -> None:
        if text := self._taken():
            self.out.append(f"{mark}{text}\n")

    def _write_table(self, rows: list[list[str]]) -> None:
        columns = max(map(len, rows), default=0)
        if columns:
            widths = ", ".join(["1fr"] * columns)
            cells = [cell for row in rows for cell in row + ["[]"] * (columns - len(row))]
            self.out.append(f"#table(columns: ({widths},), {', '.join(cells)})\n")


def typst(source: str) -> str:
    """Typst source with the content of an HTML document."""
    writer = _Writer()
    writer.feed(source)
    return "\n".join(writer.out)
