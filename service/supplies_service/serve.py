"""Run the service in the worker processes of granian, a web server, until a signal stops it."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import resource
import signal
import socket
from functools import partial
from multiprocessing.synchronize import Semaphore
from typing import NamedTuple

from granian import Granian
from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from litestar import Litestar

from supplies.domain.network_addresses import is_loopback, parse_address
from supplies.errors import InvalidField, StoreError, SuppliesError
from supplies.ledger.clock import system_clock
from supplies.signing.station_keys import key_file
from supplies_service.app import create_app
from supplies_service.daily_checkpoints import CheckpointPlan, check_checkpoint_file
from supplies_service.observability import logs
from supplies_service.settings import Settings, variable_name
from supplies_service.stations import open_ledger
from supplies_service.writer_process import WriterProcess, fork_writer

SHUTDOWN_SECONDS = 10
"""Seconds that accepted requests have to finish after the signal to stop the service."""

WRITER_SHUTDOWN_SECONDS = 8
"""Seconds that the process that writes has to finish after the same signal."""

MAX_CONNECTIONS = 4096
"""Maximum number of connections of one worker process."""

RESERVED_FILES = 128
"""Number of open files that a worker reserves for books, keys and papers."""

MAX_HEAD_SECONDS = 10.0
"""Maximum number of seconds for the head of a request, also if its body may take longer.

Each connection has a file, so a new one may have to wait until an idle one is closed.
"""


class Greeting(NamedTuple):
    """What the service prints when its first worker can answer requests.

    Attributes:
        not_printed: A semaphore that all workers share. The worker that acquires it prints.
    """

    text: str
    not_printed: Semaphore

    def print_once(self) -> None:
        """Print the text, unless a worker has printed it before."""
        if self.not_printed.acquire(block=False):
            print(self.text, flush=True)  # noqa: T201  # read by the person who starts it


def check_address(settings: Settings, *, has_coordinator: bool) -> tuple[str, int]:
    """Check that the host and port of the settings can be used. Return both for `serve`.

    Args:
        settings: The settings with host and port.
        has_coordinator: Whether a coordinator can sign in. If not, only loopback is allowed.

    Raises:
        InvalidField: the host or port is invalid; or the host is not loopback, although no
            coordinator can sign in.
        StoreError: the port is in use, or the address does not belong to this machine.
    """
    address, port = _checked_host(settings.host, has_coordinator), settings.port
    _check_port(address, port)
    return address, port


def plan_checkpoints(settings: Settings) -> CheckpointPlan | None:
    """Return where the service writes checkpoints; None if the settings switch checkpoints off.

    If the settings name no file, the file is beside the file of the station keys.

    Raises:
        InvalidField: the file that the settings name cannot be written.
        StoreError: the settings name neither a file of checkpoints nor a place for the keys.
    """
    file = settings.checkpoints
    if file == "off":
        return None
    if file is None:
        file = f"{key_file(settings.database)}.checkpoints"
    else:
        try:
            check_checkpoint_file(file, settings.database)
        except SuppliesError as error:
            name = variable_name("checkpoints")
            raise InvalidField(f"invalid {name} {file!r}: {error}") from error
    return CheckpointPlan(file=file, partners=settings.partners)


def serve(
    settings: Settings,
    address: tuple[str, int],
    checkpoints: CheckpointPlan | None,
    *,
    greeting: str,
) -> int:
    """Serve the books until interrupted. Return the exit status.

    Args:
        settings: The settings of the service.
        address: The result of `check_address`.
        checkpoints: The result of `plan_checkpoints`.
        greeting: The text to print when the service can answer requests.
    """
    host, port = address
    head_seconds = min(settings.body_seconds, MAX_HEAD_SECONDS)
    printed_once = Greeting(greeting, multiprocessing.Semaphore(1))
    server = Granian(
        "supplies_service.app:create_app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        # Each worker has its own connections. Workers cannot commit at the same time.
        workers=settings.workers,
        respawn_failed_workers=settings.workers > 1,
        # The single-threaded mode was the fastest one measured.
        runtime_mode=RuntimeModes.st,
        websockets=False,
        # The other modes wait for the first byte of a connection without a time limit.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=round(head_seconds * 1000)),
        backpressure=_max_connections(),
        log_level=LogLevels.debug if settings.log_level == "debug" else LogLevels.warning,
    )
    # Given a function, granian does not import the application from the current directory.
    load = partial(_application, settings, checkpoints, printed_once)
    server.serve(target_loader=load, wrap_loader=False)
    return 0


def _max_connections() -> int:
    """Raise the limit of open files, and return how many connections a worker may have.

    Some open files are reserved for the books, keys and papers. If there are more connections, they
    wait in the queue of the operating system until others are closed.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MAX_CONNECTIONS + RESERVED_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    soft = max(files, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(files - RESERVED_FILES, MAX_CONNECTIONS))


