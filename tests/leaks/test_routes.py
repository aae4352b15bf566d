"""Nobody gets at another chamber by any operation, in any role, with ids that exist there."""

import pytest

from tests.api.system import ADMINISTRATOR
from tests.leaks.attackers import attackers
from tests.leaks.operations import operations, unclassified
from tests.leaks.scene import Scene
from tests.leaks.tried import Tell
from tests.leaks.victims import LIVED, MARKER

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Of the operations that read, so many at least must show the owner what nobody else may see:
# the others answer with figures, codes or bytes, in which no marker can stand.
_SHOWING = 0.5
_ANSWERING = 0.8


async def test_every_operation_is_classified(scene: Scene) -> None:
    assert unclassified(operations(scene.app)) == []


async def test_the_owner_sees_what_the_others_are_refused(scene: Scene, tell: Tell) -> None:
    """The search asks for what exists: with the same ids the owner gets it, marker and all."""
    walk = await scene.walk()
    filler = walk.fillers[LIVED]
    reading = [
        operation
        for operation in walk.operations
        if operation.method == "get"
        and "chamber" in operation.parameters
        and filler.complete(operation)
    ]
    answers = {
        str(operation): await scene.api.call("GET", filler.path(operation, LIVED), ADMINISTRATOR)
        for operation in reading
    }
    refused = {name: answer.status_code for name, answer in answers.items() if answer.is_error}
    showing = [name for name, answer in answers.items() if MARKER in answer.text]
    tell(f"{len(reading)} readings, {len(showing)} with the marker; refused: {refused or 'none'}")
    assert len(reading) - len(refused) >= _ANSWERING * len(reading)
    assert len(showing) >= _SHOWING * len(reading)


@pytest.mark.timeout(900)
async def test_no_operation_leaks(scene: Scene, tell: Tell) -> None:
    walk = await scene.walk()
    strangers = [*attackers(scene.api.issuer), await scene.machine()]
    tried = await walk.run(strangers)
    tell(f"{len(walk.operations)} operations x {len(strangers)} callers: {tried}")
    assert tried.leaks == []
    assert tried.counts.total() > 1000
