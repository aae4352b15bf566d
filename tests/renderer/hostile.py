"""Two hundred texts that somebody might paste into a narrative, or send to do harm.

Every text begins with a mark of its own (``mark``), so that a test can tell whether it reached
the page. Addresses lead to ``HOST``, where a test can stand and listen.
"""

from collections.abc import Callable, Iterator
from itertools import islice

HOST = "http://127.0.0.1:{port}"

Family = Callable[[int, str], str]
"""A kind of text, in growing sizes: how far along, and the address to call."""


def _html(step: int, host: str) -> str:
    parts = (
        f"<script src={host}/a.js></script>",
        f'<img src="{host}/a.png" onerror="alert(1)">',
        f'<iframe src="{host}"></iframe>',
        f"<style>@import url({host}/a.css); * {{ display: none }}</style>",
        f'<link rel=stylesheet href="{host}/a.css"><base href="{host}">',
        "</section></body></html><h1>fine</h1>",
        '<div style="position:fixed;width:10000px;height:10000px;background:red">x</div>',
        f'<object data="{host}"></object><embed src="{host}">',
        "<!-- chapter --><table><tr><td>aperta",
        f"<svg><image href='{host}/a.svg'/><use href='file:///etc/passwd#a'/></svg>",
    )
    return parts[step % len(parts)] * (1 + step)


def _long_words(step: int, _host: str) -> str:
    return "parola" + "x" * (800 * (1 << step))


def _right_to_left(step: int, _host: str) -> str:
    return "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u202eabc\u202c " * (3 + step)


def _emoji(step: int, _host: str) -> str:
    return "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f1ee\U0001f1f9 " * (1 + step)


def _nested_list(step: int, _host: str) -> str:
    return "\n".join("  " * depth + f"- voce{depth}" for depth in range(5 * (step + 1)))


def _mixed_list(step: int, _host: str) -> str:
    return "\n".join(
        "   " * depth + ("1. " if depth % 2 else "- ") + f"mista{depth}\n"
        for depth in range(2 + 2 * step)
    )


def _wide_table(step: int, _host: str) -> str:
    columns = 63 * (step + 1)
    head, row = ("".join(f"|{name}{n}" for n in range(columns)) for name in ("colonna", "dato"))
    return "\n".join([f"{head}|", "|-" * columns + "|", f"{row}|"])


def _long_table(step: int, _host: str) -> str:
    return "\n".join(
        ["|a|b|", "|-|-|", *(f"|riga{row}|{'cella ' * 4}|" for row in range(5 * step))]
    )


def _ragged_table(step: int, _host: str) -> str:
    return "|a|b|c|\n|:-|-:|:-:|\n" + "\n".join(
        "|" + "".join(f"r{row}c{cell}|" for cell in range(row % 9)) for row in range(3 + step)
    )


def _images(step: int, host: str) -> str:
    kinds = ("{}/a.png", "file:///etc/passwd", "data:image/png;base64,iVBORw0KGgo=", "//{}/b.svg")
    return f"![figura]({kinds[step % 4].format(host)}) " * (1 + step)


def _latex(step: int, _host: str) -> str:
    return r"$$\frac{\sum_{i=1}^{n} x_i}{n} \begin{matrix} a & b \\ c & d \end{matrix}$$ " * (
        1 + step
    )


def _quotes(step: int, _host: str) -> str:
    return "> " * (5 * (step + 1)) + f"citazione{step}"


def _links(step: int, host: str) -> str:
    kinds = (f"{host}/a", "javascript:alert(1)", "#sez-3-1", "#non-esiste", "ciclo-anchor:sez-1")
    return f"[collegamento]({kinds[step % 5]}) " * (10 * (step + 1))


def _bidi_overrides(step: int, _host: str) -> str:
    return "totale \u202e001\u202c \u2066nascosto\u2069 \u200f\u061c " * (1 + step)


def _zero_width(step: int, _host: str) -> str:
    return "pa\u200bro\u200dla\ufeff\u2060\u00ad" * (5 * (step + 1))


def _controls(step: int, _host: str) -> str:
    return "".join(chr(code) for code in range(1, 32)) * (1 + step) + "\x7f\x85\u2028\u2029 fine"


def _marks(step: int, _host: str) -> str:
    return "z" + "\u0300\u0489\u20dd" * (20 * (step + 1)) + " a\u0301"


def _emphasis(step: int, _host: str) -> str:
    return "*" * (10 * (step + 1)) + "forte" + "_*" * (8 * (step + 1))


def _brackets(step: int, _host: str) -> str:
    return "[" * (50 * (step + 1)) + "testo" + "](" * (50 * (step + 1))


def _headings(step: int, _host: str) -> str:
    return "\n\n".join("#" * (1 + (row * 5) % 6) + f" Titolo {row}" for row in range(2 + 2 * step))


def _code(step: int, _host: str) -> str:
    return "```\n" + ("riga di codice molto lunga " * 12 + "\n") * (1 + step) + "~~~"


def _entities(step: int, _host: str) -> str:
    return "&#0; &#x110000; &nbsp; &lt;b&gt; &notanentity; &#xD800; &amp;amp; " * (1 + step)


def _rules(step: int, _host: str) -> str:
    return "\n\n".join(["***", "- - -", "___"] * (1 + step))


def _templates(step: int, _host: str) -> str:
    return "{{ 7 * 7 }} {% raw %} {{ s.__class__ }} ${x} #{y} <%= z %> " * (1 + step)


def _huge(step: int, _host: str) -> str:
    return "Una frase che si ripete senza dire nulla di nuovo. " * (60 * (step + 1))


NUMBERED = r"\b(?:[a-z]+\d+)+\b"
"""Words by which a test can tell whether a part of a text is there."""

FAMILIES: tuple[Family, ...] = (
    *(_html, _long_words, _right_to_left, _emoji, _nested_list, _mixed_list, _wide_table),
    *(_long_table, _ragged_table, _images, _latex, _quotes, _links, _bidi_overrides),
    *(_zero_width, _controls, _marks, _emphasis, _brackets, _headings, _code, _entities),
    *(_rules, _templates, _huge),
)


def mark(number: int) -> str:
    """The words that a text begins with."""
    return f"Segno{number:03d}"


def texts(count: int, port: int) -> list[str]:
    """The first ``count`` texts: every kind in its smallest size, then in larger ones."""
    return list(islice(_endless(HOST.format(port=port)), count))


def _endless(host: str) -> Iterator[str]:
    number = step = 0
    while True:
        for family in FAMILIES:
            number += 1
            yield f"{mark(number)}\n\n{family(step, host)}"
        step += 1
