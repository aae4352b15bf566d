"""A system with plans for measurements, one that sends them, and a look behind the API's back."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from tests.api.system import Api
from tests.api.webhook_sender import Inside, Sender, create_integration, measured_system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """One system for the tests of a module."""
    async with measured_system(runtime_url, issuer) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sender(api: Api) -> Sender:
    """The system that measures."""
    return await create_integration(api, "PI", "integra")


@pytest.fixture
def inside(owner_url: str) -> Inside:
    """What stands in the database."""
    return Inside(owner_url, "PI")
