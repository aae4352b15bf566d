"""veraPDF's verdict on PDF/A-3a and PDF/UA-1, before and after the seal."""

import subprocess

import pytest

from tests.renderer.conftest import Made


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
@pytest.mark.parametrize("kind", ["pisa", "quadrimestre", "ente", "piano", "scheda", "validazione"])
def test_verapdf_passes_before_and_after_the_seal(
    request: pytest.FixtureRequest, verapdf: list[str], kind: str, flavour: str
) -> None:
    made: Made = request.getfixturevalue(kind)
    done = subprocess.run(
        [*verapdf, "-f", flavour, *map(str, made.files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count("PASS") == len(made.files), done.stdout + done.stderr
