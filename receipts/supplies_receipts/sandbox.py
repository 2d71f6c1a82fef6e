"""Run a function on an untrusted file in a separate process.

A damaged or malicious PDF can crash the library that reads it, keep it busy for ever, or fill the
memory. Therefore, a small server process forks a new process for each file. Only the forked process
reads the file, and its time and memory are limited.

`python -m supplies_receipts.sandbox MODULE FUNCTION SECONDS` runs the server. If the module has a
function `prepare`, the server calls it once at its start, so that each forked process finds all
imports loaded.
"""

from __future__ import annotations

import atexit
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import IO

SECONDS = 30
"""Maximum time for one file, in seconds."""

_MEMORY = 1 << 30  # limit of a fork's address space, in bytes
_LENGTH = 8  # length prefix of each message, in bytes
_DONE, _DIED = b"+", b"-"


class WorkerCrashed(Exception):
    """Raised if the function did not return a result.

    The forked process failed, took too long or used too much memory, or the server ended.
    """


class Sandbox:
    """Runs a function in another process. The function takes bytes and returns bytes.

    Threads can share the object. Their calls run one after another.
    """

    def __init__(self, module: str, function: str, seconds: int = SECONDS) -> None:
        self._arguments = [sys.executable, "-m", __name__, module, function, str(seconds)]
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def __call__(self, question: bytes) -> bytes:
        """Run the function on `question` and return its result.

        Raises:
            WorkerCrashed: the function returned no result.
        """
        with self._lock:
            try:
                return self._asked(question)
            except OSError as error:  # The server itself ended. The next call starts a new one.
                self.close()
                raise WorkerCrashed("the reader of files ended") from error

    def close(self) -> None:
        """End the server process. It also ends when this process ends."""
        if self._server is not None and self._owner == os.getpid():
            self._server.kill()
            self._server.communicate()
        self._server = None
        atexit.unregister(self.close)

    def _asked(self, question: bytes) -> bytes:
        # A fork of this process must not use its parent's server.
        if self._server is None or self._owner != os.getpid():
            self._server = subprocess.Popen(  # noqa: S603  # runs this module itself
                self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._owner = os.getpid()
            atexit.register(self.close)
        into, out = self._server.stdin, self._server.stdout
        assert into is not None
        assert out is not None
        _send(into, question)
        answer = _read_message(out)
        if answer is None:
            raise BrokenPipeError
        if answer[:1] == _DIED:
            raise WorkerCrashed(answer[1:].decode())
        return answer[1:]


def _send(into: IO[bytes], message: bytes) -> None:
    into.write(len(message).to_bytes(_LENGTH, "big") + message)
    into.flush()


def _read_message(out: IO[bytes]) -> bytes | None:
    """Read one message from a stream. Return None at the end of the stream."""
    length = out.read(_LENGTH)
    return out.read(int.from_bytes(length, "big")) if len(length) == _LENGTH else None


# --- the server ------------------------------------------------------------------------------


def serve(function: Callable[[bytes], bytes], seconds: int) -> None:
    """Run the server: for each message on standard input, call the function in a forked process.

    Args:
        seconds: Maximum time for one call.
    """
    while (question := _read_message(sys.stdin.buffer)) is not None:
        _send(sys.stdout.buffer, _from_a_fork(function, question, seconds))


def _from_a_fork(function: Callable[[bytes], bytes], question: bytes, seconds: int) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):  # The fork must not continue the server's loop.
            os.close(reading)
            _limit(seconds)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(_DONE + function(question))
            os._exit(0)
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status == 0:
        return answer
    ended = os.waitstatus_to_exitcode(status)
    return _DIED + (signal.Signals(-ended).name if ended < 0 else "it failed").encode()


def _limit(seconds: int) -> None:
    """Limit the time and memory of this process. The operating system enforces the limits."""
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    _module = import_module(sys.argv[1])
    getattr(_module, "prepare", lambda: None)()
    serve(getattr(_module, sys.argv[2]), int(sys.argv[3]))
