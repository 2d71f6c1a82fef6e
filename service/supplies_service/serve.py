"""Running the service: granian and its workers, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
from functools import partial

from granian import Granian
from granian.constants import Interfaces, RuntimeModes
from granian.log import LogLevels
from litestar import Litestar

from supplies.errors import InvalidField, StoreError
from supplies_service.app import create_app
from supplies_service.observability import logs
from supplies_service.security.loopback import is_loopback
from supplies_service.settings import Settings

LAST_ANSWERS_SECONDS = 10
"""How long requests under way may take once the service is told to stop."""


def place(settings: Settings, *, people: bool) -> tuple[str, int]:
    """The address and port to listen at; an error where that may not be, or the port is taken.

    people: whether somebody can sign in. Until then it listens to this machine alone.
    """
    address, port = _address(settings.host, people), settings.port
    _check_port(address, port)
    return address, port


def serve(settings: Settings, where: tuple[str, int], *, whose: str) -> int:
    """Serve one station's books, or those of all, until interrupted; the exit status.

    where: what `place` said. whose: the books, as whoever started it is told.
    """
    address, port = where
    shown = f"[{address}]" if ":" in address else address
    print(f"The books of {whose} are at http://{shown}:{port}/ (Ctrl-C stops).", flush=True)  # noqa: T201  # said to whoever started it
    server = Granian(
        "supplies_service.app:create_app",
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        # Each has its own connection to the books; a commit of one waits for another's.
        workers=settings.workers,
        respawn_failed_workers=settings.workers > 1,
        # Single-threaded was the fastest mode measured, and it keeps the books on one thread.
        runtime_mode=RuntimeModes.st,
        websockets=False,
        log_level=LogLevels.debug if settings.log_level == "debug" else LogLevels.warning,
    )
    # Given as a function, the application is not looked for in the current directory first.
    server.serve(target_loader=partial(_application, settings), wrap_loader=False)
    return 0


def _application(settings: Settings) -> Litestar:
    """The application, in granian's worker.

    Ctrl-C in a terminal reaches the worker too; it waits until its parent tells it to stop, who
    would otherwise take it to have failed.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # The parent's handler came along, and would let go by that it is to stop while it starts.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logs.to()
    logging.getLogger(logs.LOGGER).setLevel(settings.log_level.upper())
    application = create_app(
        settings.database,
        settings.station,
        hosts=(settings.host, *settings.hosts),
        proxies=settings.proxies,
    )
    # granian handles it once more; then whichever thread it reaches would end the worker.
    application.on_startup += [_leave_interrupts_to_the_parent, _stop_in_time, _outlive_no_parent]
    return application


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _stop_in_time() -> None:
    """Let the alarm end the worker that has not stopped by itself some time after it was told to.

    granian's own way takes workers that have just ended for such as refuse, and tells so. It hears
    the signal beside this, from the event loop.
    """
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(LAST_ANSWERS_SECONDS))


async def _outlive_no_parent() -> None:
    """Stop once the parent is gone, as by SIGKILL: else the port would stay taken.

    Of several workers the youngest notices first: it holds what tells the others, until it ends.
    """
    parent, loop = multiprocessing.parent_process(), asyncio.get_running_loop()
    if parent is None:
        return

    def stop(gone: int) -> None:
        loop.remove_reader(gone)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, stop, parent.sentinel)


def _address(host: str, people: bool) -> str:
    if not people and not is_loopback(host):
        raise InvalidField(
            f"until somebody can sign in the service listens on loopback only, not on {host}; "
            "use --host 127.0.0.1, or make a coordinator first with `supplies user add`"
        )
    return "127.0.0.1" if host == "localhost" else host


def _check_port(address: str, port: int) -> None:
    """Refuse a port that is taken: granian would share it with whoever has it."""
    if not 1 <= port <= 65535:
        raise InvalidField(f"{port} is no port; they go from 1 to 65535")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise StoreError(
                f"port {port} of {address} cannot be used ({error.strerror}); "
                "name another with --port"
            ) from error
