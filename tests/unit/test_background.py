"""What is done again and again goes on whatever happens, once at a time, until it is ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from services.api.background import Chore, repeating
from services.api.db.session import DatabaseUnavailableError
from services.api.signals import Signals

_PATIENCE = 30.0
"""Seconds after which a test has failed; none of them waits for time to pass."""

_TURNS = 50
"""Of the event loop: many more than anything here needs to begin."""


def _chore(work: Callable[[], Awaitable[int]]) -> Chore:
    return Chore(
        name="washing",
        work=work,
        seconds=3600.0,
        log=logging.getLogger("ciclo.test"),
        waits="plates wait: %s",
        fails="washing failed",
        done="%d plates washed",
    )


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class _Sink:
    """Washes what is put into it; counts how often, and how often at once."""

    def __init__(self, *plates: int | Exception) -> None:
        self._plates = list(plates)
        self.times = asyncio.Semaphore(0)
        self.begun = self.ended = self.at_once = self.most_at_once = 0
        self.open = asyncio.Event()
        self.open.set()

    async def wash(self) -> int:
        self.begun += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
            self.ended += 1
        self.times.release()
        found = self._plates.pop(0) if self._plates else 0
        if isinstance(found, Exception):
            raise found
        return found

    async def washed(self, times: int = 1) -> None:
        """Returns when it has been done so often since this was asked last."""
        async with asyncio.timeout(_PATIENCE):
            for _ in range(times):
                await self.times.acquire()
        await _turns()


@pytest.fixture
def signals() -> Signals:
    return Signals()


async def test_it_begins_at_once_and_again_at_a_knock(signals: Signals) -> None:
    sink = _Sink()
    async with repeating(signals, _chore(sink.wash)):
        await sink.washed()
        signals.knock("another topic")
        await _turns()
        assert sink.begun == 1
        signals.knock("washing")
        await sink.washed()
    assert sink.begun == 2


async def test_it_can_begin_with_a_pause(signals: Signals) -> None:
    sink = _Sink()
    async with repeating(signals, replace(_chore(sink.wash), at_once=False)):
        await _turns()
        assert sink.begun == 0
        signals.knock("washing")
        await sink.washed()
    assert sink.begun == 1


async def test_nobody_has_to_knock(signals: Signals) -> None:
    sink = _Sink()
    async with repeating(signals, replace(_chore(sink.wash), at_once=False, seconds=0.001)):
        await sink.washed(3)


async def test_a_failure_is_told_and_does_not_end_it(
    signals: Signals, caplog: pytest.LogCaptureFixture
) -> None:
    sink = _Sink(ZeroDivisionError("a plate fell"), DatabaseUnavailableError("no water"), 3, 0)
    with caplog.at_level(logging.INFO, "ciclo.test"):
        async with repeating(signals, _chore(sink.wash)):
            for _ in range(4):
                await sink.washed()
                signals.knock("washing")
            await sink.washed()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "washing failed"),
        ("WARNING", "plates wait: no water"),
        ("INFO", "3 plates washed"),
    ]
    first, *others = caplog.records
    assert first.exc_info is not None
    assert first.exc_info[0] is ZeroDivisionError
    assert not any(record.exc_info for record in others)


async def test_it_is_never_under_way_twice(signals: Signals) -> None:
    sink = _Sink()
    sink.open.clear()
    async with repeating(signals, replace(_chore(sink.wash), seconds=0.001)):
        for _ in range(5):
            signals.knock("washing")
            await _turns()
        assert (sink.begun, sink.at_once) == (1, 1)
        sink.open.set()
        await sink.washed(3)
    assert sink.most_at_once == 1


async def test_a_knock_while_it_is_under_way_is_not_lost(signals: Signals) -> None:
    sink = _Sink()
    sink.open.clear()
    async with repeating(signals, _chore(sink.wash)):
        await _turns()
        assert sink.at_once == 1
        signals.knock("washing")
        sink.open.set()
        await sink.washed(2)
    assert sink.begun == 2


@pytest.mark.parametrize("under_way", [False, True], ids=["in a pause", "under way"])
async def test_the_end_of_the_block_ends_it(signals: Signals, under_way: bool) -> None:
    sink = _Sink()
    if under_way:
        sink.open.clear()
    async with asyncio.timeout(_PATIENCE):
        async with repeating(signals, _chore(sink.wash)):
            await _turns()
            assert sink.at_once == under_way
        assert sink.begun == sink.ended == 1
        assert "washing" not in {task.get_name() for task in asyncio.all_tasks()}
        signals.knock("washing")
        await _turns()
    assert sink.begun == 1


async def test_an_error_in_the_block_ends_it_too(signals: Signals) -> None:
    sink = _Sink()

    async def failing() -> None:
        async with repeating(signals, _chore(sink.wash)):
            await sink.washed()
            raise LookupError

    with pytest.raises(LookupError):
        await failing()
    assert "washing" not in {task.get_name() for task in asyncio.all_tasks()}
