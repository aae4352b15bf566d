"""A single value by webhook while another chamber sends batches without a pause: p99.

One API process serves both. The batches are those of ``bench_webhook``: 500 measurements each,
sent one after the other by another process as fast as they are answered. Values are sent one at
a time, forty a second.

By itself: ``python -m benchmarks webhook_latency``.
"""

import multiprocessing
import shutil
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.bench_webhook import Client
from benchmarks.rows import Row, percentile
from deploy.local.system import RunningSystem, running_system

_VALUES = 400
_WARM_UP = 20
_PAUSE_SECONDS = 0.025
_MOST_SECONDS = 0.060
_STORMING = "LU"


def run() -> list[Row]:
    """Time single values in calm weather and in a storm."""
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
    context = multiprocessing.get_context("fork")
    ready, over = context.Event(), context.Event()
    storm = context.Process(target=_storm, args=(system, ready, over), daemon=True)
    storm.start()
    ready.wait(60)
    try:
        stormy = _values(client, 10_000)
    finally:
        over.set()
        storm.join(30)
    p99 = percentile(sorted(stormy), 0.99)
    return [
        Row(
            name="single value by webhook in a storm of batches, p99",
            ours=p99 * 1000,
            baseline=percentile(sorted(calm), 0.99) * 1000,
            unit="ms",
            baseline_name="the same without the storm",
            target="< 60 ms",
            met=p99 < _MOST_SECONDS,
        )
    ]


def _values(client: Client, first: int) -> list[float]:
    """Seconds that each value took."""
    taken: list[float] = []
    for number in range(first, first + _VALUES + _WARM_UP):
        send = client.prepare(number, 1)
        begun = time.perf_counter()
        send()
        took = time.perf_counter() - begun
        taken.append(took)
        time.sleep(max(0.0, _PAUSE_SECONDS - took))
    return taken[_WARM_UP:]


def _storm(system: RunningSystem, ready: Event, over: Event) -> None:
    """Batches without a pause, until told to stop."""
    client = Client(system, _STORMING)
    number = 0
    while not over.is_set():
        number += 1
        client.prepare(number)()
        if number == 1:
            ready.set()
