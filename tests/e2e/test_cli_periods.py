"""``ciclo period`` and ``ciclo measurements`` against the real embedded system."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from tests.e2e.commands import MASSA, PISA, ciclo, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A running system with two years of the past: a plan without values, a whole year."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-periods-"))
    root.chmod(0o711)
    folder = root / "data"
    up = start("up", "--data", folder, "--port", str(free_port()), "--json")
    try:
        assert up.stdout is not None
        assert up.stdout.readline(), up.communicate(timeout=60)[1]
        for case in (MASSA, PISA):
            assert ciclo("import", case, "--data", folder).status == 0
        yield folder
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        shutil.rmtree(root)


def test_what_is_lacking_and_who_owes_it(data: Path) -> None:
    listed = ciclo("period", "list", "MS", "2021", "--data", data, "--json").document["items"]
    assert [row["period"] for row in listed] == ["Q1", "Q2", "Q3", "Y"]
    year = ciclo("period", "list", "MS", "2021", "y", "--data", data, "--json").document
    assert year["overdue"]
    assert year["missing"] == len(year["lacking"]) > 0
    assert {row["reason"] for row in year["lacking"]} == {"missing"}
    text = ciclo("period", "list", "MS", "2021", "--data", data).text
    assert "17" in text
    assert "in ritardo" in text


def test_a_period_is_closed_or_it_is_told_why_not(data: Path) -> None:
    assert "Q1" in ciclo("period", "close", "MS", "2021", "Q1", "--data", data).text
    again = ciclo("period", "close", "MS", "2021", "Q1", "--data", data, "--json")
    assert (again.status, again.document["code"]) == (1, "period_already_closed")
    refused = ciclo("period", "close", "MS", "2021", "Y", "--data", data, "--json")
    assert (refused.status, refused.document["code"]) == (1, "period_incomplete")
    lacking = {fault["code"] for fault in refused.document["errors"]}
    assert lacking == {"datum_missing"}
    unexplained = ciclo(
        "period", "close", "MS", "2021", "Y", "--without", "measure:N_Dir", "--data", data
    )
    assert unexplained.status == 1
    assert ciclo("period", "close", "MS", "2021", "Q9", "--data", data).status == 2


def test_measurements_with_their_states(data: Path) -> None:
    case = json.loads(PISA.read_text(encoding="utf-8"))
    found = ciclo("measurements", "PI", "2020", "--data", data, "--json").document["items"]
    assert len(found) == len(case["measurements"])
    assert {row["state"] for row in found} == {"recorded"}
    none = ciclo(
        "measurements", "PI", "2020", "--state", "validated", "--data", data, "--json"
    ).document
    assert none == {"items": []}
    assert "registrata" in ciclo("measurements", "PI", "2020", "--data", data).text


def test_what_fell_short_is_told_and_explained(data: Path) -> None:
    place = ("PI", "2020")
    owed = ciclo("deviations", *place, "--state", "owed", "--data", data, "--json").document
    assert [row["subject_code"] for row in owed["items"]] == ["A4", "D2"]
    said = ("--cause", "exogenous", "--text", "Festival annullato per legge.")
    first = ciclo("deviation", "explain", *place, "objective:A4", *said, "--data", data)
    assert (first.status, "n. 1" in first.text) == (0, True)
    again = ciclo(
        "deviation", "explain", *place, "objective:A4", *said, "--action", "Nel 2021.",
        "--data", data, "--json",
    )  # fmt: skip
    assert (again.document["version"], again.document["corrective_action"]) == (2, "Nel 2021.")
    text = ciclo("deviations", *place, "--data", data).text
    assert "67,57" in text
    assert "Da spiegare: 1." in text
    nothing = ciclo(
        "report", "approve", *place, "--organ", "Giunta", "--number", "1", "--date", "2021-06-16",
        "--data", data,
    )  # fmt: skip
    assert nothing.status == 1
    assert ciclo("report", "list", *place, "--data", data, "--json").document == {"items": []}


def test_who_owes_which_text(data: Path) -> None:
    place = ("PI", "2020")
    first = ciclo(
        "text", "assign", *place, "section:2", "--office", "Ufficio Studi", "--due", "2021-04-30",
        "--data", data,
    )  # fmt: skip
    assert (first.status, "è affidato a Ufficio Studi" in first.text) == (0, True)
    again = ciclo(
        "text", "assign", *place, "section:2", "--office", "Ufficio Studi", "--office", "CED",
        "--data", data, "--json",
    )  # fmt: skip
    assert (again.document["offices"], again.document["due_on"]) == (["Ufficio Studi", "CED"], None)
    owed = ciclo("text", "owed", *place, "--office", "ced", "--data", data, "--json").document
    assert [row["key"] for row in owed["items"]] == ["section:2"]
    assert "Analisi del contesto" in ciclo("text", "owed", *place, "--data", data).text
    check = ciclo("text", "check", *place, "--data", data)
    assert check.status == 0
    assert "lo deve Ufficio Studi, CED" in check.text.replace("\n", " ")
    assert (
        ciclo("text", "assign", *place, "section:99", "--office", "x", "--data", data).status == 1
    )
