"""Run a function of a module in a separate process, so that requests are not delayed.

The process reads its job as JSON from standard input, and prints its outcome as JSON.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)
J = TypeVar("J", bound=msgspec.Struct)

_NICENESS = 10
"""The niceness of the process: how far its priority is below the service's priority."""


class ProcessFailed(Exception):
    """A separate process ended with an error. It printed the reason to the service's log."""


async def run_apart(module: str, job: msgspec.Struct, outcome: type[T], *, seconds: float) -> T:
    """Run a job with `python -m module`, whose `__main__` part calls `serve_job`.

    The process is killed if this call ends before it, for example because it is cancelled.

    Args:
        outcome: The type of what the process prints.
        seconds: The longest time that the process may take.

    Raises:
        TimeoutError: the process took longer.
        ProcessFailed: the process ended with an error.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            printed, _ = await process.communicate(msgspec.json.encode(job))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise ProcessFailed(module)
    return msgspec.json.decode(printed, type=outcome, dec_hook=lambda kind, rows: kind(rows))


def serve_job(job: type[J], run: Callable[[J], msgspec.Struct]) -> None:
    """In the separate process, read a job, run it with low priority, and print its outcome.

    A sequence of another type, such as `ListedRows`, is printed as a list. `run_apart` then
    converts the list back to that type.
    """
    os.nice(_NICENESS)
    outcome = run(msgspec.json.decode(sys.stdin.buffer.read(), type=job))
    sys.stdout.buffer.write(msgspec.json.encode(outcome, enc_hook=list))
