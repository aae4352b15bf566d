"""Every kind of document read back from its tags: the same numbers and codes, in reading order.

The Relazione of a hundred pages is in ``test_relazione.py``.
"""

import io
import shutil
import subprocess
from collections.abc import Iterable

import outloud
import pikepdf
import pytest

from services.renderer.document import formats, labels
from shared.contracts.snapshot import (
    IndicatorView,
    ObjectiveView,
    ReportSnapshot,
    canonical_bytes,
)
from tests.renderer import tagged
from tests.renderer.conftest import Made
from tests.renderer.tagged import Element
from tests.renderer.test_relazione import number, printed

KINDS = ("piano", "ente", "quadrimestre", "scheda", "validazione")

Rows = list[list[str]]


def document_of(made: Made) -> Element:
    return tagged.read(made.unsigned)


def rows_of(document: Element) -> Rows:
    return [row for table in document.of_kind("Table") for row in table.rows()]


def with_code(rows: Rows, code: str) -> Rows:
    """Rows about a code, which may take two lines."""
    return [row for row in rows if row and row[0].replace(" ", "") == code.replace(" ", "")]


def in_order(text: str, wanted: Iterable[str]) -> None:
    """Each of ``wanted`` stands in the text after the one before it."""
    at = 0
    for name in wanted:
        found = text.find(name, at)
        assert found >= 0, (name, text[at : at + 80])
        at = found + len(name)


def same(shown: str, text: str) -> None:
    """A number of a table is that of the snapshot, as far as it is shown."""
    digits = len(shown.partition(",")[2].rstrip(" %€‰g)(1-5"))
    assert formats.number(text, digits) == formats.number(str(number(shown)), digits), shown


def told(row: ObjectiveView) -> str:
    return f"{row.code} {row.title}"


def compare(item: IndicatorView, row: list[str], columns: dict[str, int]) -> int:
    """Expected, obtained and result of an indicator as one row tells them; how many were read."""
    assert item.title in row[1]
    compared = 0
    if item.target is not None and formats.is_numeric(item.target.value):
        same(row[columns["expected"]].split(" e ")[0], item.target.value)
        compared += 1
    if item.value is not None and formats.is_numeric(item.value):
        same(row[columns["obtained"]], item.value)
        compared += 1
    if item.figure.shown is not None:
        same(row[columns["result"]], item.figure.shown)
        compared += 1
    return compared


def test_the_piano_reads_back_its_targets_of_every_year(piano: Made) -> None:
    document = document_of(piano)
    rows, snapshot = rows_of(document), piano.snapshot
    strategic = [row for row in snapshot.objectives if row.kind == "strategic_objective"]
    heads = [e.text for e in document.walk() if e.kind in {"H3", "H4", "H5"}]
    assert [head for head in heads if head in {told(row) for row in strategic}] == [
        told(row) for row in strategic
    ]
    compared = 0
    for item in snapshot.indicators:
        given = {year: t.value for year, t in item.targets.items() if formats.is_numeric(t.value)}
        if not given:
            continue
        tables = with_code(rows, item.code)
        targets = next(row for row in tables if item.title in row[1] and len(row) >= 2 + len(given))
        for cell, year in zip(targets[-len(given) :], sorted(given), strict=True):
            same(cell, given[year])
            compared += 1
        if item.targets.get(str(snapshot.year)) is not None:
            in_annex = [row for row in tables if len(row) == 5 and row[2] == item.objective]
            assert in_annex, item.code
    assert compared > 60
    for row in snapshot.objectives:
        for resource in row.resources:
            if resource.budgeted is not None:
                assert formats.money(resource.budgeted).replace("\u00a0", " ") in (
                    document.text.replace("\u00a0", " ")
                )


def test_the_piano_reads_back_weights_of_sheets(piano: Made) -> None:
    rows = rows_of(document_of(piano))
    sheets = {o.code for o in piano.snapshot.objectives if o.kind == "individual"}
    below = [o for o in piano.snapshot.objectives if o.parent in sheets and o.weight is not None]
    assert below
    for row in below:
        assert any(
            len(cells) == 3 and cells[1] == row.title and number(cells[2]) == number_of(row.weight)
            for cells in with_code(rows, row.code)
        ), row.code


def number_of(text: str | None) -> object:
    assert text is not None
    return number(formats.number(text))


