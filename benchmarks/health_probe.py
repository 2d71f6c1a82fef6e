"""A process that measures the health of a service while it is attacked."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections import Counter
from contextlib import suppress
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.attacked_service import PATIENCE, Target

_PROCESSES = multiprocessing.get_context("spawn")


class Probe:
    """A process that requests the health of the service and measures its memory, as a context.

    It is a process of its own, because the threads of attackers would delay its own requests.
    """

    def __init__(self, target: Target) -> None:
        self._stopped, self._results = _PROCESSES.Event(), _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(
            target=_probe, args=(target.port, target.process.pid, self._stopped, self._results[1])
        )
        self._times: list[float] = []
        self.errors: Counter[str] = Counter()
        self.memory = 0

    @property
    def p99(self) -> float:
        """The 99th percentile of the response times of health checks, in seconds."""
        return statistics.quantiles(self._times, n=100)[98] if len(self._times) > 1 else PATIENCE

    def __enter__(self) -> None:
        self._process.start()
        self._results[0].recv()  # the process is ready

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._times, self.errors, self.memory = self._results[0].recv()
        self._process.join()


def _probe(port: int, pid: int, stopped: Event, results: Connection) -> None:
    """Request the health of a service until `stopped` is set. Send its times, errors and memory."""
    times, errors, memory = list[float](), Counter[str](), 0
    results.send("ready")
    while not stopped.wait(0.02):
        start = time.monotonic()
        web = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            web.request("GET", "/api/health")
            if web.getresponse().status != 200:
                errors["not healthy"] += 1
        except OSError:
            errors["no answer about the health"] += 1
        finally:
            web.close()
        times.append(time.monotonic() - start)
        memory = max(memory, _memory(pid))
    results.send((times, errors, memory))


def _memory(pid: int) -> int:
    """Return the memory of a process and of its child processes, in bytes."""
    total = 0
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        # A process that has ended, and that its parent has not noticed yet, has no memory.
        total = int((status.partition("VmRSS:")[2].split() or ["0"])[0]) * 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(_memory(int(child)) for child in (task / "children").read_text().split())
    return total
