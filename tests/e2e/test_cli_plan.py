"""``ciclo plan`` against the real embedded system: a plan approved, amended, closed."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from tests.e2e.commands import MASSA, Outcome, ciclo, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ACT = ("--organ", "Giunta camerale", "--number", "7", "--date", "2021-01-29")
AMENDING = ("--organ", "Giunta camerale", "--number", "61", "--date", "2021-07-20")
REASON = ("--motivation", "Sportelli chiusi per legge.", "--cause", "exogenous")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The data directory of a system that runs, with Massa 2021 in it."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-plan-"))
    root.chmod(0o711)
    up = start("up", "--data", root / "data", "--port", str(free_port()), "--json")
    try:
        assert up.stdout is not None
        assert up.stdout.readline(), up.communicate(timeout=60)[1]
        imported = ciclo("import", MASSA, "--data", root / "data")
        assert imported.status == 0, imported.errors
        yield root / "data"
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        shutil.rmtree(root)


def plan(data: Path, command: str, *words: str) -> Outcome:
    """``ciclo plan COMMAND MS 2021 ...`` on the system."""
    return ciclo("plan", command, "MS", "2021", *words, "--data", data)


def test_a_plan_is_approved_amended_compared_and_closed(data: Path, tmp_path: Path) -> None:
    early = plan(data, "amend", *REASON, "--json")
    assert (early.status, early.document["code"]) == (1, "plan_not_approved")
    approved = plan(data, "approve", *ACT, "--json")
    assert approved.status == 0, approved.errors
    assert (approved.document["version"], approved.document["act"]["number"]) == (1, "7")

    case = json.loads(MASSA.read_bytes())
    row = next(row for row in case["indicators"] if row["targets"].get("2021"))
    old = row["targets"]["2021"]["value"]
    row["targets"]["2021"]["value"] = "12.34"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(case), encoding="utf-8")
    refused = ciclo("import", changed, "--data", data, "--json")
    assert (refused.status, refused.document["code"]) == (1, "plan_content_fixed")
    assert len(refused.document["errors"]) == 1

    opened = plan(data, "amend", *REASON)
    assert "la versione 2 è in preparazione" in opened.text
    change = json.dumps({"targets": {"2021": {"value": "12.34"}}})
    said = plan(data, "set", f"indicators/{row['code']}", change)
    assert (said.status, said.text) == (0, f"Cambiato: indicators/{row['code']}.\n")
    wrong = plan(data, "set", f"indicators/{row['code']}", '{"weight": "many"}', "--json")
    assert [error["pointer"] for error in wrong.document["errors"]] == ["/weight"]
    assert plan(data, "set", f"indicators/{row['code']}", "weight=1").status == 1
    people = plan(data, "approve", *AMENDING)
    assert people.text.startswith("Approvata la versione 2 (sha256 ")

    told = plan(data, "diff", "--json").document
    assert (told["old_version"], told["new_version"]) == (1, 2)
    (target,) = told["targets"]
    assert (target["indicator"], target["year"]) == (row["code"], 2021)
    assert (target["old"]["value"], target["new"]["value"]) == (old, "12.34")
    text = plan(data, "diff", "1", "2").text
    assert "Dalla versione 1 alla 2: 1 elementi cambiati." in text
    assert "12.34" in text
    assert "Sportelli chiusi per legge." in text

    versions = plan(data, "versions").text
    assert "Giunta camerale, n. 61 del 2021-07-20" in versions
    assert "esogena" in versions
    assert "Stato del piano: in vigore." in versions
    assert plan(data, "close").text == "Stato del piano: chiuso, versione 2.\n"
    again = plan(data, "close", "--lang", "en")
    assert again.status == 1
    assert "Plan closed" in again.errors
    reopened = plan(data, "reopen", "--motivation", "Dato tardivo", "--json")
    assert reopened.document["state"] == "approved"
    found = plan(data, "withdraw", "--motivation", "x", "--json")
    assert found.document["code"] == "no_open_amendment"


def test_the_next_year_begins_with_this_one(data: Path) -> None:
    begun = ciclo("plan", "new", "MS", "2022", "--copy-from", "2021", "--data", data)
    assert begun.status == 0, begun.errors
    assert begun.text.startswith("Iniziato il piano 2022: 58 obiettivi, 117 misure, 95 indicatori.")
    exported = ciclo("export", "MS", "2022", "--data", data).text
    case = json.loads(exported)
    assert (case["year"], case["kind"], case["acts"]) == (2022, "piano", [])
    planned = [row["targets"] for row in case["indicators"] if row["targets"]]
    assert len(planned) == 16  # those planned for three years
    assert {tuple(targets) for targets in planned} == {("2022", "2023")}
    again = ciclo("plan", "new", "MS", "2022", "--data", data, "--json")
    assert (again.status, again.document["code"]) == (1, "plan_exists")
