"""A system whose events go out when told to, somebody who receives them, hours that pass."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from tests.api.receiver import Receiver, receiving
from tests.api.subscribing import Hours, Subscriber, announcing_system, subscribe
from tests.api.system import Api
from tests.api.webhook_sender import Inside


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """One system for the tests of a module."""
    async with announcing_system(runtime_url, issuer) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    """Where messages arrive."""
    async with receiving() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def hours(api: Api) -> AsyncIterator[Hours]:
    """What announces and sends, by a clock of its own."""
    made = Hours(api)
    await made.work()  # what earlier tests left
    yield made
    await made.sender.close()


@pytest_asyncio.fixture(loop_scope="module")
async def subscriber(api: Api, receiver: Receiver, hours: Hours) -> AsyncIterator[Subscriber]:
    """Somebody who wants to know when results change; gone after the test."""
    made = await subscribe(api, receiver.url())
    yield made
    await made.end()


@pytest.fixture
def inside(owner_url: str) -> Inside:
    """What stands in the database."""
    return Inside(owner_url, "LU")
