"""Run one server of the service benchmark: `python -m benchmarks.served KIND BOOKS PORT`."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from litestar import Litestar, get
from supplies_service.app import create_app
from supplies_service.observability import logs
from supplies_service.serve import collect_garbage_from_now_on
from supplies_service.stations import open_ledger
from supplies_service.write_batches import MAX_BATCH
from supplies_service.writer_process import fork_writer

from benchmarks import peer
from benchmarks.floor import Floor
from benchmarks.workload import STATION, clock

PEER_THREADS = 4
"""Number of threads that answer requests in the Flask application."""


@get("/")
async def hello() -> dict[str, str]:
    """Handle a request with the least possible work, as a baseline."""
    return {"hello": "world"}


def application(kind: str, books: str) -> Any:
    """Return the application to serve, which is WSGI for "peer" and otherwise ASGI.

    Args:
        kind: "hello" is only the baseline handler, "floor" is the application of
            `benchmarks.floor`, "peer" is that of `benchmarks.peer`. The others are the service:
            "single" has one commit for each request, and "two workers" has two processes.
    """
    if kind == "floor":
        return Floor(books)
    if kind == "peer":
        return peer.create_app(books)
    if kind == "hello":
        return Litestar([hello], openapi_config=None, logging_config=None)
    logs.configure_logging()
    max_batch = 1 if kind == "single" else MAX_BATCH
    # As `supplies serve` does.
    writer = fork_writer(books, partial(open_ledger, books, STATION, clock), max_batch=max_batch)
    service = create_app(books, STATION, clock=clock, max_batch=max_batch, writer=writer)
    service.on_startup.append(collect_garbage_from_now_on)
    return service


if __name__ == "__main__":
    _, kind, books, port = sys.argv
    Granian(
        "benchmarks.served:application",
        port=int(port),
        workers=2 if kind == "two workers" else 1,
        interface=Interfaces.WSGI if kind == "peer" else Interfaces.ASGI,
        runtime_mode=RuntimeModes.st,
        blocking_threads=PEER_THREADS if kind == "peer" else None,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve(target_loader=partial(application, kind, books), wrap_loader=False)
