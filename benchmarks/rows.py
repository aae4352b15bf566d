"""What a benchmark tells: one figure of ours beside one of a baseline."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    ``ours`` and ``baseline`` are in ``unit``; ``target`` says in words what was promised and
    ``met`` whether it holds. A row without a promise is context for the others.
    """

    name: str
    ours: float
    baseline: float | None
    unit: str
    baseline_name: str = ""
    target: str = ""
    met: bool = True

    @property
    def ratio(self) -> float | None:
        """Ours over the baseline."""
        return self.ours / self.baseline if self.baseline else None


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of processor time that a call takes."""

    best: float
    median: float


def timed(call: Callable[[], object], *, times: int, warm_up: int = 3) -> Timing:
    """Time a call, after a few that do not count.

    Processor time of this thread: for pure computation it is what the call costs, whatever
    else the machine is doing.
    """
    for _ in range(warm_up):
        call()
    taken: list[float] = []
    for _ in range(times):
        begun = time.thread_time()
        call()
        taken.append(time.thread_time() - begun)
    return Timing(min(taken), statistics.median(taken))


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0-1) of the values lie; nearest rank."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
