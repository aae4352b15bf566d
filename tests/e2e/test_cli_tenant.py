"""``ciclo tenant`` on two systems side by side: a chamber added, moved and erased."""

import hashlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.identity import ADMINISTRATOR_ROLES, LocalIssuer
from deploy.local.layout import DataDirectory
from deploy.local.ports import free_port
from tests.e2e.commands import MASSA, PISA, ciclo, start
from tests.e2e.render_system import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

TENANTS = Path(__file__).parents[2] / "deploy" / "tenants"
MANIFESTS = [word for file in sorted(TENANTS.glob("*.yaml")) for word in ("-f", str(file))]

FOURTH = """\
format: ciclo/chamber@1
code: LI
entity: TNO
title: Camera di commercio di prova
region: Toscana
tax_code: "80415740580"
calendar: {deadline_days: 10}
"""


@dataclass
class System:
    """A system that runs in a process of its own."""

    data: Path
    url: str

    def get(self, path: str) -> httpx.Response:
        """What its API answers the administrator."""
        issuer = LocalIssuer(DataDirectory.at(self.data).identity)
        header = {"Authorization": f"Bearer {issuer.mint(ADMINISTRATOR_ROLES)}"}
        return httpx.get(f"{self.url}{path}", headers=header, timeout=60)


@pytest.fixture(scope="module")
def systems() -> Iterator[tuple[System, System]]:
    """Two empty systems, running side by side."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-tenant-"))
    root.chmod(0o711)
    started: list[subprocess.Popen[str]] = []
    found: list[System] = []
    try:
        for name in ("uno", "due"):
            port = free_port()
            up = start("up", "--data", root / name, "--port", str(port), "--json")
            started.append(up)
            assert up.stdout is not None
            assert up.stdout.readline(), up.communicate(timeout=60)[1]
            found.append(System(root / name, f"http://127.0.0.1:{port}"))
        yield found[0], found[1]
    finally:
        for up in started:
            up.send_signal(signal.SIGTERM)
        for up in started:
            up.communicate(timeout=60)
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def one(systems: tuple[System, System]) -> System:
    """The first system, with the chambers of Toscana Nord-Ovest, two years and a document."""
    data = systems[0].data
    applied = ciclo("tenant", "apply", *MANIFESTS, "--data", data, "--json")
    assert applied.status == 0, applied.errors
    for case in (PISA, MASSA):
        assert ciclo("import", case, "--data", data).status == 0
    rendered = ciclo("render", "PI", "2020", "--out", data / "pi.pdf", "--data", data)
    assert rendered.status == 0, rendered.errors
    return systems[0]


def _moved(one: System, two: System, archive: Path) -> None:
    exported = ciclo("tenant", "export", "PI", "--out", archive, "--data", one.data, "--json")
    assert exported.status == 0, exported.errors
    assert exported.document["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    if two.get("/v1/chambers/PI").status_code == 404:
        imported = ciclo("tenant", "import", archive, "--data", two.data, "--json")
        assert imported.status == 0, imported.errors


def test_a_fourth_chamber_is_added_by_its_manifest(one: System, tmp_path: Path) -> None:
    manifest = tmp_path / "LI.yaml"
    manifest.write_text(FOURTH, encoding="utf-8")
    words = ("tenant", "apply", "-f", manifest, "--data", one.data)
    tried = ciclo(*words, "--dry-run", "--json")
    assert tried.document["applied"][0]["state"] == "created"
    assert one.get("/v1/chambers/LI").status_code == 404
    assert ciclo(*words).status == 0
    again = ciclo(*words, "--json")
    assert again.document["applied"] == [
        {"code": "LI", "kind": "chamber", "state": "unchanged", "changes": []}
    ]
    manifest.write_text(FOURTH.replace("10", "20"), encoding="utf-8")
    changed = ciclo(*words, "--dry-run", "--json").document["applied"][0]
    assert changed["changes"] == [{"pointer": "/calendar/deadline_days", "before": 10, "after": 20}]
    manifest.write_text(FOURTH + "colour: '#eeee00'\nmore: 1\n", encoding="utf-8")
    refused = ciclo(*words, "--json")
    assert refused.status == 1
    assert [fault["pointer"] for fault in refused.document["errors"]] == [
        f"{manifest}:9 /more",
        f"{manifest}:8 /colour",
    ]
    shown = ciclo("tenant", "show", "LI", "--data", one.data)
    manifest.write_bytes(shown.raw)
    assert ciclo(*words, "--json").document["applied"][0]["state"] == "unchanged"


def test_a_chamber_moves_to_another_installation(
    one: System, systems: tuple[System, System], tmp_path: Path
) -> None:
    two = systems[1]
    _moved(one, two, tmp_path / "pi.zip")
    again = ciclo("tenant", "export", "PI", "--out", tmp_path / "2.zip", "--data", two.data)
    assert again.status == 0, again.errors
    assert (tmp_path / "2.zip").read_bytes() == (tmp_path / "pi.zip").read_bytes()
    # Processes that serve remember for some seconds which chambers an entity has.
    until(lambda: two.get("/v1/chambers/PI").status_code == 200 or None, 15)
    for path in ("plans/2020/results", "plans/2020/export", "configuration", "reports"):
        here, there = (system.get(f"/v1/chambers/PI/{path}") for system in (one, two))
        assert here.status_code == there.status_code == 200
        assert here.content == there.content, path
    (report,) = one.get("/v1/chambers/PI/reports").json()["items"]
    path = f"/v1/chambers/PI/reports/{report['report_id']}/pdf"
    documents = [system.get(path) for system in (one, two)]
    hashes = {hashlib.sha256(document.content).hexdigest() for document in documents}
    assert hashes == {hashlib.sha256((one.data / "pi.pdf").read_bytes()).hexdigest()}
    for system in (one, two):
        verified = ciclo("audit", "verify", "PI", "--data", system.data)
        assert verified.status == 0, verified.errors
    refused = ciclo("tenant", "import", tmp_path / "pi.zip", "--data", two.data, "--json")
    assert (refused.status, refused.document["code"]) == (1, "chamber_exists")


def test_a_chamber_ends_and_the_others_are_untouched(
    one: System, systems: tuple[System, System], tmp_path: Path
) -> None:
    two = systems[1]
    _moved(one, two, tmp_path / "pi.zip")
    others = {path: one.get(path).content for path in (
        "/v1/chambers/MS/plans/2021/results", "/v1/chambers/LU", "/v1/chambers/MS/plans/2021/export"
    )}  # fmt: skip
    results = two.get("/v1/chambers/PI/plans/2020/results").content
    paper = tmp_path / "certificato.txt"
    words = ("tenant", "erase", "PI", "--certificate", paper, "--data", one.data, "--json")
    for confirm, code in (("MS", "erasure_not_confirmed"), ("PI", "erasure_of_active_chamber")):
        refused = ciclo(*words, "--confirm", confirm)
        assert (refused.status, refused.document["code"]) == (1, code)
    suspended = ciclo("tenant", "suspend", "PI", "--reason", "trasloco", "--data", one.data)
    assert suspended.status == 0, suspended.errors
    refused = ciclo(*words, "--confirm", "PI")
    assert (refused.status, refused.document["code"]) == (1, "erasure_without_export")
    out = tmp_path / "ultimo.zip"
    assert ciclo("tenant", "export", "PI", "--out", out, "--data", one.data).status == 0
    erased = ciclo(*words, "--confirm", "PI", "--by", "Ufficio archivio")
    assert erased.status == 0, erased.errors
    assert erased.document["removed_rows"]["plans"] == 1
    assert erased.document["removed_documents"] == 2  # the PDF and its web page
    assert erased.document["archive"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()

    assert one.get("/v1/chambers/PI").status_code == 404
    assert one.get("/v1/chambers/PI/plans/2020/results").status_code == 404
    assert list((one.data / "blobs").rglob("*.pdf")) == []
    for path, before in others.items():
        assert one.get(path).content == before
    assert two.get("/v1/chambers/PI/plans/2020/results").content == results
    checked = ciclo("tenant", "certificate", paper, "--json")
    assert checked.document["erased_by"] == "Ufficio archivio"
    paper.write_text(paper.read_text("ascii").replace(".", ".e", 1), encoding="ascii")
    assert ciclo("tenant", "certificate", paper).status == 1


def test_a_chamber_leaves_arrives_and_ends_through_the_api(
    one: System, systems: tuple[System, System], tmp_path: Path
) -> None:
    """The API asks, the machine carries out; the certificate is fetched from the API afterwards."""
    two, out, paper = systems[1], tmp_path / "ms.zip", tmp_path / "certificato.txt"
    reason = ("--reason", "Accorpamento", "--data", one.data)
    assert ciclo("tenant", "suspend", "MS", *reason).status == 0
    made = ciclo("archive", "make", "MS", "--out", out, "--data", one.data, "--json")
    assert made.status == 0, made.errors
    assert made.document["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    listed = ciclo("archive", "list", "MS", "--data", one.data, "--json").document["items"]
    assert [export["state"] for export in listed] == ["done"]
    fetched = tmp_path / "again.zip"
    words = ("archive", "fetch", "MS", listed[0]["export_id"], "--out", fetched)
    assert ciclo(*words, "--data", one.data).status == 0
    assert fetched.read_bytes() == out.read_bytes()

    load = ("archive", "load", out, "--entity", "TNO", "--data", two.data, "--json")
    loaded = ciclo(*load)
    assert loaded.status == 0, loaded.errors
    here, there = (system.get("/v1/chambers/MS/plans/2021/export") for system in (one, two))
    assert here.content == there.content
    assert ciclo("audit", "verify", "MS", "--data", two.data).status == 0
    refused = ciclo(*load)
    assert (refused.status, refused.document["code"]) == (1, "chamber_exists")

    request = ("erasure", "request", "MS", "--archive", out, *reason, "--json")
    wrong = ciclo(*request, "--confirm", "ms")
    assert (wrong.status, wrong.document["code"]) == (1, "erasure_not_confirmed")
    asked = ciclo(*request, "--confirm", "MS").document["erasure_id"]
    assert one.get("/v1/chambers/MS/plans/2021").status_code == 200
    erase = ("tenant", "erase", "MS", "--confirm", "MS", "--data", one.data, "--json")
    erased = ciclo(*erase, "--request", asked, "--certificate", tmp_path / "1.txt")
    assert erased.status == 0, erased.errors
    assert one.get("/v1/chambers/MS").status_code == 404
    (item,) = (
        row
        for row in ciclo("erasure", "list", "--data", one.data, "--json").document["items"]
        if row["chamber"] == "MS"
    )
    assert (item["erasure_id"], item["state"]) == (asked, "erased")
    kept = ciclo("erasure", "certificate", asked, "--out", paper, "--data", one.data)
    assert kept.status == 0, kept.errors
    assert paper.read_bytes() == (tmp_path / "1.txt").read_bytes()
    facts = ciclo("tenant", "certificate", paper, "--json").document
    assert (facts["chamber"], facts["requested"]["reason"]) == ("MS", "Accorpamento")


def test_commands_of_the_host_say_what_they_need(tmp_path: Path) -> None:
    told = ciclo("tenant", "export", "PI", "--out", tmp_path / "a.zip")
    assert told.status == 1
    assert "DATABASE_URL" in told.errors
    told = ciclo("tenant", "import", PISA)
    assert told.status == 1
    assert "archivio" in told.errors
