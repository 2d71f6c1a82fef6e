"""Metrics for Prometheus: requests by route, and durable commits.

The metrics contain no personal data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from supplies.views.alerts import AlertKind

MEDIA_TYPE = "text/plain; version=0.0.4"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The metrics of one application. Each application has its own Prometheus registry."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "supplies_answers",
            "Requests answered",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "supplies_answer_seconds",
            "Seconds from the first byte of a request to the last of its response",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._batch_sizes = Histogram(
            "supplies_commit_requests",
            "Requests per durable commit",
            buckets=_BATCH_SIZES,
            registry=registry,
        )
        self._commit_seconds = Histogram(
            "supplies_commit_seconds",
            "Seconds per durable commit, with all its requests",
            buckets=_SECONDS,
            registry=registry,
        )
        self._alerts = Gauge(
            "supplies_alerts",
            "Alerts of a station by kind, as in /api/reports/alerts",
            ("station", "what"),
            registry=registry,
        )
        # Counters are kept, because finding one by its labels takes longer than counting.
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[tuple[str, str], Histogram] = {}

    def add_gauge(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Add a gauge whose value is computed at each scrape."""
        Gauge(name, help_text, registry=self._registry).set_function(value)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            route: The template of the route, because the path itself may contain codes of people.
        """
        counter = self._counters.get((method, route, status))
        if counter is None:
            counter = self._requests.labels(method, route, str(status))
            self._counters[method, route, status] = counter
        counter.inc()
        timer = self._timers.get((method, route))
        if timer is None:
            timer = self._timers[method, route] = self._seconds.labels(method, route)
        timer.observe(seconds)

    def count_commit(self, requests: int, seconds: float) -> None:
        """Count a commit that made several requests durable."""
        self._batch_sizes.observe(requests)
        self._commit_seconds.observe(seconds)

    def set_alerts(self, station: str, counts: Mapping[AlertKind, int]) -> None:
        """Set how many alerts of each kind a station has."""
        for what, count in counts.items():
            self._alerts.labels(station, what).set(count)

    def forget_alerts(self) -> None:
        """Remove the numbers of alerts from the metrics. Call this if the numbers are unknown."""
        self._alerts.clear()

    def render(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self._registry)
