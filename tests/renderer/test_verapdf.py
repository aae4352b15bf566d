"""veraPDF's verdict on PDF/A-3a and PDF/UA-1, before and after the seal.

The validator comes from Maven Central into Maven's own cache. Without Java or Maven, or
when it cannot be had within a minute, the tests are skipped and say so.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.renderer.conftest import Made

POM = Path(__file__).parent / "verapdf" / "pom.xml"
RESOLVE_SECONDS = 60
MAIN = "org.verapdf.apps.GreenfieldCliWrapper"


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command line of veraPDF."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    jars = tmp_path_factory.mktemp("verapdf")
    command = ["mvn", "-B", "-q", "-f", str(POM), "dependency:copy-dependencies"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={jars}"],
            capture_output=True,
            text=True,
            timeout=RESOLVE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"Maven did not resolve veraPDF within {RESOLVE_SECONDS} seconds")
    if done.returncode != 0:
        pytest.skip(f"Maven cannot resolve veraPDF: {done.stdout[-300:]}")
    return ["java", "-Xmx1g", "-cp", f"{jars}/*", MAIN, "--format", "text", "-v"]


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
@pytest.mark.parametrize("kind", ["pisa", "quadrimestre", "ente", "piano", "scheda", "validazione"])
def test_verapdf_passes_before_and_after_the_seal(
    request: pytest.FixtureRequest, validator: list[str], kind: str, flavour: str
) -> None:
    made: Made = request.getfixturevalue(kind)
    done = subprocess.run(
        [*validator, "-f", flavour, *map(str, made.files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("PASS") == len(made.files), done.stdout + done.stderr
