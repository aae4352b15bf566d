"""Archivable, accessible and valid to every validator, before and after each of three signatures.

With their time stamps, on Pisa 2020 and on a document of a hundred pages. veraPDF and EU DSS come
from Maven Central; what is missing on a machine is skipped and said.
"""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import outloud
import pytest

from services.renderer import process
from services.renderer.sandbox import Limits
from shared.contracts.signing import SIGNATORIES
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from shared.signatures import verify
from tests.renderer import century, snapshots
from tests.renderer.java import java
from tests.renderer.pki import Pki
from tests.renderer.signing import Office
from tests.renderer.snapshots import PISA
from tests.renderer.tagged import Element, read

# veraPDF takes half a minute of an idle processor for the four stages of a hundred pages.
pytestmark = pytest.mark.timeout(600)

LIMITS = Limits(memory_mb=4096, seconds=300)
DOCUMENTS: dict[str, Callable[[], ReportSnapshot]] = {
    "pisa": snapshots.pisa,
    "century": century.snapshot,
}


@dataclass(frozen=True)
class Signed:
    """The stages of one document, as files: unsigned, sealed, signed, signed."""

    stages: list[Path]
    trust: Path


@pytest.fixture(scope="module", params=list(DOCUMENTS))
def signed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Signed]:
    folder = tmp_path_factory.mktemp(request.param)
    given = DOCUMENTS[request.param]()
    slots = tuple(item.slot() for item in SIGNATORIES)
    content = given.model_copy(update={"signatures": slots, "chamber": PISA})
    rendered = asyncio.run(process.render(canonical_bytes(content), LIMITS))
    with Pki() as pki:
        office = Office(pki, folder)
        stages = []
        for number, pdf in enumerate(office.all_three(rendered.content, "B-LTA")):
            stages.append(folder / f"{number}.pdf")
            stages[-1].write_bytes(pdf)
        yield Signed(stages, office.trust)


def test_the_document_names_who_signs_in_order(signed: Signed) -> None:
    lists = [item for item in read(signed.stages[0].read_bytes()).walk() if item.kind == "L"]
    assert [entry.text for entry in lists[-1].parts if isinstance(entry, Element)] == [
        f"{number}. {slot.title}, con firma digitale" for number, slot in enumerate(SIGNATORIES, 1)
    ]


def test_we_find_every_signature_valid(signed: Signed) -> None:
    report = verify(signed.stages[-1].read_bytes(), signed.trust, chamber="PI")
    assert report.valid, report.problems
    assert [item.level for item in report.signers] == ["B-LTA"] * 3


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_verapdf_passes_at_every_stage(signed: Signed, verapdf: list[str], flavour: str) -> None:
    command = [*verapdf, "-f", flavour, *map(str, signed.stages)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.count("PASS") == len(signed.stages), done.stdout[-2000:] + done.stderr


def test_outloud_finds_no_error(signed: Signed) -> None:
    for stage in signed.stages:
        found = outloud.check(str(stage))
        errors = [item for item in found.findings if item.severity == "error"]
        assert not errors, errors


def test_qpdf_finds_nothing(signed: Signed) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    for stage in signed.stages:
        subprocess.run(["qpdf", "--check", stage], check=True, capture_output=True)


def test_pdfsig_finds_every_signature_valid_and_the_whole_document_covered(
    signed: Signed,
) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    done = subprocess.run(
        ["pdfsig", "-nocert", signed.stages[-1]], capture_output=True, text=True, check=False
    )
    parts = re.split(r"Signature #\d+:", done.stdout)[1:]
    assert len(parts) == 6
    assert sum("Signature is Valid" in part for part in parts) == 3
    assert "Total document signed" in parts[-1]


@pytest.fixture(scope="module")
def dss(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command line of our reading of EU DSS."""
    command = java("dss", tmp_path_factory.mktemp("dss"))
    return [*command, str(Path(__file__).parent / "dss" / "Validate.java")]


def test_eu_dss_finds_every_signature_valid_at_its_level(signed: Signed, dss: list[str]) -> None:
    files = [str(stage) for stage in signed.stages[1:]]
    done = subprocess.run(
        [*dss, str(signed.trust / "root.pem"), *files], capture_output=True, text=True, check=False
    )
    rows = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("/")]
    assert len(rows) == 1 + 2 + 3, done.stderr[-2000:]
    for _, field, indication, _, level, errors, changes in rows:
        verdict = (indication, level, errors)
        assert verdict == ("TOTAL_PASSED", "PAdES-BASELINE-LTA", "[]"), field
        # DSS knows values of signature fields in the form, not where the tags lead to them.
        assert re.fullmatch(
            r"\[(/Catalog /StructTreeRoot \d+ 0 R (/K \d+ 0 R )+/Obj \d+ 0 R /V \d+ 0 R )*\]",
            changes,
        ), changes
