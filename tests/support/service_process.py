"""The service as a separate process, started from the command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import TextIO
from urllib.request import urlopen

from supplies_service.serve import check_address
from supplies_service.settings import Settings

from supplies.errors import StoreError

PATIENCE = 60
"""Largest number of seconds that tests wait. Only a broken or very busy machine needs them."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_service(
    database: str, port: int, *options: str, log: int | TextIO = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Yield the service as a process once it answers.

    Args:
        log: The destination of its output. Use a file if the output may be larger than a pipe can
            hold.
    """
    with running_script(SERVE, database, port, *options, log=log) as process:
        wait_until_it_answers(process, f"http://127.0.0.1:{port}/api/health")
        yield process


SERVE = "import sys; from supplies.cli import main; sys.exit(main())"


@contextmanager
def running_script(
    script: str, database: str, port: int, *options: str, log: int | TextIO = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Yield a script as a process. The process and its children are killed at the end."""
    arguments = ["serve", "--database", database, "--port", str(port), *options]
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_service(process)
        process.communicate()


def kill_service(process: subprocess.Popen[str]) -> None:
    """Kill a service and its workers, which may outlive it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_until_it_answers(process: subprocess.Popen[str], url: str) -> None:
    """Wait until GET of this URL is answered with the status 200.

    A client of httpx is not made for each attempt, because making one takes as long as a request.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        with suppress(OSError, HTTPException), urlopen(url, timeout=PATIENCE) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {PATIENCE} seconds")


def wait_until_it_is_free(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            check_address(Settings(port=port), has_coordinator=True)
            return
        except StoreError:
            time.sleep(0.05)
    raise AssertionError(f"port {port} was not free within {PATIENCE} seconds")
