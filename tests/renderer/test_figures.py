"""Figures: names are read whole, nothing stands on anything else, no figure outgrows a page."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from services.api.reports.snapshot import freeze
from services.renderer.document import columns, html
from services.renderer.document.drawings import Drawings
from services.renderer.document.figures import bars, tables, trends
from services.renderer.document.view import Report
from services.renderer.document.years import Years
from shared.contracts.snapshot import Figure, ReportSnapshot, TableView, UsedMeasure
from tests.renderer import century, plans, snapshots

PAGE = 948.0
"""Height of what an upright page holds, in CSS pixels."""

LONG = (
    "Rafforzare la promozione integrata delle produzioni di qualità del territorio e la "
    "partecipazione delle imprese alle fiere internazionali di settore"
)
COLOUR = "#2c6e5a"


def said(svg: str) -> list[str]:
    """The texts of a figure, in the order they are drawn in."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def height(svg: str) -> float:
    found = re.search(r'viewBox="0 0 \S+ ([0-9.]+)"', svg)
    assert found is not None
    return float(found[1])


def titled(snapshot: ReportSnapshot, title: str) -> ReportSnapshot:
    objectives = tuple(row.model_copy(update={"title": title}) for row in snapshot.objectives)
    return snapshot.model_copy(update={"objectives": objectives})


def drawings(snapshot: ReportSnapshot) -> Drawings:
    report = Report(snapshot)
    return Drawings(report, Years(report))


def test_long_names_stand_whole_beside_bars_and_on_the_map() -> None:
    snapshot = titled(snapshots.pisa(), LONG)
    drawn = drawings(snapshot)
    nodes = Report(snapshot).measured_strategic
    for svgs in (drawn.results(nodes), drawn.spending(), drawn.maps()):
        texts = [text for svg in svgs for text in said(str(svg))]
        assert LONG.rsplit(maxsplit=1)[-1] in " ".join(texts)
        assert not [text for text in texts if text.endswith("…")]


def test_long_names_stand_whole_above_lines_and_beside_accounts() -> None:
    points = tuple((year, Decimal(value), f"{value}%") for year, value in ((2019, 9), (2020, 12)))
    series = [trends.Series("Percent_CorruzTrasp", LONG, points), trends.Series("A1", LONG, points)]
    drawn = str(trends.draw(series, COLOUR))
    two = [Decimal(1), Decimal(2)]
    sides = ("Previsto", "Speso")
    pairs = str(tables.pairs([LONG, "B"], sides, two, two, COLOUR))
    staff = str(tables.pyramid([LONG, "B"], ("Donne", "Uomini"), two, two, COLOUR))
    for svg in (drawn, pairs, staff):
        assert LONG.rsplit(maxsplit=1)[-1] in " ".join(said(svg))
        assert not [text for text in said(svg) if text.endswith("…")]


def test_figures_of_many_long_names_go_over_pages_evenly() -> None:
    snapshot = titled(snapshots.long(repeat=4), LONG)
    svgs = [str(svg) for svg in drawings(snapshot).results(Report(snapshot).measured_strategic)]
    assert len(svgs) > 1
    heights = [height(svg) for svg in svgs]
    assert max(heights) < PAGE
    assert min(heights) > max(heights) / 2
    told = [text for svg in svgs for text in re.findall(r"l&#39;obiettivo (\S+) ha", svg)]
    assert told == [n.objective.code for n in Report(snapshot).measured_strategic]


def test_what_has_no_result_says_why_within_its_bar_and_beside_no_value() -> None:
    silent = Figure(measured=None, recognised=None, shown=None, reason="nothing_counts")
    svg = str(bars.results([bars.Bar("OS2", "Fiere", silent)], (), "l'obiettivo"))
    assert said(svg) == ["OS2 Fiere", "nessuna voce valutabile"]
    (x,) = re.findall(r'<text x="([0-9.]+)"[^>]*>nessuna', svg)
    assert float(x) > bars.LABEL_WIDTH


def test_names_of_series_go_on_to_another_line() -> None:
    names = [f"{LONG[:60]} {place}" for place in range(3)]
    svg = str(tables.columns(names, ["2020"], [[Decimal(1)]] * 3, COLOUR))
    for name in names:
        (x,) = re.findall(rf'<text x="([0-9.]+)"[^>]*>{re.escape(name)}<', svg)
        assert float(x) < tables.WIDTH / 2


