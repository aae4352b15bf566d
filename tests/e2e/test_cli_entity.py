"""``ciclo catalogue`` and ``ciclo entity`` against the real embedded system."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import free_port
from tests.api.entity_office import CATALOGUE, year_of
from tests.e2e.commands import Outcome, ciclo, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The data directory of a system that runs, with a year of Lucca and one of Pisa."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-entity-"))
    root.chmod(0o711)
    up = start("up", "--data", root / "data", "--port", str(free_port()), "--json")
    try:
        assert up.stdout is not None
        assert up.stdout.readline(), up.communicate(timeout=60)[1]
        for chamber, n, d in (("LU", "30", "40"), ("PI", "5", "60")):
            file = written(root, year_of(chamber, 2022, n, d))
            imported = ciclo("import", file, "--data", root / "data")
            assert imported.status == 0, imported.errors
        own = written(root, year_of("TNO", 2020, "1", "1"))
        assert ciclo("import", own, "--data", root / "data").status == 0
        yield root / "data"
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        shutil.rmtree(root)


def written(folder: Path, document: dict[str, Any]) -> Path:
    file = folder / "document.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def entity(data: Path, command: str, *words: str | Path) -> Outcome:
    """``ciclo entity COMMAND ...`` on the system."""
    return ciclo("entity", command, *words, "--data", data)


def catalogue(data: Path, command: str, *words: str | Path) -> Outcome:
    """``ciclo catalogue COMMAND ...`` on the system."""
    return ciclo("catalogue", command, *words, "--data", data)


def test_from_a_shared_catalogue_to_the_entitys_plan(data: Path, tmp_path: Path) -> None:
    file = written(tmp_path, CATALOGUE)
    assert catalogue(data, "import", file).text.startswith("Voci create: 7;")
    assert "indicator:c:quota" in catalogue(data, "list", "--kind", "indicator").text
    assert "[n] / [d] * 100" in catalogue(data, "show", "indicator:c:quota").text
    out = tmp_path / "catalogue.json"
    assert catalogue(data, "export", "--out", out).status == 0
    assert "invariate: 7" in catalogue(data, "import", out).text
    own = {"kind": "measure", "source": "own", "code": "x", "title": "X", "value_type": "number"}
    added = catalogue(data, "add", written(tmp_path, own), "--chamber", "PI")
    assert added.text == "Aggiunta la voce measure:own:x.\n"
    assert ciclo("catalogue", "schema").document["title"] == "CatalogueFile"

    refused = entity(data, "consolidated", "2022", "--json")
    assert (refused.status, refused.document["code"]) == (1, "reading_not_granted")
    granted = entity(
        data, "grant", "amministratore-locale", "--chambers", "LU,PI", "--reason", "Prova",
        "--until", "2099-12-31", "--json",
    )  # fmt: skip
    assert granted.status == 0, granted.errors
    assert "35,0" in entity(data, "consolidated", "2022").text
    ranks = entity(data, "benchmark", "2022").text
    assert "75,0 (1°)" in ranks
    assert "8,3 (2°)" in ranks
    assert "35,0" in entity(data, "trend", "2021", "2022").text
    assert "Camera di commercio di Lucca" in entity(data, "chambers", "2021", "2022").text
    assert [s["chamber"] for s in entity(data, "plan", "2022").document["sheets"]] == ["LU", "PI"]

    mapping = {
        "format": "ciclo/merger@1",
        "chambers": ["LU", "PI"],
        "objectives": [{"code": "1", "kind": "perspective", "title": "Uno"}],
        "indicators": [{"code": "1.1", "objective": "1", "entry": "c:quota"}],
    }
    words = ("--mapping", written(tmp_path, mapping), "--year", "2023")
    shown = entity(data, "accorpamento", *words, "--dry-run")
    assert "Bozza TNO 2023: 1 obiettivi, 1 indicatori." in shown.text
    assert "Nulla è stato registrato." in shown.text
    assert "Senza target: 1.1" in shown.text
    assert entity(data, "accorpamento", *words).status == 0
    again = entity(data, "accorpamento", *words, "--json")
    assert again.document["code"] == "plan_exists"
    adopted = ciclo(
        "catalogue", "adopt", "TNO", "2023", "c:addetti", "--objective", "1", "--data", data
    )
    assert adopted.text == "Indicatore addetti: [staff]. Misure aggiunte: staff.\n"

    (row,) = entity(data, "readers", "--json").document["items"]
    assert entity(data, "revoke", row["grant_id"]).status == 0
    assert entity(data, "plan", "2022", "--lang", "en").status == 1


def test_the_report_of_the_entity_and_what_keeps_it_from_being_approved(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "ente.pdf"
    nowhere = entity(data, "report", "2022", "--out", tmp_path / "nessuna" / "ente.pdf")
    assert (nowhere.status, "non esiste" in nowhere.errors) == (1, True)
    granted = entity(
        data, "grant", "amministratore-locale", "--chambers", "LU,PI", "--reason", "Relazione",
        "--until", "2099-12-31", "--json",
    )  # fmt: skip
    assert granted.status == 0, granted.errors
    made = entity(data, "report", "2022", "--out", out, "--json")
    assert made.status == 0, made.errors
    assert out.read_bytes().startswith(b"%PDF-")
    assert (made.document["kind"], made.document["chambers"]) == ("relazione_ente", ["LU", "PI"])
    listed = ciclo("report", "list", "TNO", "2022", "--data", data).text
    assert "Relazione dell'ente" in listed
    assert "LU-PI" in listed
    assert "composto" in listed
    english = ciclo("report", "list", "TNO", "2022", "--lang", "en", "--data", data).text
    assert "entity's report" in english
    assert "rendered" in english
    place = ("TNO", "2022", "--kind", "relazione_ente", "--data", data)
    act = ("--organ", "Giunta camerale", "--number", "7", "--date", "2023-06-20")
    refused = ciclo("report", "approve", *place, *act)
    assert refused.status == 1
    for code in ("LU", "PI"):
        assert f"{code}: la Relazione 2022 della camera non risulta approvata" in refused.errors
    early = ciclo("report", "publish", *place, "--json")
    assert (early.status, early.document["code"]) == (1, "report_not_approved")
    not_theirs = ciclo("report", "validate", *place, "--date", "2023-06-28", "--json")
    assert (not_theirs.status, not_theirs.document["code"]) == (1, "forbidden")
    none = ciclo("report", "publish", "LU", "2022", "--kind", "piano", "--data", data)
    assert (none.status, "ciclo render" in none.errors) == (1, True)
