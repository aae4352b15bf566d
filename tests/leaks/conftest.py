"""The searched installation, once per module."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from _pytest.terminal import TerminalReporter

from tests.leaks.scene import Scene, searched
from tests.leaks.tried import Tell

_TRIED = "tried"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    runtime_url: str, owner_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    """Three chambers, two of them with something in every table."""
    async with searched(runtime_url, owner_url, tmp_path_factory.mktemp("leaks")) as found:
        yield found


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Says at the end of the run what was tried."""
    return lambda line: record_property(_TRIED, line)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints what the searches tried, also when tests run in several processes."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, line in report.user_properties:
                if name == _TRIED:
                    terminalreporter.write_line(f"{report.nodeid}: {line}")
