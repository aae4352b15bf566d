"""``ciclo integra-sim`` plays the measuring system against a real one."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.commands import PISA, ciclo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """Pisa 2020 without its measurements."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-sim-"))
    root.chmod(0o711)
    case = json.loads(PISA.read_bytes()) | {"measurements": []}
    stripped = root / "pisa.json"
    stripped.write_text(json.dumps(case), encoding="utf-8")
    imported = ciclo("import", stripped, "--data", root / "data")
    assert imported.status == 0, imported.errors
    yield root / "data"
    shutil.rmtree(root)


def test_a_year_arrives_by_webhook_and_comes_out_byte_for_byte(data: Path) -> None:
    words = ("integra-sim", "--chamber", "PI", "--year", "2020", "--case", PISA, "--data", data)
    played = ciclo(*words, "--duplicates", "3", "--forged", "2", "--unknown", "2", "--json")
    assert played.status == 0, played.text + played.errors
    facts = played.document
    assert facts["as_expected"] is True
    assert (facts["measurements"], facts["applied"], facts["unchanged"]) == (92, 92, 0)
    assert (facts["repeated"], facts["refused"], facts["quarantined"]) == (3, 2, 2)
    assert facts["messages"] == len(facts["exchanges"]) == 4 + 3 + 2 + 2
    exported = ciclo("export", "PI", "2020", "--data", data)
    assert exported.raw == PISA.read_bytes()

    again = ciclo(*words, "--batch-size", "10")
    assert again.status == 0, again.text + again.errors
    assert "rilevazioni applicate 0, invariate 92" in again.text


def test_an_answer_that_is_not_expected_is_told(data: Path, tmp_path: Path) -> None:
    case = json.loads(PISA.read_bytes())
    case["measurements"] = [{"measure": "NON-ESISTE", "year": 2020, "period": None, "value": "1"}]
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(case), encoding="utf-8")
    played = ciclo("integra-sim", "--case", wrong, "--data", data)
    assert played.status == 1
    assert "Non ogni risposta è quella attesa" in played.text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--case", PISA, "--year", "2021"), "è del 2020, non del 2021"),
        (("--case", "niente.json"), "non si può leggere"),
        (("--case", PISA, "--secret", "whsec_"), "--secret"),
    ],
)
def test_what_cannot_be_played(data: Path, words: tuple[str | Path, ...], reason: str) -> None:
    played = ciclo("integra-sim", *words, "--data", data)
    assert played.status == 1
    assert reason in played.errors


def test_a_year_in_bad_weather_ends_in_agreement(data: Path) -> None:
    words = ("integra-sim", "--case", PISA, "--data", data, "--integration", "tempesta")
    rates = "duplicates=20,reordered=20,corrected=20,invalid=5,forged=5,outages=10"
    played = ciclo(*words, "--rates", rates, "--batch-size", "5", "--seed", "3", "--json")
    assert played.status == 0, played.text + played.errors
    assert played.document["agrees"] is True
    (facts,) = played.document["chambers"]
    assert facts["data"] == 92
    assert facts["quarantined"] == facts["invalid"] > 0
    assert facts["refused"] == facts["forged"] > 0
    assert facts["retried"] > 0
    assert facts["gaps"] == 0
    wrong = ciclo(*words, "--rates", "duplicates=x")
    assert (wrong.status, "NOME=PERCENTUALE" in wrong.errors) == (1, True)


def test_what_codes_mean_and_what_would_come_of_a_message(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "mapping.csv"
    table.write_text(
        "external,subject_kind,code,unit,conversion\nALFA,,694,migliaia,thousands_to_units\n",
        encoding="utf-8",
    )
    message = tmp_path / "message.json"
    message.write_text(
        json.dumps(
            {
                "type": "measurement.recorded",
                "timestamp": "2021-01-15T08:30:00Z",
                "data": {"measure": "ALFA", "year": 2020, "value": "1.5", "unit": "Migliaia"},
            }
        ),
        encoding="utf-8",
    )
    played = ciclo("integra-sim", "--case", PISA, "--data", data, "--integration", "codici")
    assert played.status == 0, played.text + played.errors
    words = ("integration", "mapping")
    where = ("-i", "codici", "--data", data)
    tried = ciclo(*words, "test", "PI", message, "--with", table, *where, "--json")
    assert tried.status == 0, tried.text + tried.errors
    assert [(one["code"], one["value"]) for one in tried.document["items"]] == [("694", "1500")]
    before = ciclo(*words, "test", "PI", message, *where, "--json")
    assert before.status == 1
    assert before.document["items"][0]["errors"][0]["code"] == "unknown_measure"
    assert ciclo(*words, "test", "PI", message, *where).status == 1
    assert "versione 1, 1 righe" in ciclo(*words, "set", "PI", table, *where).text
    assert "ALFA" in ciclo(*words, "show", "PI", *where).text
    assert "codici" in ciclo("integration", "list", "PI", "--data", data).text
    nobody = ciclo("integration", "reconcile", "PI", "--year", "2020", *where)
    assert (nobody.status, "pull_url" in nobody.errors) == (1, True)