@pytest.mark.parametrize(
    ("values", "below"), [((9, 3, 9), [1]), ((3, 9, 3), []), ((3, 3, 9), []), ((9, 3, 3), [])]
)
def test_the_value_of_a_point_stands_where_no_line_goes(
    values: tuple[int, ...], below: list[int]
) -> None:
    points = tuple((2018 + at, Decimal(value), f"{value}%") for at, value in enumerate(values))
    svg = str(trends.draw([trends.Series("A", "a", points)], COLOUR))
    dots = [float(y) for y in re.findall(r'<circle cx="[0-9.]+" cy="([0-9.]+)"', svg)]
    texts = [float(y) for y in re.findall(r'y="([0-9.]+)"[^>]*>\d%<', svg)]
    assert [at for at, dot in enumerate(dots) if texts[at] > dot] == below


def test_columns_of_elementary_data_are_as_wide_as_their_words() -> None:
    year = UsedMeasure(code="a", year=2020, value="1")
    assert columns.measure_columns([year]) == ("c-code", "c-year", "c-value", "c-year")
    long = year.model_copy(update={"code": "certificati_origine_nei_termini"})
    assert columns.measure_columns([long])[0] == "c-wide"
    months = UsedMeasure(
        code="a", year=2020, period="Q3", value="1234567890.55", validated_by="controller"
    )
    wide = ("c-months", "c-value-wide", "c-months")
    assert columns.measure_columns([year, months]) == ("c-code", *wide)
    assert columns.measure_columns([long, months]) == ("c-code-widest", *wide)


@pytest.mark.parametrize(
    ("heads", "cells", "classes"),
    [
        (("2019", "2020"), ("1", "2"), ("", "c-year", "c-year")),
        (("Preventivo", "Consuntivo"), ("1234567.55", "7"), ("", "c-year-wide", "c-year-wide")),
        (("2019", "Nota"), ("1", "in crescita"), ("c-first", "", "")),
        (tuple("123456"), tuple("123456"), ("c-first", *[""] * 6)),
        (tuple("1234567890"), tuple("1234567890"), ("c-narrow", *[""] * 10)),
    ],
)
def test_names_get_the_room_that_figures_leave(
    heads: tuple[str, ...], cells: tuple[str, ...], classes: tuple[str, ...]
) -> None:
    table = TableView(
        code="T", title="t", section="2", columns=("Voce", *heads), rows=(("a", *cells),)
    )
    assert columns.context_columns(table) == classes


def test_a_chamber_is_spoken_of_with_its_article() -> None:
    assert (
        "Sigillo elettronico della Camera di commercio di Pisa"
        in html.build(snapshots.small()).html
    )


def test_a_date_stands_on_one_line_where_there_is_room() -> None:
    dated = [row for row in snapshots.pisa().indicators if row.value_type == "date" and row.target]
    assert columns.target_column(dated) == "c-months"
    shares = [row for row in snapshots.pisa().indicators if row.value_type == "percent"]
    assert columns.target_column(shares) == "c-value"
    plan = [row for row in plans.massa().indicators if row.value_type == "date"]
    assert columns.target_column(plan, 2021) == "c-months"
    assert columns.target_column(plan, 1999) == "c-value"


def test_figures_of_single_objectives_are_numbered_but_not_listed() -> None:
    document = html.build(century.snapshot(40))
    listed = [entry.title for entry in document.contents.listed_figures]
    every = [entry.title for entry in document.contents.figures]
    assert len(listed) < len(every)
    assert not [title for title in listed if title.startswith("Andamento degli indicatori")]
    assert {entry.anchor for entry in document.contents.figures} <= set(document.anchors)
    assert [entry.number for entry in document.contents.figures] == [
        f"Figura {number + 1}" for number in range(len(every))
    ]
    assert "Elenco delle figure principali" in document.web


def test_measures_come_in_the_order_people_count() -> None:
    first, *rest = snapshots.small().explanations
    used = tuple(UsedMeasure(code=code, year=2020) for code in ("607", "89", "A10", "A2", "B"))
    told = snapshots.small(explanations=(first.model_copy(update={"measures": used}), *rest))
    codes = [measure.code for measure in Report(told).measures]
    assert [code for code in codes if code in {"607", "89", "A10", "A2", "B"}] == [
        "89", "607", "A2", "A10", "B",
    ]  # fmt: skip


def test_indicators_without_a_result_stand_by_reason() -> None:
    year = plans.source("massa-2021")
    page = html.build(freeze(year, replace(plans.FACTS, kind="relazione"))).html
    assert "Nessun indicatore della Camera ha un risultato." in page
    (said,) = re.findall(r"<p><b>Senza risultato:</b>(.*?)</p>", page)
    assert said.count("dato non disponibile") == 1


def test_facts_of_an_objective_are_apart_in_words_too() -> None:
    page = html.build(snapshots.pisa()).html
    assert re.search(r"Peso: <b>[^<]*</b></span>\s+<span[^>]*>Programma", page)
    assert not re.search(r"</span><span class=\"fact", page)
