"""The commands against the real embedded system: PostgreSQL, Redis, API and renderer.

Starting a system takes seconds, so one ``ciclo up`` serves most tests; what a command does
when nothing runs is tested with as few starts as that takes.
"""

import copy
import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.layout import DataDirectory
from deploy.local.ports import free_port
from deploy.local.processes import ProcessIdentity
from deploy.local.state import read_state
from tests.e2e.commands import CASES, MASSA, PISA, Outcome, ciclo, ciclo_here, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Running:
    """A system that ``ciclo up`` keeps running, with Pisa 2020 in it."""

    data: Path
    url: str
    imported: Outcome
    """Of the import that came first, when nothing was there."""

    def run(self, *words: str | Path) -> Outcome:
        """A command on this system."""
        return ciclo(*words, "--data", self.data)

    def token(self, chamber: str = "*", role: str = "controller") -> str:
        words = ("--chamber", chamber, "--role", role)
        return self.run("token", *words).text.strip()


def _new_folder() -> Path:
    root = Path(tempfile.mkdtemp(prefix="ciclo-cli-"))
    root.chmod(0o711)
    return root


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Pisa 2020 imported into nothing, then the system kept up."""
    root = _new_folder()
    data, port = root / "data", free_port()
    imported = ciclo("import", PISA, "--data", data, "--json")
    up = start("up", "--data", data, "--port", str(port), "--json")
    try:
        assert up.stdout is not None
        line = up.stdout.readline()
        assert line, up.communicate(timeout=60)[1]
        yield Running(data, json.loads(line)["api"], imported)
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        shutil.rmtree(root)


def _pisa(**changed: object) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(PISA.read_text(encoding="utf-8"))
    return case | changed


def _written(folder: Path, document: object) -> Path:
    path = folder / "case.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


# --- import, results, explain, reconcile, export ---------------------------------------------


def test_import_into_nothing_makes_the_chamber_and_reports(running: Running) -> None:
    assert running.imported.status == 0, running.imported.errors
    report = running.imported.document
    created = {name: row["created"] for name, row in report["sections"].items()}
    assert created == {
        "plan": 1,
        "objectives": 39,
        "measures": 82,
        "indicators": 101,
        "measurements": 92,
        "evaluations": 2,
        "narratives": 0,
        "tables": 4,
    }
    warned = {(w["pointer"], w["code"]) for w in report["warnings"]}
    assert ("/objectives/15", "mixed_weights") in warned


def test_import_again_changes_nothing(running: Running) -> None:
    report = running.run("import", PISA, "--json").document
    assert all(
        row["created"] == row["changed"] == row["removed"] == 0
        for row in report["sections"].values()
    )


def test_import_tells_its_warnings_with_their_places(running: Running) -> None:
    found = running.run("import", PISA)
    assert found.status == 0
    assert "/objectives/20 weights_off_100: PTPCT-COM: i pesi sommano a 5" in found.text
    assert "Avvertenze: 8." in found.text


def test_results_are_exact(running: Running) -> None:
    found = running.run("results", "PI", "2020", "--json")
    assert found.status == 0, found.errors
    document = found.document
    figures = {"overall", "shown", "judgement", "objectives", "indicators"}
    assert set(document) == figures | {"revision", "plan_version", "plan_state"}
    assert (document["plan_version"], document["plan_state"]) == (1, "draft")
    assert document["overall"].startswith("94.88326388888")
    assert (document["shown"], document["judgement"]) == ("94.9", "eccellente")
    assert document["objectives"]["A4"].startswith("67.57222222222")
    assert document["objectives"]["SG"].startswith("99.63867446")
    assert document["indicators"]["D2.2"] == "17.6"
    assert document["indicators"]["A1.4"] is None
    plan = _pisa()
    assert list(document["objectives"]) == [row["code"] for row in plan["objectives"]]
    assert list(document["indicators"]) == [row["code"] for row in plan["indicators"]]


def test_results_by_period_by_office_and_over_the_years(running: Running) -> None:
    period = running.run("results", "PI", "2020", "--period", "q1")
    assert "con i dati fino al 2020-04-30" in period.text
    assert (
        running.run("results", "PI", "2020", "--period", "Q1", "--json").document["period"] == "Q1"
    )
    offices = running.run("results", "PI", "2020", "--units", "--json").document
    assert offices["plan_version"] == 1
    trend = running.run("trend", "PI", "A4", "overall", "--json").document
    assert [item["code"] for item in trend["items"]] == ["A4", "overall"]
    assert "94,9" in running.run("trend", "PI").text


def test_results_for_people(running: Running) -> None:
    italian = running.run("results", "PI", "2020").text
    assert "Risultato della camera: 94,9 eccellente" in italian
    assert "● verde" in italian
    assert "Calcolati sulla versione 1 del piano (bozza), revisione" in italian
    english = running.run("results", "pi", "2020", "--lang", "en").text
    assert "Result of the chamber: 94.9 eccellente" in english


def test_explain_tells_the_figure_of_each_scope(running: Running) -> None:
    chamber = running.run("explain", "PI", "2020", "A4", "--json").document
    assert chamber["scope"] == "chamber"
    assert chamber["recognised"].startswith("67.57222")
    assert [row["code"] for row in chamber["contributions"]] == [
        "A4.1", "A4.2", "A4.3", "A4.6", "A4.5",
    ]  # fmt: skip
    manager = running.run("explain", "PI", "2020", "A4", "--scope", "SG", "--json").document
    assert manager["recognised"].startswith("90.09629")
    left_out = {row["code"]: row["excluded"] for row in manager["contributions"]}
    assert left_out["A4.6"] == "neutralised"


def test_explain_for_people(running: Running) -> None:
    text = running.run("explain", "PI", "2020", "D2.2").text
    assert "[920] / [950] * 100" in text
    assert "17,6" in text
    assert "22500" in text


def test_reconcile_finds_no_difference(running: Running) -> None:
    found = running.run("reconcile", "PI", "2020", "--json")
    assert found.status == 0, found.errors
    assert found.document == {"compared": 130, "differences": []}


def test_reconcile_lists_differences_with_their_reason(running: Running, tmp_path: Path) -> None:
    changed = _pisa(chamber="LU")
    # 4% against 20%: the figure that a quotient rounded before it was compared gives.
    changed["published"]["indicators"]["D2.2"] = "20"
    changed["published"]["objectives"]["B1"] = "12"
    assert running.run("import", _written(tmp_path, changed)).status == 0
    found = running.run("reconcile", "LU", "2020", "--json")
    assert found.status == 0, found.errors
    assert found.document["compared"] == 130
    rows = {row["code"]: row for row in found.document["differences"]}
    assert rows["D2.2"] == {
        "subject": "indicator",
        "code": "D2.2",
        "computed": "17.6",
        "shown": "18",
        "published": "20",
        "reason": "rounded_input",
    }
    assert (rows["B1"]["shown"], rows["B1"]["reason"]) == ("100", "published_error")
    people = running.run("reconcile", "LU", "2020")
    assert people.status == 0
    assert "calcolato su numeri arrotondati" in people.text


def test_export_gives_the_file_back_byte_for_byte(running: Running, tmp_path: Path) -> None:
    assert running.run("export", "PI", "2020").raw == PISA.read_bytes()
    assert running.run("import", MASSA).status == 0
    out = tmp_path / "massa.json"
    assert running.run("export", "MS", "2021", "--out", out).status == 0
    assert out.read_bytes() == MASSA.read_bytes()


# --- refusals --------------------------------------------------------------------------------


def _ten_faults() -> tuple[dict[str, Any], set[str]]:
    case = copy.deepcopy(_pisa(chamber="ZZ"))
    case["colour"] = "red"
    case["acts"][0]["date"] = "30/01/2020"
    case["policy"]["cap"] = "cento"
    case["objectives"][0]["kind"] = "dream"
    case["objectives"][5]["parent"] = "ZZ"
    case["objectives"][6]["weight"] = "-3"
    case["indicators"][0]["formula"] = "[1] +"
    case["indicators"][40]["objective"] = "nowhere"
    case["indicators"][50]["targets"] = {"2020": {"op": "about", "value": "3"}}
    case["measurements"][0]["value"] = "molti"
    return case, {
        "/colour",
        "/acts/0/date",
        "/policy/cap",
        "/objectives/0/kind",
        "/objectives/5/parent",
        "/objectives/6/weight",
        "/indicators/0/formula",
        "/indicators/40/objective",
        "/indicators/50/targets/2020/op",
        "/measurements/0/value",
    }


def test_ten_faults_are_told_at_once_and_nothing_is_stored(
    running: Running, tmp_path: Path
) -> None:
    case, pointers = _ten_faults()
    path = _written(tmp_path, case)
    found = running.run("import", path, "--json")
    assert found.status == 1
    assert {error["pointer"] for error in found.document["errors"]} == pointers
    assert found.document["code"] == "case_refused"
    people = running.run("import", path)
    assert people.status == 1
    assert "Errori: 10." in people.errors
    assert {pointer for pointer in pointers if pointer in people.errors} == pointers
    assert running.run("results", "ZZ", "2020", "--json").document["code"] == "chamber_not_found"


def test_a_faulty_file_leaves_an_existing_plan_as_it_was(running: Running, tmp_path: Path) -> None:
    case, pointers = _ten_faults()
    found = running.run("import", _written(tmp_path, case | {"chamber": "PI"}), "--json")
    assert found.status == 1
    assert {error["pointer"] for error in found.document["errors"]} == pointers
    assert found.document["status"] == 422
    assert running.run("export", "PI", "2020").raw == PISA.read_bytes()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"format": "ciclo/case@1"}', b"\xff"])
def test_a_file_without_its_chamber_is_refused_here(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    found = ciclo("import", path, "--data", tmp_path / "never", "--json")
    assert found.status == 1
    assert found.document["code"] == "case_refused"
    assert found.document["errors"]
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("results", "ZZ", "2020"), "chamber_not_found"),
        (("results", "PI", "1999"), "plan_not_found"),
        (("export", "PI", "1999"), "plan_not_found"),
        (("explain", "PI", "2020", "nothing"), "figure_not_found"),
        (("explain", "PI", "2020", "A4", "--scope", "nobody"), "figure_not_found"),
        (("reconcile", "ZZ", "2020"), "chamber_not_found"),
    ],
)
def test_what_does_not_exist_is_told(running: Running, words: tuple[str, ...], code: str) -> None:
    found = running.run(*words, "--json")
    assert found.status == 1
    assert found.document["code"] == code
    assert found.errors.startswith("ciclo: ")


def test_without_a_system_it_says_what_to_give(tmp_path: Path) -> None:
    nothing = ciclo("results", "PI", "2020")
    assert nothing.status == 1
    assert nothing.errors.strip().splitlines() == [
        "ciclo: Indicare --data CARTELLA (sistema locale) oppure CICLO_URL e CICLO_TOKEN."
    ]
    mistyped = ciclo("results", "PI", "2020", "--data", tmp_path / "typo", "--lang", "en")
    assert mistyped.status == 1
    assert "There is no system in" in mistyped.errors
    assert not (tmp_path / "typo").exists()
    unreachable = ciclo("results", "PI", "2020", CICLO_URL=f"http://127.0.0.1:{free_port()}")
    assert unreachable.status == 1
    assert "non risponde" in unreachable.errors


# --- where commands find their system --------------------------------------------------------


def test_commands_join_the_running_system_and_leave_it_running(running: Running) -> None:
    before = read_state(DataDirectory.at(running.data))
    assert running.run("results", "PI", "2020", "--json").status == 0
    after = read_state(DataDirectory.at(running.data))
    assert before is not None
    assert after == before
    assert after.alive()


def test_commands_talk_to_an_address_as_the_bearer_of_a_token(
    running: Running, tmp_path: Path
) -> None:
    variables = {"CICLO_URL": running.url, "CICLO_TOKEN": running.token()}
    found = ciclo("results", "PI", "2020", "--json", **variables)
    assert found.status == 0, found.errors
    assert found.document["shown"] == "94.9"
    # A chamber comes into being by itself only where the caller owns the data.
    unknown = _written(tmp_path, _pisa(chamber="XY"))
    assert ciclo("import", unknown, "--json", **variables).document["code"] == "chamber_not_found"
    reader = {"CICLO_URL": running.url, "CICLO_TOKEN": running.token("PI", "reader")}
    assert ciclo("import", PISA, "--json", **reader).document["code"] == "forbidden"
    nobody = ciclo("results", "PI", "2020", "--json", CICLO_URL=running.url)
    assert nobody.document["code"] == "unauthenticated"


def _children(data: Path) -> dict[str, ProcessIdentity]:
    state = read_state(DataDirectory.at(data))
    return {} if state is None else state.children


def _interrupted(command: "subprocess.Popen[str]", data: Path) -> list[ProcessIdentity]:
    """Send Ctrl-C once the API runs; gives every process that had been started."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and command.poll() is None:
        children = _children(data)
        if "api" in children:
            command.send_signal(signal.SIGINT)
            command.communicate(timeout=60)
            return list(children.values())
        time.sleep(0.05)
    raise AssertionError(f"the command ended by itself: {command.communicate()}")


