"""Documents that many tests look at, rendered and sealed once."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.renderer import process
from services.renderer.sandbox import Limits
from services.renderer.signing.identities import IdentityFolder
from services.renderer.signing.pades import PadesSigner
from shared.contracts.snapshot import ReportSnapshot, canonical_bytes
from tests.renderer import decisions, entity, monitoring, plans, sheets, snapshots
from tests.renderer.java import java

LIMITS = Limits(memory_mb=2048, seconds=100)


@dataclass(frozen=True)
class Made:
    """A document at both ends: before and after the seal, as bytes and as files."""

    snapshot: ReportSnapshot
    unsigned: bytes
    sealed: bytes
    web: bytes
    pages: int
    folder: Path
    signing: Path

    @property
    def files(self) -> list[Path]:
        """``unsigned.pdf`` and ``sealed.pdf``."""
        return [self.folder / "unsigned.pdf", self.folder / "sealed.pdf"]

    @property
    def trust(self) -> Path:
        """Folder of the certificates to trust."""
        return self.signing / "trust"


def make(snapshot: ReportSnapshot, folder: Path) -> Made:
    """Render and seal with a development identity."""
    signing = folder / "signing"
    signer = PadesSigner(IdentityFolder(signing, "", production=False, make_missing=True))

    async def both() -> tuple[process.RenderedPdf, bytes]:
        rendered = await process.render(canonical_bytes(snapshot), LIMITS)
        return rendered, await signer.seal(rendered.content, snapshot.chamber)

    rendered, sealed = asyncio.run(both())
    made = Made(snapshot, rendered.content, sealed, rendered.web, rendered.pages, folder, signing)
    for path, content in zip(made.files, (made.unsigned, made.sealed), strict=True):
        path.write_bytes(content)
    return made


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A dozen pages."""
    return make(snapshots.small(), tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def pisa(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The real shape: about a hundred indicators, narratives, sheets, tables."""
    return make(snapshots.pisa(), tmp_path_factory.mktemp("pisa"))


@pytest.fixture(scope="session")
def quadrimestre(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A monitoring report of the same shape."""
    folder = tmp_path_factory.mktemp("quadrimestre")
    return make(monitoring.first_quadrimestre(), folder)


@pytest.fixture(scope="session")
def ente(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The report of an entity, with a chapter for each of two chambers."""
    return make(entity.consolidated_report(), tmp_path_factory.mktemp("ente"))


@pytest.fixture(scope="session")
def piano(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The Piano of Massa-Carrara for 2021."""
    return make(plans.massa(), tmp_path_factory.mktemp("piano"))


@pytest.fixture(scope="session")
def scheda(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The sheet of the Segretario generale of Pisa."""
    return make(sheets.secretary(), tmp_path_factory.mktemp("scheda"))


@pytest.fixture(scope="session")
def validazione(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The decision of the OIV on the report of Pisa."""
    return make(decisions.decision(), tmp_path_factory.mktemp("validazione"))


@pytest.fixture(scope="session")
def verapdf(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command line of veraPDF; flavour and files follow."""
    main = "org.verapdf.apps.GreenfieldCliWrapper"
    command = java("verapdf", tmp_path_factory.mktemp("verapdf"))
    return [*command, main, "--format", "text", "-v"]