def _application(
    settings: Settings, checkpoints: CheckpointPlan | None, greeting: Greeting
) -> Litestar:
    """Create the application in a worker process of granian.

    If somebody types Ctrl-C in a terminal, the workers get that signal too. They ignore it and wait
    for the signal of the parent process. Otherwise, the parent would treat them as failed.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # The handler inherited from the parent would lose a signal sent while the worker starts.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logs.configure_logging()
    logging.getLogger(logs.LOGGER).setLevel(settings.log_level.upper())
    writer = fork_writer(
        settings.database,
        partial(open_ledger, settings.database, settings.station, system_clock),
    )
    application = create_app(
        settings.database,
        settings.station,
        hosts=(settings.host, *settings.hosts),
        proxies=settings.proxies,
        body_seconds=settings.body_seconds,
        checkpoints=checkpoints,
        writer=writer,
    )
    # granian's own handler for SIGINT, installed later, could end the worker from any thread.
    limit_shutdown = partial(_limit_shutdown, writer)
    application.on_startup += [_ignore_interrupts, limit_shutdown, _stop_without_parent]
    application.on_startup += [collect_garbage_from_now_on, greeting.print_once]
    return application


def collect_garbage_from_now_on() -> None:
    """Turn garbage collection on, and exclude from it all objects that exist at this moment.

    `supplies serve` starts with garbage collection off, because starting makes 240,000 objects and
    hardly any garbage. These objects exist as long as the process, so a collection need not look at
    them. This makes a full collection 70 ms faster.
    """
    gc.freeze()
    gc.enable()


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _limit_shutdown(writer: WriterProcess | None) -> None:
    """Let SIGALRM kill the worker if it still runs `SHUTDOWN_SECONDS` after SIGTERM.

    The process that writes is killed before, so that the worker can answer what waits for it.

    granian has a limit of its own. It is not used, because granian then reports that workers refuse
    to stop although they have just ended. granian still gets SIGTERM through the event loop.
    """
    loop = asyncio.get_running_loop()

    def limit(*_: object) -> None:
        signal.alarm(SHUTDOWN_SECONDS)
        if writer is not None:
            loop.call_soon_threadsafe(loop.call_later, WRITER_SHUTDOWN_SECONDS, writer.kill)

    signal.signal(signal.SIGTERM, limit)


async def _stop_without_parent() -> None:
    """Stop this worker when the parent process has ended, for example by SIGKILL.

    Otherwise, the port would stay in use. A pipe reports the end of the parent, as soon as no
    process holds it open. Each worker also holds open the pipes of all workers that were started
    before it. So the last worker stops first, then the one before it, and so on.
    """
    parent, loop = multiprocessing.parent_process(), asyncio.get_running_loop()
    if parent is None:
        return

    def stop(sentinel: int) -> None:
        loop.remove_reader(sentinel)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, stop, parent.sentinel)


def _checked_host(host: str, has_coordinator: bool) -> str:
    if not has_coordinator and not is_loopback(host):
        raise InvalidField(
            "until a coordinator can sign in, the service listens on loopback only, not on "
            f"{host}; use --host 127.0.0.1, or first add a coordinator with `supplies user add`"
        )
    address = "127.0.0.1" if is_loopback(host) and parse_address(host) is None else host
    return str(parse_address(address) or address)


def _check_port(address: str, port: int) -> None:
    """Refuse a port that is invalid or in use, and a host that is not an address of this machine.

    If the port was in use, granian would share it with the other process.
    """
    if not 1 <= port <= 65535:
        raise InvalidField(f"invalid port {port}: use 1 to 65535")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except UnicodeError as error:
            raise InvalidField(f"invalid host {address!r}: it is not a host name") from error
        except OSError as error:
            raise StoreError(
                f"cannot listen on port {port} of {address} ({error.strerror}); "
                "choose another with --port or --host"
            ) from error