def test_another_data_directory_is_another_system(running: Running) -> None:
    """Its own data, started for a command, stopped after it, also after Ctrl-C and errors."""
    root = _new_folder()
    try:
        data = root / "other"
        command = start("import", MASSA, "--data", data)
        processes = _interrupted(command, data)
        assert command.returncode != 0
        assert not any(process.alive() for process in processes)

        again = ciclo("import", MASSA, "--data", data)
        assert again.status == 0, again.errors
        assert not _children(data)

        missing = ciclo("results", "PI", "2020", "--data", data, "--json")
        assert missing.status == 1
        assert missing.document["code"] == "chamber_not_found"
        assert not _children(data)
        assert running.run("results", "PI", "2020", "--json").status == 0
    finally:
        shutil.rmtree(root)


# --- documents -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def relazione(running: Running, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The signed Relazione of Pisa 2020 and what ``render --json`` said."""
    out = tmp_path_factory.mktemp("relazione") / "relazione.pdf"
    made = running.run("render", "PI", "2020", "--kind", "relazione", "--out", out, "--json")
    assert made.status == 0, made.errors
    return out, made.document


def test_render_saves_the_signed_document(relazione: tuple[Path, Any]) -> None:
    out, facts = relazione
    pdf = out.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert facts["state"] == "rendered"
    assert facts["document"]["size"] == len(pdf)
    assert facts["document"]["pages"] > 10


