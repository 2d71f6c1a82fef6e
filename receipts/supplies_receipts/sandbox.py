"""Work on a stranger's file in a process of its own: what it breaks there, it breaks for nobody.

A damaged or malicious PDF can crash the library that reads it, and with it the whole program; or
keep it busy for ever, or fill the memory. So a small server beside this process forks once for each
file: that fork alone reads it, under limits of time and memory, and whatever becomes of it the next
file meets a clean one. `python -m supplies_receipts.sandbox MODULE FUNCTION SECONDS` is the server;
what the module's `prepare` loads, where it has one, every fork has already.
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
"""How long the work on one file may take."""

_MEMORY = 1 << 30  # bytes of a fork's address space
_LENGTH = 8  # bytes before each message that say how long it is
_DONE, _DIED = b"+", b"-"


class Died(Exception):
    """The work ended without an answer: it crashed, took too long, or wanted too much memory."""


class Apart:
    """A function from bytes to bytes, carried out apart; asked by one thread at a time."""

    def __init__(self, module: str, function: str, seconds: int = SECONDS) -> None:
        self._arguments = [sys.executable, "-m", __name__, module, function, str(seconds)]
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def __call__(self, question: bytes) -> bytes:
        """What the function answers; Died where it did not."""
        with self._lock:
            try:
                return self._asked(question)
            except OSError as error:  # the server itself is gone: the next question starts another
                self.close()
                raise Died("the reader of files ended") from error

    def close(self) -> None:
        """End the server, now or when this process ends."""
        if self._server is not None and self._owner == os.getpid():
            self._server.kill()
            self._server.communicate()
        self._server = None
        atexit.unregister(self.close)

    def _asked(self, question: bytes) -> bytes:
        # A fork of this process must not talk to its parent's server.
        if self._server is None or self._owner != os.getpid():
            self._server = subprocess.Popen(  # noqa: S603  # this very program
                self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._owner = os.getpid()
            atexit.register(self.close)
        into, out = self._server.stdin, self._server.stdout
        assert into is not None
        assert out is not None
        _say(into, question)
        answer = _hear(out)
        if answer is None:
            raise BrokenPipeError
        if answer[:1] == _DIED:
            raise Died(answer[1:].decode())
        return answer[1:]


def _say(into: IO[bytes], message: bytes) -> None:
    into.write(len(message).to_bytes(_LENGTH, "big") + message)
    into.flush()


def _hear(out: IO[bytes]) -> bytes | None:
    """One message; None at the end of all."""
    head = out.read(_LENGTH)
    return out.read(int.from_bytes(head, "big")) if len(head) == _LENGTH else None


# --- the server ------------------------------------------------------------------------------


def serve(function: Callable[[bytes], bytes], seconds: int) -> None:
    """Answer each question from a fork of its own, until there are no more."""
    while (question := _hear(sys.stdin.buffer)) is not None:
        _say(sys.stdout.buffer, _from_a_fork(function, question, seconds))


def _from_a_fork(function: Callable[[bytes], bytes], question: bytes, seconds: int) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):  # nothing of the server's may run on in the fork
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
    """Let the system end this process when it takes too much; leave no core file behind."""
    signal.alarm(seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    _module = import_module(sys.argv[1])
    getattr(_module, "prepare", lambda: None)()
    serve(getattr(_module, sys.argv[2]), int(sys.argv[3]))
