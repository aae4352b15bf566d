import re

import pytest

from services.renderer.document import markdown


def test_headings_go_below_their_section_without_skipping_a_level() -> None:
    html = markdown.render("# Uno\n\n#### Due\n\n# Tre\n", 3).html
    assert re.findall(r"<(h\d)>", html) == ["h4", "h5", "h4"]


def test_headings_stop_at_the_sixth_level() -> None:
    assert re.findall(r"<(h\d)>", markdown.render("# a\n## b\n### c\n", 5).html) == ["h6"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="http://example.org/x.png">',
        "<style>body{display:none}</style>",
        '<a href="javascript:alert(1)">x</a>',
        "[x](javascript:alert(1))",
        "[x](file:///etc/passwd)",
        '<iframe src="http://example.org"></iframe>',
    ],
)
def test_no_markup_of_the_writer_survives(text: str) -> None:
    html = markdown.render(text, 2).html
    assert not re.search(r"<(script|img|style|iframe|object|svg)", html)
    assert not re.search(r'<a[^>]+href="(?!https?:|mailto:)', html)


def test_images_leave_their_words_and_a_warning() -> None:
    done = markdown.render("Prima ![il grafico](http://example.org/g.png) dopo", 2)
    assert "immagine non riprodotta: il grafico" in done.html
    assert "<img" not in done.html
    assert any("immagini" in warning for warning in done.warnings)


def test_a_table_too_wide_becomes_text_and_loses_nothing() -> None:
    head = "|" + "|".join(f"c{n}" for n in range(500)) + "|"
    text = f"{head}\n|{'---|' * 500}\n|{'1|' * 500}\n"
    done = markdown.render(text, 2)
    assert "<table" not in done.html
    assert "c499" in done.html
    assert "500 colonne" in done.warnings[0]


def test_header_cells_say_what_they_head() -> None:
    html = markdown.render("|a|b|\n|---|---|\n|1|2|\n", 2).html
    assert html.count('<th scope="col">') == 2


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("x" * 100_000, "spezzate"),
        ("Testo con emoji \U0001f600 e \u0645\u0631\u062d\u0628\u0627", "carattere tipografico"),
        ("parola " * 20_000, "supera"),
    ],
)
def test_what_cannot_be_set_is_tamed_with_a_warning(text: str, about: str) -> None:
    done = markdown.render(text, 2)
    assert any(about in warning for warning in done.warnings)
    assert all(len(word) <= markdown.MAX_WORD for word in re.sub("<[^>]+>", " ", done.html).split())


def test_deep_lists_end_where_there_is_no_room_left() -> None:
    text = "\n".join("  " * depth + f"- livello {depth}" for depth in range(40))
    html = markdown.render(text, 2).html
    assert html.count("<ul>") <= markdown.MAX_NESTING
