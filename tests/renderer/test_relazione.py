"""A Relazione of a hundred pages, read back from its tags: nothing lost, nothing altered."""

import asyncio
import io
import re
from decimal import Decimal

import pikepdf
import pytest

from services.renderer import process
from services.renderer.document import formats, labels
from services.renderer.sandbox import Limits
from shared.contracts.snapshot import Figure, IndicatorView, ReportSnapshot, canonical_bytes
from tests.renderer import century, tagged
from tests.renderer.tagged import Element

_PATIENT = Limits(memory_mb=2048, seconds=280)
_NUMBER = re.compile(r"-?\d[\d.]*(?:,\d+)?")


@pytest.fixture(scope="module")
def snapshot() -> ReportSnapshot:
    return century.snapshot(100)


@pytest.fixture(scope="module")
def content(snapshot: ReportSnapshot) -> bytes:
    made = asyncio.run(process.render(canonical_bytes(snapshot), _PATIENT))
    assert made.pages >= 100
    assert made.warnings == ()
    return made.content


@pytest.fixture(scope="module")
def document(content: bytes) -> Element:
    return tagged.read(content)


@pytest.fixture(scope="module")
def rows(document: Element) -> list[list[str]]:
    return [row for table in document.of_kind("Table") for row in table.rows()]


def printed(figure: Figure) -> str:
    """What stands where a result would."""
    return labels.reason(figure.reason) if figure.shown is None else formats.percent(figure.shown)


def number(text: str) -> Decimal:
    """An Italian figure read back: ``1.234,50`` -> 1234.50."""
    found = _NUMBER.search(text)
    assert found is not None, text
    return Decimal(found.group().replace(".", "").replace(",", "."))


def with_code(rows: list[list[str]], code: str) -> list[list[str]]:
    return [row for row in rows if row and row[0] == code]


def test_every_objective_stands_with_its_result_in_reading_order(
    snapshot: ReportSnapshot, document: Element, rows: list[list[str]]
) -> None:
    text = document.text
    for row in snapshot.objectives:
        result = printed(row.figure)
        if row.kind == "strategic_area":
            assert any(result in cells for cells in with_code(rows, row.code)), row.code
            continue
        name = row.title if row.kind == "individual" else f"{row.code} {row.title}"
        places = [found.end() for found in re.finditer(re.escape(name), text)]
        assert any(
            text[at : at + 30].lstrip(f" {formats.DASH}").startswith(result) for at in places
        ), row.code


def test_headings_come_in_the_order_of_the_plan(
    snapshot: ReportSnapshot, document: Element
) -> None:
    heads = [e.text for e in document.walk() if e.kind in {"H4", "H5"}]
    strategic = [row for row in snapshot.objectives if row.kind == "strategic_objective"]
    wanted = [f"{row.code} {row.title}" for row in strategic]
    # The same names head the explanations of what fell short, further on.
    assert list(dict.fromkeys(head for head in heads if head in wanted)) == wanted


def test_indicators_read_back_the_same_numbers(
    snapshot: ReportSnapshot, rows: list[list[str]]
) -> None:
    compared = 0
    for item in snapshot.indicators:
        (found,) = [row for row in with_code(rows, item.code) if len(row) == 7]
        _, about, weight, expected, obtained, result, _ = found
        assert item.title in about
        if item.weight is not None:
            assert number(weight) == Decimal(item.weight), item.code
        if item.figure.shown is not None:
            assert number(result) == Decimal(item.figure.shown), item.code
        if item.target is not None and formats.is_numeric(item.target.value):
            assert number(expected) == Decimal(item.target.value), item.code
        compared += _same_value(item, obtained)
    assert compared > 80


def _same_value(item: IndicatorView, obtained: str) -> bool:
    if item.value is None or not formats.is_numeric(item.value):
        return False
    shown = number(obtained)
    assert shown == round(Decimal(item.value), max(0, -int(shown.as_tuple().exponent))), item.code
    return True


def test_context_tables_read_back_the_same_cells(
    snapshot: ReportSnapshot, rows: list[list[str]]
) -> None:
    for table in snapshot.tables:
        for wanted in table.rows:
            assert any(
                len(found) == len(wanted) and all(map(_same_cell, found, wanted)) for found in rows
            ), (table.code, wanted)


def _same_cell(found: str, wanted: str | None) -> bool:
    if wanted is None:
        return found == formats.DASH
    return number(found) == Decimal(wanted) if formats.is_numeric(wanted) else found == wanted


def test_money_reads_back_and_so_do_earlier_years(
    snapshot: ReportSnapshot, rows: list[list[str]]
) -> None:
    for row in snapshot.objectives:
        for resource in row.resources:
            if resource.budgeted is None:
                continue
            found = [
                cells for cells in with_code(rows, row.code)
                if len(cells) == 5 and cells[2].endswith("€")
            ]  # fmt: skip
            assert Decimal(resource.budgeted) in {number(cells[2]) for cells in found}, row.code
    for trend in snapshot.trends:
        known = [past.value or past.shown for past in trend.past]
        code = formats.DASH if trend.subject == "overall" else trend.code
        numbers = [
            [number(cell) if _NUMBER.search(cell) else None for cell in cells[2:-1]]
            for cells in with_code(rows, code)
            if len(cells) == len(known) + 3
        ]
        wanted = [None if text is None else Decimal(text) for text in known]
        assert wanted in numbers, trend.code


def test_every_figure_is_told_and_its_data_stand_in_a_table(
    document: Element, rows: list[list[str]]
) -> None:
    cells = {found for row in rows for cell in row for found in _NUMBER.findall(cell)}
    whole = {found.partition(",")[0] for found in cells}
    figures = document.of_kind("Figure")
    assert len(figures) > 20
    charts = [f for f in figures if f.alt and not f.alt.startswith(("Logo", "Codice QR"))]
    assert len(charts) == len(figures) - 2
    for figure in charts:
        told = set(_NUMBER.findall(re.sub(r"\b[A-Z]+-?[\d.]+(O\d)?\b", "", figure.alt or "")))
        lost = {text for text in told if text.rstrip(".") not in cells | whole}
        assert not lost, (figure.alt, lost)


def test_the_document_carries_what_it_was_made_of(snapshot: ReportSnapshot, content: bytes) -> None:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        attached = pdf.attachments["snapshot.json"].get_file().read_bytes()
    assert attached == canonical_bytes(snapshot)
    assert ReportSnapshot.model_validate_json(attached) == snapshot
