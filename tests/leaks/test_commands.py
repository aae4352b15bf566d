"""No command shows or changes anything of another chamber."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.api.main import create_app
from tests.api.live import serving
from tests.leaks.attackers import attackers
from tests.leaks.commands import Terminal, commands, search, unclassified
from tests.leaks.scene import Scene, case_of
from tests.leaks.tried import Tell
from tests.leaks.victims import LIVED, VICTIMS, marked_case

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def url(scene: Scene) -> Iterator[str]:
    """The searched system behind a real server."""
    with serving(create_app(scene.app.state.settings)) as address:
        yield address


async def test_every_command_is_classified() -> None:
    assert unclassified(commands()) == []


@pytest.mark.timeout(900)
async def test_no_command_leaks(scene: Scene, url: str, tmp_path: Path, tell: Tell) -> None:
    case = tmp_path / "case.json"
    case.write_bytes(marked_case(case_of(2020), LIVED))
    document = tmp_path / "document.pdf"
    (stored,) = (scene.folder / "blobs" / LIVED).rglob("*.pdf")
    document.write_bytes(stored.read_bytes())
    fillers = (await scene.walk()).fillers
    before = await scene.ledger.fingerprints()
    bearers = [one for one in attackers(scene.api.issuer) if "everything" in one.name]
    for attacker in bearers:
        token = attacker.headers["Authorization"].removeprefix("Bearer ")
        terminal = Terminal(url, token, tmp_path, case, document, fillers)
        tried = search(terminal, attacker.name, VICTIMS)
        tell(f"{len(commands())} commands as {attacker.name}: {tried}")
        assert tried.leaks == []
    assert len(bearers) == 2
    assert await scene.ledger.fingerprints() == before


async def test_the_owner_gets_what_the_others_do_not(
    scene: Scene, url: str, tmp_path: Path
) -> None:
    """The commands are run as they are meant to be: the chamber's own people succeed."""
    token = scene.api.issuer.mint({LIVED: ["controller", "chamber_administrator"]})
    terminal = Terminal(url, token, tmp_path, tmp_path, tmp_path, (await scene.walk()).fillers)
    reading = [c for c in commands() if c.name in {"export", "results", "plan versions"}]
    outcomes = {command.name: terminal.run(command, LIVED)[0] for command in reading}
    assert outcomes == {"export": 0, "results": 0, "plan versions": 0}
