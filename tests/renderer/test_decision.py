"""The document of the OIV's decision: outcome, object by version and hash, what was looked at."""

import io
import re
from itertools import pairwise

import outloud
import pypdf
import pytest

from services.renderer.document import formats, html
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from shared.contracts.validation_checks import validation_checks
from tests.renderer import decisions, snapshots
from tests.renderer.conftest import Made


def packed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_decision_and_its_very_object_are_printed(validazione: Made) -> None:
    pages = pypdf.PdfReader(io.BytesIO(validazione.sealed)).pages
    text = packed("".join(page.extract_text() for page in pages))
    assert "Documentodivalidazione" in text
    assert "Validataconcondizioni" in text
    assert "28giugno2021,n.7" in text
    assert "sianopiùalti" in text
    assert "tempirispettati" in text
    assert "Relazionesullaperformance2020,versione2" in text
    assert decisions.PDF_SHA256 in text
    assert "atton.43del16/06/2021" in text
    for row in validazione.snapshot.objectives:
        shown = "" if row.figure.shown is None else formats.percent(row.figure.shown)
        assert re.search(rf"{re.escape(packed(row.code))}.{{0,200}}?{re.escape(shown)}", text)
    assert len(pages) == 6


def test_the_snapshot_is_attached_as_it_was_frozen(validazione: Made) -> None:
    attached = pypdf.PdfReader(io.BytesIO(validazione.sealed)).attachments
    assert attached["snapshot.json"] == [canonical_bytes(validazione.snapshot)]


def test_a_refusal_says_why_and_what_follows() -> None:
    made = html.build(decisions.refusal()).html
    assert "Non validata" in made
    assert "Relazione non validata" in made
    assert "Due scostamenti non hanno una causa" in made
    assert "serve una nuova versione" in made
    assert "Condizioni" not in made


def test_what_was_looked_at_is_counted_on_the_report() -> None:
    found = {row.check: (row.done, row.of) for row in validation_checks(snapshots.pisa())}
    assert found["deviations_explained"] == (1, 2)
    assert found["neutralisations_motivated"] == (2, 2)
    assert found["overall_judgement_final"] == (1, 1)
    assert found["indicators_measured"][0] <= found["indicators_measured"][1]


def test_a_report_with_nothing_said_has_nothing_in_order() -> None:
    bare = snapshots.small(overall_judgement=None, deviations=(), amendments=())
    found = {row.check: (row.done, row.of) for row in validation_checks(bare)}
    assert found["overall_judgement_final"] == (0, 1)
    assert found["deviations_explained"] == found["amendments_motivated"] == (0, 0)
    without = bare.model_copy(
        update={"indicators": tuple(_unmeasured(bare, row.code) for row in bare.indicators)}
    )
    counts = {row.check: row for row in validation_checks(without)}["indicators_measured"]
    assert (counts.done, counts.of) == (0, len(without.indicators))


def _unmeasured(snapshot: ReportSnapshot, code: str) -> object:
    row = next(item for item in snapshot.indicators if item.code == code)
    figure = row.figure.model_copy(update={"recognised": None})
    return row.model_copy(update={"value": None, "status": "missing", "figure": figure})


@pytest.mark.parametrize("snapshot", [decisions.decision(), decisions.refusal()], ids=["yes", "no"])
def test_no_cell_is_blank_no_level_skipped_no_link_lost(snapshot: ReportSnapshot) -> None:
    made = html.build(snapshot).html
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", made, re.DOTALL)
    assert not [cell for cell in cells if not re.sub(r"<[^>]+>", "", cell).strip()]
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", made)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    anchors = re.findall(r' id="([^"]+)"', made)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', made)) <= set(anchors)


def test_it_can_be_read_aloud(validazione: Made) -> None:
    result = outloud.check(str(validazione.files[1]))
    assert not [item for item in result.findings if item.severity == "error"]
