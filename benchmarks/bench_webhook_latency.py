"""A single value by webhook while batches are sent without a pause: p99.

One API process serves both. The batches are those of ``bench_webhook``: 500 measurements each,
sent one after the other by another process as fast as they are answered; values are sent one at
a time, forty a second. Every message is made and signed before its phase begins: what the two
senders still cost is told, for on two cores it is taken from the service and its database.

The promise is about a batch storm of another chamber. Values of the very plan that a batch is
being written into wait for its transaction as well; what that comes to is told beside it.

By itself: ``python -m benchmarks webhook_latency``.
"""

import itertools
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.bench_webhook import Client
from benchmarks.rows import Row, percentile
from deploy.local.system import RunningSystem, running_system

_VALUES = 400
_WARM_UP = 20
_PAUSE_SECONDS = 0.025
_MOST_SECONDS = 0.060
_BATCHES = 800
"""Enough for the longest phase; should they all be sent, the sender goes on making them."""
_BATCH = 499
"""All measures but the one that is sent singly."""
_STORMING = "LU"

_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class _Phase:
    """What one phase told: seconds of each value, and the processor time of both senders."""

    taken: list[float]
    seconds: float
    sending_seconds: float

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return percentile(sorted(self.taken), 0.99) * 1000

    @property
    def sending(self) -> float:
        """Processor time of the senders, in percent of one core."""
        return 100 * self.sending_seconds / self.seconds


def run() -> list[Row]:
    """Time single values in calm weather and in two storms."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-bench-"))
    root.chmod(0o711)
    try:
        with running_system(root / "data", renderer=False) as system:
            return _measure(system)
    finally:
        shutil.rmtree(root)


def _measure(system: RunningSystem) -> list[Row]:
    client = Client(system)
    calm = _values(client, 0)
    with _storm(Client(system, _STORMING)) as used:
        elsewhere = _values(client, 10_000, used)
    with _storm(client) as used:
        here = _values(client, 20_000, used)
    promised = Row(
        name="single value by webhook in a storm of batches, p99",
        ours=elsewhere.p99,
        baseline=calm.p99,
        unit="ms",
        baseline_name="the same without the storm",
        target="< 60 ms",
        met=elsewhere.p99 < _MOST_SECONDS * 1000,
    )
    into_the_same = replace(
        promised, name="the same into the plan of the batches", ours=here.p99, target="", met=True
    )
    senders = Row(
        name="processor time of the senders in the storm",
        ours=elsewhere.sending,
        baseline=calm.sending,
        unit="% of a core",
        baseline_name="without the storm",
    )
    return [promised, into_the_same, senders]


def _values(client: Client, first: int, used: Callable[[], float] = lambda: 0.0) -> _Phase:
    """Sends values; ``used`` tells the processor time of the other sender so far."""
    sends = [client.prepare(first + n, 1) for n in range(_VALUES + _WARM_UP)]
    client.connect()
    taken: list[float] = []
    began, spent = time.perf_counter(), time.process_time() + used()
    for send in sends:
        begun = time.perf_counter()
        send()
        took = time.perf_counter() - begun
        taken.append(took)
        time.sleep(max(0.0, _PAUSE_SECONDS - took))
    spent = time.process_time() + used() - spent
    return _Phase(taken[_WARM_UP:], time.perf_counter() - began, spent)


@contextmanager
def _storm(client: Client) -> Iterator[Callable[[], float]]:
    """Batches from another process while the block lasts; gives its processor time so far."""
    ready, over = _FORK.Event(), _FORK.Event()
    spent = _FORK.Value("d", 0.0)

    def batches() -> None:
        _send(client.beside(), ready, over, lambda used: setattr(spent, "value", used))

    process = _FORK.Process(target=batches, daemon=True)
    process.start()
    ready.wait(60)
    try:
        yield lambda: float(spent.value)
    finally:
        over.set()
        process.join(30)


def _send(client: Client, ready: Event, over: Event, tell: Callable[[float], None]) -> None:
    """Batches without a pause, until told to stop."""
    numbers = itertools.count(100_000)
    made = [client.prepare(next(numbers), _BATCH, first=1) for _ in range(_BATCHES)]
    more = (client.prepare(number, _BATCH, first=1) for number in numbers)
    tell(time.process_time())
    ready.set()
    for send in itertools.chain(made, more):
        if over.is_set():
            return
        send()
        tell(time.process_time())
