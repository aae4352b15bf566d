"""One application per test module, on a fresh database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from tests.api.system import Api, running, settings_for


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> LocalIssuer:
    """The identity provider of the tests."""
    made = LocalIssuer(Path(tmp_path_factory.mktemp("identity")))
    made.ensure_keys()
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """The application, started, and a client of it."""
    async with running(settings_for(runtime_url, issuer), issuer) as started:
        yield started
