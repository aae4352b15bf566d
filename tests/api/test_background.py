"""Which work a process does beside its requests, by its settings."""

import asyncio

import pytest

from deploy.local.identity import LocalIssuer
from tests.api.system import running, settings_for

_CHORES = {
    "archives",
    "evidence-sweeper",
    "expired-previews",
    "pending-messages",
    "reconciliations",
    "retention",
}
_RELAYS = {"announce", "deliveries", "monitor", "outbox", "previews", "sweep"}


def _at_work() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()} & (_CHORES | _RELAYS)


async def test_a_process_does_all_of_it_while_it_runs(
    runtime_url: str, issuer: LocalIssuer
) -> None:
    async with running(settings_for(runtime_url, issuer), issuer):
        assert _at_work() == _CHORES | _RELAYS
    assert _at_work() == set()


async def test_a_process_leaves_it_to_another_and_says_so(
    runtime_url: str, issuer: LocalIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings_for(runtime_url, issuer, dispatch=False), issuer):
        assert _at_work() == set()
    assert "does not dispatch: another one has to" in caplog.text