def test_an_entity_reads_back_every_chamber_s_figures(ente: Made) -> None:
    document = document_of(ente)
    rows = rows_of(document)
    assert ente.snapshot.entity is not None
    chapters = ente.snapshot.entity.chapters
    in_order(document.text, [chapter.chamber.name for chapter in chapters])
    columns = {"expected": 3, "obtained": 4, "result": 5}
    compared = 0
    for chapter in chapters:
        heads = [row for row in chapter.objectives if row.kind == "strategic_objective"]
        in_order(document.text, [f"{told(row)} {printed(row.figure)}" for row in heads[:1]])
        for item in chapter.indicators:
            found = [r for r in with_code(rows, item.code) if len(r) == 7 and item.title in r[1]]
            assert found, item.code
            compared += compare(item, found[0], columns)
    assert compared > 100
    figured = [row for row in ente.snapshot.entity.consolidated if row.value is not None]
    for one in figured:
        (found_row,) = [r for r in with_code(rows, one.facts.entry) if " su " in r[-1]]
        assert one.shown is not None
        same(found_row[2], one.shown)


def test_a_monitoring_report_reads_back_what_was_known_then(quadrimestre: Made) -> None:
    document = document_of(quadrimestre)
    rows, snapshot = rows_of(document), quadrimestre.snapshot
    own = [row for row in snapshot.objectives if row.kind == "strategic_objective"]
    heads = [e.text for e in document.walk() if e.kind in {"H3", "H4"}]
    names = {told(row) for row in own}
    assert [head for head in heads if head in names][: len(own)] == [told(row) for row in own]
    compared = 0
    chamber = {row.code for row in snapshot.objectives if row.scope == "chamber"}
    for item in snapshot.indicators:
        if item.objective not in chamber:
            continue
        found = [r for r in with_code(rows, item.code) if len(r) in {6, 7} and item.title in r[1]]
        assert found, item.code
        compared += compare(item, found[0], {"expected": 2, "obtained": 3, "result": 4})
    assert compared > 60
    assert snapshot.period is not None
    for lack in snapshot.period.lacking:
        assert any(row[1] == lack.title for row in with_code(rows, lack.subject))


def test_a_sheet_reads_back_weights_measures_and_results(scheda: Made) -> None:
    document = document_of(scheda)
    rows, snapshot = rows_of(document), scheda.snapshot
    below = [row for row in snapshot.objectives if row.parent is not None]
    in_order(document.text, [f"{told(row)} {printed(row.figure)}" for row in below])
    compared = 0
    for item in snapshot.indicators:
        (found,) = [r for r in with_code(rows, item.code) if len(r) == 7]
        if item.weight is not None:
            same(found[2], item.weight)
        compared += compare(item, found, {"expected": 3, "obtained": 4, "result": 5})
    assert compared > 30


def test_the_decision_reads_back_every_result_it_was_about(validazione: Made) -> None:
    document = document_of(validazione)
    rows, snapshot = rows_of(document), validazione.snapshot
    for row in snapshot.objectives:
        found = [cells for cells in with_code(rows, row.code) if len(cells) == 5]
        assert found, row.code
        _, title, _, result, light = found[0]
        assert title == row.title
        if row.figure.shown is None:
            assert light == labels.reason(row.figure.reason)
        else:
            same(result, row.figure.shown)
    in_order(document.text, [row.title for row in snapshot.objectives if row.depth == 0])
    assert snapshot.validation is not None
    for check in snapshot.validation.checks:
        assert any(
            row[0] == labels.check(check.check) and row[1] == str(check.done) for row in rows
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_is_told_in_words(request: pytest.FixtureRequest, kind: str) -> None:
    figures = document_of(request.getfixturevalue(kind)).of_kind("Figure")
    assert figures
    assert all(figure.alt and len(figure.alt) > 20 for figure in figures)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", [0, 1], ids=["unsigned", "sealed"])
def test_qpdf_and_outloud_are_content(
    request: pytest.FixtureRequest, kind: str, which: int
) -> None:
    made: Made = request.getfixturevalue(kind)
    result = outloud.check(str(made.files[which]))
    assert not [item for item in result.findings if item.severity == "error"]
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    done = subprocess.run(
        ["qpdf", "--check", made.files[which]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_the_attached_snapshot_is_the_one_it_was_made_of(
    request: pytest.FixtureRequest, kind: str
) -> None:
    made: Made = request.getfixturevalue(kind)
    assert _attached(made) == made.snapshot


def _attached(made: Made) -> ReportSnapshot:
    with pikepdf.open(io.BytesIO(made.sealed)) as pdf:
        content = pdf.attachments["snapshot.json"].get_file().read_bytes()
    assert content == canonical_bytes(made.snapshot)
    return ReportSnapshot.model_validate_json(content)
