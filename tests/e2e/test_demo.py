"""``ciclo demo``, twice on the same data: the whole path, and that it may be walked again."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.layout import DataDirectory
from deploy.local.state import read_state
from tests.e2e.commands import Outcome, ciclo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="ciclo-demo-"))
    root.chmod(0o711)
    yield root / "demo"
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def first(data: Path) -> Outcome:
    return ciclo("demo", "--data", data)


@pytest.fixture(scope="module")
def second(data: Path, first: Outcome) -> Outcome:
    return ciclo("demo", "--data", data, "--json")


def test_demo_shows_the_year_of_pisa(first: Outcome, data: Path) -> None:
    assert first.status == 0, first.text + first.errors
    lines = [" ".join(line.split()) for line in first.text.splitlines()]

    def line_of(start: str) -> str:
        return next(line for line in lines if line.startswith(start))

    assert line_of("│ Camera") == "│ Camera │ 94,9 │ ● verde eccellente │"
    assert " 68 │ ● rosso" in line_of("│ A4 ")
    assert " 59 │ ● rosso" in line_of("│ D2 ")
    assert " 99,6 │ ● verde eccellente" in line_of("│ SG Segretario Generale")
    assert "92 rilevazioni: 92 applicate, 0 invariate" in first.text
    assert "2 ripetuti senza effetto; firma sbagliata: 401" in first.text
    assert "in quarantena (unknown_measure)" in first.text
    assert "Confrontati con il documento pubblicato: 130; differenze: 0." in first.text
    assert str(data / "relazione-pi-2020.pdf") in first.text
    assert "http://127.0.0.1:8420/docs" in first.text


def test_demo_leaves_the_signed_document_and_nothing_running(first: Outcome, data: Path) -> None:
    assert first.status == 0, first.text + first.errors
    assert (data / "relazione-pi-2020.pdf").read_bytes().startswith(b"%PDF-")
    assert read_state(DataDirectory.at(data)) is None
    verified = ciclo(
        "verify",
        data / "relazione-pi-2020.pdf",
        CICLO_TRUST_ANCHORS=str(DataDirectory.at(data).trust),
    )
    assert verified.status == 0


def test_demo_can_be_repeated(second: Outcome) -> None:
    assert second.status == 0, second.text + second.errors
    found: dict[str, Any] = json.loads(second.text)
    assert found["webhooks"]["applied"] == 0
    assert found["webhooks"]["unchanged"] == 92
    assert found["results"]["shown"] == "94.9"
    assert found["reconciliation"] == {"compared": 130, "differences": []}
    assert found["document"]["valid"] is True
    assert found["document"]["pages"] > 20


def test_demo_stays_within_its_memory(second: Outcome) -> None:
    peak = json.loads(second.text)["memory_peak_bytes"]
    # Whatever is measured must at least hold PostgreSQL, the API and a rendering.
    assert 100 * 1024**2 < peak < 1024**3