@pytest.mark.usefixtures("relazione")
def test_the_document_of_a_sheet_is_for_who_sees_it(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "scheda.pdf"
    made = running.run("report", "sheet", "PI", "2020", "SG", "--out", out, "--json")
    assert made.status == 0, made.errors
    assert (made.document["kind"], made.document["sheet"]) == ("scheda", "SG")
    assert out.stat().st_size == made.document["document"]["size"]
    listed = running.run("report", "list", "PI", "2020")
    assert re.search(r"scheda individuale\s*│\s*SG\s*│\s*1\s*│", listed.text)
    rows = running.run("report", "list", "PI", "2020", "--json").document["items"]
    assert {("relazione", None), ("scheda", "SG")} <= {(row["kind"], row["mark"]) for row in rows}
    monkeypatch.setattr("services.api.cli.client._PAGE", 1)
    paged = ciclo_here("report", "list", "PI", "2020", "--json", "--data", running.data)
    assert paged.document["items"] == rows
    assert "individual sheet" in running.run("report", "list", "PI", "2020", "--lang", "en").text
    none = running.run("report", "sheet", "PI", "2020", "A4", "--out", out, "--json")
    assert (none.status, none.document["code"]) == (1, "subject_not_found")
    stranger = ciclo(
        *("report", "sheet", "PI", "2020", "SG", "--out", out, "--json"),
        CICLO_URL=running.url,
        CICLO_TOKEN=running.token("PI", "controller"),
    )
    assert (stranger.status, stranger.document["code"]) == (1, "sheet_not_visible")


def test_a_piano_that_nobody_approved_is_not_published(running: Running, tmp_path: Path) -> None:
    out = tmp_path / "piano.pdf"
    made = running.run("render", "PI", "2020", "--kind", "piano", "--out", out, "--json")
    assert (made.status, made.document["state"]) == (0, "rendered")
    refused = running.run("report", "publish", "PI", "2020", "--kind", "piano", "--json")
    assert (refused.status, refused.document["code"]) == (1, "report_plan_not_approved")


def test_verify_knows_the_published_original(running: Running, relazione: tuple[Path, Any]) -> None:
    out, facts = relazione
    found = running.run("verify", out, "--json")
    assert found.status == 0, found.errors
    assert found.document["valid"] is True
    assert found.document["sha256"] == facts["document"]["sha256"]
    assert found.document["signatures"][0]["unit"] == "PI"
    assert found.document["original"]["report_id"] == facts["report_id"]
    people = running.run("verify", out)
    assert people.status == 0
    assert "VALIDO" in people.text
    assert "È l'originale emesso." in people.text
    assert "Relazione sulla performance 2020, versione 1, della Camera di commercio di Pisa" in (
        people.text
    )
    assert "Non è pubblicato." in people.text


def test_verify_works_without_any_system(running: Running, relazione: tuple[Path, Any]) -> None:
    out, _ = relazione
    trust = DataDirectory.at(running.data).trust
    assert ciclo("verify", out, CICLO_TRUST_ANCHORS=str(trust)).status == 0
    stranger = ciclo("verify", out, "--json")
    assert stranger.status == 1
    assert (stranger.document["intact"], stranger.document["trusted"]) == (True, False)


def test_verify_refuses_one_flipped_byte(
    running: Running, relazione: tuple[Path, Any], tmp_path: Path
) -> None:
    out, _ = relazione
    pdf = bytearray(out.read_bytes())
    pdf[len(pdf) // 3] ^= 1
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(pdf)
    found = running.run("verify", forged, "--json")
    assert found.status == 1
    assert found.document["valid"] is False
    assert found.document["problems"]
    people = running.run("verify", forged)
    assert people.status == 1
    assert "NON VALIDO" in people.text


def test_verify_refuses_what_is_no_signed_pdf(running: Running) -> None:
    found = running.run("verify", CASES / "massa-2021.json", "--json")
    assert found.status == 1
    assert [p["code"] for p in found.document["problems"]] == ["not_a_pdf"]


def test_render_says_why_not(running: Running, tmp_path: Path) -> None:
    out = tmp_path / "none.pdf"
    missing = running.run("render", "PI", "1999", "--out", out, "--json")
    assert missing.status == 1
    assert missing.document["code"] == "plan_not_found"
    assert not out.exists()
    nowhere = running.run("render", "PI", "2020", "--out", tmp_path / "no" / "x.pdf")
    assert nowhere.status == 1
    assert "non esiste" in nowhere.errors
