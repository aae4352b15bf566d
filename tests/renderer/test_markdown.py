import re
from itertools import accumulate

import pytest

from services.renderer.document import markdown
from tests.renderer import hostile


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


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("  " * depth + f"- livello{depth}" for depth in range(40)),
        "\n".join("   " * depth + f"1. livello{depth}\n" for depth in range(20)),
        "\n".join("> " * (depth + 1) + f"livello{depth}\n" for depth in range(40)),
    ],
)
def test_deep_lists_go_on_where_there_is_no_room_for_more(text: str) -> None:
    done = markdown.render(text, 2)
    tags = re.findall(r"<(/?)(?:ul|ol|blockquote)>", done.html)
    depths = list(accumulate(-1 if closing else 1 for closing in tags))
    assert (max(depths), depths[-1]) == (markdown.MAX_DEPTH, 0)
    assert re.findall(r"livello\d+", done.html) == re.findall(r"livello\d+", text)
    assert [warning for warning in done.warnings if "livelli" in warning]
    shallow = markdown.render(f"- a\n{'  - b'}\n", 2)
    assert (shallow.html, shallow.warnings) == (
        "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n",
        (),
    )


@pytest.mark.parametrize("text", ["> " * 200 + "fondo1", "- " * 400 + "fondo1"])
def test_what_is_too_deep_to_be_parsed_is_shown_as_written(text: str) -> None:
    done = markdown.render(text, 2)
    assert "fondo1" in done.html
    assert "come scritto" in done.warnings[0]


def test_a_long_word_of_many_parts_is_split_between_them() -> None:
    done = markdown.render("*uno***due**" * 20 + " fine", 2)
    shown = re.sub("<[^>]+>", "", done.html)
    assert max(map(len, shown.split())) <= markdown.MAX_JOINED_WORD
    assert shown.replace(" ", "").strip() == "unodue" * 20 + "fine"
    assert "spezzate" in done.warnings[0]
    assert (
        markdown.render("*una* parola**accentata** e\n*altre*, tutte\n**brevi**" * 9, 2).warnings
        == ()
    )


def test_cells_that_no_head_stands_over_are_not_lost() -> None:
    done = markdown.render("|a|b|\n|-|-|\n|1|2|\n|3|4|**cinque** \\| sei|\n\nDopo", 2)
    assert "<table" not in done.html
    assert "3; 4; **cinque**" in done.html
    assert "sei" in done.html
    assert "più celle" in done.warnings[0]
    fits = markdown.render(
        "> 1. prima\n>\n>    |a|b|\n>    |-|-|\n>    |x \\| y|`2`|\n>    |3|\n", 2
    )
    assert fits.html.count("<tr>") == 3
    assert fits.warnings == ()


def test_words_of_no_hostile_text_are_lost_without_a_warning() -> None:
    for text in hostile.texts(200, 80):
        done = markdown.render(text, 2)
        shown = set(re.findall(hostile.NUMBERED, done.html))
        lost = set(re.findall(hostile.NUMBERED, text)) - shown
        said = " ".join(done.warnings)
        assert not lost or re.search("supera|carattere tipografico|immagini", said), text[:200]
