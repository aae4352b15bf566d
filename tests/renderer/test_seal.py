"""Seals: identities, levels, and what every validator here says of them."""

import asyncio
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from services.renderer.errors import SigningError
from services.renderer.signing import development
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import Level, PadesSigner
from tests.renderer.conftest import Made
from tests.renderer.snapshots import PISA


def signer(
    folder: Path,
    *,
    level: Level = "B-B",
    password: str = "",
    production: bool = False,
    make_missing: bool = False,
) -> PadesSigner:
    identities = IdentityFolder(folder, password, production=production, make_missing=make_missing)
    return PadesSigner(identities, level)


def refusal(of: PadesSigner, pdf: bytes) -> str:
    with pytest.raises(SigningError) as caught:
        asyncio.run(of.seal(pdf, PISA))
    return caught.value.code


def test_the_authority_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first = development.ensure_authority(tmp_path).read_bytes()
    assert development.ensure_authority(tmp_path).read_bytes() == first
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600
    identity = development.identity_for(tmp_path, "PI", PISA.name)
    assert stat.S_IMODE(identity.stat().st_mode) == 0o600
    content = identity.read_bytes()
    assert development.identity_for(tmp_path, "PI", PISA.name).read_bytes() == content


def test_it_is_a_command(tmp_path: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "services.renderer.signing.development"),
            *("--dir", tmp_path, "--chamber", "LU", "--name", "Camera di commercio di Lucca"),
        ],
        cwd=Path(__file__).resolve().parents[2],
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "LU.p12").exists()
    assert (tmp_path / "trust" / "ca.pem").exists()


def test_a_password_opens_its_identity_only(tmp_path: Path, small: Made) -> None:
    development.identity_for(tmp_path, "PI", PISA.name, b"right")
    assert refusal(signer(tmp_path, password="wrong"), small.unsigned) == "identity_unreadable"
    sealed = asyncio.run(signer(tmp_path, password="right").seal(small.unsigned, PISA))
    assert sealed.startswith(small.unsigned)


def test_a_chamber_may_name_its_identity(tmp_path: Path, small: Made) -> None:
    development.identity_for(tmp_path, "PI", PISA.name, target=tmp_path / "pisa-2026.p12")
    of = signer(tmp_path)
    assert refusal(of, small.unsigned) == "identity_missing"
    assert asyncio.run(of.seal(small.unsigned, PISA, "pisa-2026")).startswith(small.unsigned)
    development.identity_for(tmp_path, "LU", "Camera di commercio di Lucca")
    with pytest.raises(SigningError) as another:
        asyncio.run(of.seal(small.unsigned, PISA, "LU"))
    assert another.value.code == "identity_of_another"


def test_a_missing_identity_fails_the_job(tmp_path: Path, small: Made) -> None:
    assert refusal(signer(tmp_path), small.unsigned) == "identity_missing"


def test_the_identity_of_another_chamber_is_refused(tmp_path: Path, small: Made) -> None:
    development.identity_for(tmp_path, "LU", "Camera di commercio di Lucca").rename(
        tmp_path / "PI.p12"
    )
    assert refusal(signer(tmp_path), small.unsigned) == "identity_of_another"


def test_production_never_seals_with_a_development_identity(tmp_path: Path, small: Made) -> None:
    development.identity_for(tmp_path, "PI", PISA.name)
    code = refusal(signer(tmp_path, production=True, make_missing=True), small.unsigned)
    assert code == "identity_of_development"


@pytest.mark.parametrize("level", ["B-T", "B-LT", "B-LTA"])
def test_a_level_that_cannot_be_reached_fails_the_job(
    tmp_path: Path, small: Made, level: Level
) -> None:
    code = refusal(signer(tmp_path, level=level, make_missing=True), small.unsigned)
    assert code == "level_unavailable"


def test_what_is_not_a_pdf_is_not_sealed(tmp_path: Path) -> None:
    assert refusal(signer(tmp_path, make_missing=True), b"not a pdf") == "signing_failed"


def test_the_seal_is_an_incremental_update(small: Made) -> None:
    assert small.sealed.startswith(small.unsigned)


def test_pdfsig_says_the_signature_is_valid(small: Made) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    done = subprocess.run(
        ["pdfsig", "-nocert", small.files[1]], capture_output=True, text=True, check=False
    )
    assert "Signature is Valid" in done.stdout
    assert "Total document signed" in done.stdout
    assert re.search(r"Signature Type: ETSI.CAdES.detached", done.stdout)
    assert "OU=PI" in done.stdout
