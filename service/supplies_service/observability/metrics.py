"""What Prometheus is told: counts and times by route, and how the writer does. Never a code."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SHARED = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """One application's figures."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._answers = Counter(
            "supplies_answers",
            "Requests answered",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "supplies_answer_seconds",
            "From a request's first byte to its answer's last",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._shared = Histogram(
            "supplies_commit_requests",
            "Requests that shared a durable commit",
            buckets=_SHARED,
            registry=registry,
        )
        self._commits = Histogram(
            "supplies_commit_seconds",
            "What a durable commit took, with all that it carried",
            buckets=_SECONDS,
            registry=registry,
        )
        # Found by the labels once: looking them up costs more than counting does.
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[tuple[str, str], Histogram] = {}

    def show(self, name: str, says: str, value: Callable[[], float]) -> None:
        """Tell a figure that is asked for whenever somebody looks."""
        Gauge(name, says, registry=self._registry).set_function(value)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. route: the template of its path, never the path itself."""
        counter = self._counters.get((method, route, status))
        if counter is None:
            counter = self._answers.labels(method, route, str(status))
            self._counters[method, route, status] = counter
        counter.inc()
        timer = self._timers.get((method, route))
        if timer is None:
            timer = self._timers[method, route] = self._seconds.labels(method, route)
        timer.observe(seconds)

    def count_commit(self, requests: int, seconds: float) -> None:
        """Count a durable commit of several requests."""
        self._shared.observe(requests)
        self._commits.observe(seconds)

    def text(self) -> bytes:
        """All of it, in Prometheus' own format."""
        return generate_latest(self._registry)
