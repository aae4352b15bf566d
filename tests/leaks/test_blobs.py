"""The store itself keeps chambers apart, whatever its callers ask for."""

import pytest

from tests.leaks.blobs import search
from tests.leaks.scene import Scene
from tests.leaks.tried import Tell
from tests.leaks.victims import LIVED, VICTIMS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_no_blob_leaks(scene: Scene, tell: Tell) -> None:
    tried = await search(scene.parts.blobs, scene.blob_keys())
    tell(str(tried))
    assert tried.leaks == []
    assert tried.counts.total() >= 40


async def test_everything_that_is_stored_lies_under_its_chamber(scene: Scene) -> None:
    top = {path.name for path in (scene.folder / "blobs").iterdir()}
    assert LIVED in top
    assert top <= {*VICTIMS, "LU"}
