"""Gathers the gauges anew for each reading: nothing is counted besides, nothing can drift."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.api.container import Container
from services.api.metrics import repository
from services.api.metrics.repository import Waiting
from services.api.metrics.requests import RequestMetrics


class _Gauges(Collector):
    """What waits, as the library wants it."""

    def __init__(self, found: Iterable[Waiting]) -> None:
        self._found = tuple(found)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Two families, by chamber and by what waits."""
        number = GaugeMetricFamily(
            "ciclo_waiting", "How much waits, by chamber.", labels=["chamber", "what"]
        )
        oldest = GaugeMetricFamily(
            "ciclo_waiting_oldest_seconds",
            "For how long the oldest of it has waited.",
            labels=["chamber", "what"],
        )
        for one in self._found:
            number.add_metric([one.chamber, one.what], one.number)
            oldest.add_metric([one.chamber, one.what], max(0.0, one.oldest_seconds))
        return [number, oldest]


async def exposition(parts: Container, requests: RequestMetrics) -> bytes:
    """Everything in the text format of Prometheus."""
    async with parts.database.read(await parts.directory.all_chambers()) as session:
        found = await repository.waiting(session)
    gauges = CollectorRegistry()
    gauges.register(_Gauges(found))
    return generate_latest(requests.registry) + generate_latest(gauges)
