"""A suspended chamber is only read: every operation that could write is tried by who may all."""

import asyncio

import pytest

from shared.domain.permissions import Role
from tests.leaks.operations import Filler
from tests.leaks.routes import UNSAFE, content_of
from tests.leaks.scene import Scene
from tests.leaks.tried import Tell
from tests.leaks.victims import LIVED

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDS = "/v1/chambers/{chamber}/resumption"

WRITE_ELSEWHERE = {
    "chamber_exports": "an archive of a suspended chamber is asked for, mostly of such a one",
    "idempotency_keys": "with the answer to that request",
    "entity_idempotency_keys": "answers to requests about the entity",
    "entity_audit_log": "acts of the entity",
    "entity_audit_chain": "and their links",
    "entity_audit_heads": "and the end of the chain",
}
"""Tables that are not the chamber's content, each with its reason to change."""

# Somebody's own chamber, all of whose doors open: without suspension most of these would write.
_LEAST_REFUSED = 80


@pytest.mark.timeout(900)
async def test_nothing_writes_into_a_suspended_chamber(scene: Scene, tell: Tell) -> None:
    walk = await scene.walk()
    filler: Filler = walk.fillers[LIVED]
    suspended = await scene.api.call(
        "POST", f"/v1/chambers/{LIVED}/suspension", json={"reason": "prova"}
    )
    assert suspended.status_code == 200
    everybody = {"*": [str(role) for role in Role], LIVED: [str(role) for role in Role]}
    before = await scene.ledger.fingerprints()
    tried, refused = 0, 0
    for operation in walk.operations:
        below = "chamber" in operation.parameters and operation.path.startswith("/v1/")
        if not below or operation.method == "get" or operation.path == ENDS:
            continue
        headers = dict(UNSAFE)
        if operation.media_type is not None:
            headers["Content-Type"] = operation.media_type
        answer = await asyncio.wait_for(
            scene.api.call(
                operation.method.upper(),
                filler.path(operation, LIVED),
                everybody,
                headers=headers,
                content=content_of(operation, filler),
            ),
            20,
        )
        assert answer.status_code < 500, operation
        tried += 1
        refused += answer.status_code == 409 and answer.json()["code"] == "chamber_suspended"
    after = await scene.ledger.fingerprints()
    changed = {name for name in before if before[name] != after[name]} - WRITE_ELSEWHERE.keys()
    tell(f"{tried} writing operations on a suspended chamber: {refused} refused as suspended")
    assert changed == set()
    assert refused >= _LEAST_REFUSED
    resumed = await scene.api.call("POST", f"/v1/chambers/{LIVED}/resumption", json={})
    assert resumed.status_code == 200
