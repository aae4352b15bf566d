"""Requests that this process answered, by method, route and status."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

# Results come in a few milliseconds, imports and PDFs in seconds.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_GRANTED: Final = range(200, 400)

UNKNOWN_ROUTE = "other"
"""Label of requests that no route answered: what callers invent must not become labels."""


class RequestMetrics:
    """Counts of one application, in a registry of its own.

    The label is the template of the route, never the path: identifiers of nobody become labels,
    and their number is bounded by the number of routes. Chambers have a counter of their own,
    each from its first granted request on: a code that somebody makes up becomes no label.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ciclo_requests",
            "Requests answered by this process.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "ciclo_request_seconds",
            "Seconds from the first byte of a request to the last of its answer.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )

        self._of_chambers = Counter(
            "ciclo_chamber_requests",
            "Requests below a chamber, answered by this process.",
            ["chamber", "outcome"],
            registry=self.registry,
        )
        self._chambers: set[str] = set()

    def note_chamber(self, chamber: str, status: int) -> None:
        """Counts one request below a chamber, which may be none."""
        if status in _GRANTED:
            self._chambers.add(chamber)
        if chamber in self._chambers:
            self._of_chambers.labels(chamber, f"{status // 100}xx").inc()

    def note(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Counts one request; ``route`` is the template that answered it, if any did."""
        label = route or UNKNOWN_ROUTE
        known = method if label != UNKNOWN_ROUTE else UNKNOWN_ROUTE
        self._requests.labels(known, label, str(status)).inc()
        self._seconds.labels(label).observe(seconds)
