"""The trace of a run. Its hash compares runs, and its last lines explain a failure."""

from __future__ import annotations

import hashlib
from collections import deque

from supplies.domain import commands as c
from supplies.domain.entries import encode_body
from supplies.errors import StoreError
from supplies.ledger.recorded import Recorded

SHOWN = 500
"""Maximum number of characters of a line that are shown."""


class Trace:
    """Every command with its answer, the hash of every entry, and every fault."""

    def __init__(self, kept: int = 12) -> None:
        self._digest = hashlib.sha256()
        self.last: deque[str] = deque(maxlen=kept)
        self.step = 0

    @property
    def hash(self) -> str:
        return self._digest.hexdigest()

    def line(self, station: str, by: str, command: c.Command, answer: object) -> None:
        """Add a command and its answer."""
        self._add(f"{station} {by} {encode_body(command).decode()} → {_format_answer(answer)}")

    def event(self, what: str) -> None:
        """Add a fault, an outage or a change of the clock."""
        self._add(f"— {what}")

    def entries(self, station: str, chain: list[tuple[bytes, bytes]]) -> None:
        """Add the hashes of recorded entries."""
        for _, entry_hash in chain:
            self._digest.update(entry_hash)

    def _add(self, text: str) -> None:
        line = f"{self.step:>6} {text}"
        self.last.append(
            line if len(line) <= SHOWN else f"{line[: SHOWN // 2]} … {line[-SHOWN // 2 :]}"
        )
        self._digest.update(line.encode())


def _format_answer(answer: object) -> str:
    if isinstance(answer, Recorded):
        again = " again" if answer.repeated else ""
        conflict = f", a conflict: {answer.conflict}" if answer.conflict else ""
        return f"{answer.seq}…{answer.last} {answer.document or ''}{again}{conflict}"
    if isinstance(answer, StoreError):
        return type(answer).__name__  # the message names the file
    return f"{type(answer).__name__}: {answer}" if str(answer) else type(answer).__name__
