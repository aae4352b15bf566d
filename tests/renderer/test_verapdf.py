"""veraPDF's verdict on PDF/A-3a and PDF/UA-1, before and after the seal."""

import subprocess

import pytest

from tests.renderer.conftest import Made

# The first test waits until every document is made and judged.
pytestmark = pytest.mark.timeout(600)

KINDS = ("pisa", "quadrimestre", "ente", "piano", "scheda", "validazione")


@pytest.fixture(scope="module", params=["3a", "ua1"])
def verdicts(request: pytest.FixtureRequest, verapdf: list[str]) -> str:
    """What veraPDF says of every document: asked once, for starting costs more than judging."""
    files = [path for kind in KINDS for path in request.getfixturevalue(kind).files]
    done = subprocess.run(
        [*verapdf, "-f", request.param, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_verapdf_passes_before_and_after_the_seal(
    request: pytest.FixtureRequest, verdicts: str, kind: str
) -> None:
    made: Made = request.getfixturevalue(kind)
    told = [line for line in verdicts.splitlines() if str(made.folder) in line]
    passed = [line.split()[:2] for line in told if line.startswith("PASS")]
    assert passed == [["PASS", str(path)] for path in made.files], verdicts
