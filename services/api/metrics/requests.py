"""Requests that this process answered, by method, route and status."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

# Results come in a few milliseconds, imports and PDFs in seconds.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

UNKNOWN_ROUTE = "other"
"""Label of requests that no route answered: what callers invent must not become labels."""


class RequestMetrics:
    """Counts of one application, in a registry of its own.

    The label is the template of the route, never the path: neither chambers nor identifiers
    of anybody become labels, and their number is bounded by the number of routes.
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

    def note(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Counts one request; ``route`` is the template that answered it, if any did."""
        label = route or UNKNOWN_ROUTE
        known = method if label != UNKNOWN_ROUTE else UNKNOWN_ROUTE
        self._requests.labels(known, label, str(status)).inc()
        self._seconds.labels(label).observe(seconds)
