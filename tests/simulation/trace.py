"""What happened, in lines: their hash tells two runs apart, the last of them tell a failure."""

from __future__ import annotations

import hashlib
from collections import deque

from supplies.domain import commands as c
from supplies.domain.entries import encode_body
from supplies.errors import StoreError
from supplies.ledger.recorded import Recorded

SHOWN = 500
"""How much of a line is shown."""


class Trace:
    """Every command and its answer, every entry's bytes, every fault."""

    def __init__(self, kept: int = 12) -> None:
        self._digest = hashlib.sha256()
        self.last: deque[str] = deque(maxlen=kept)
        self.step = 0

    @property
    def hash(self) -> str:
        return self._digest.hexdigest()

    def line(self, station: str, by: str, command: c.Command, answer: object) -> None:
        """A command was given, and this was the answer."""
        self._say(f"{station} {by} {encode_body(command).decode()} → {_told(answer)}")

    def event(self, what: str) -> None:
        """Something befell the books, the clock or the post."""
        self._say(f"— {what}")

    def entries(self, station: str, chain: list[tuple[bytes, bytes]]) -> None:
        """These entries were recorded."""
        for _, head in chain:
            self._digest.update(head)

    def _say(self, text: str) -> None:
        line = f"{self.step:>6} {text}"
        self.last.append(
            line if len(line) <= SHOWN else f"{line[: SHOWN // 2]} … {line[-SHOWN // 2 :]}"
        )
        self._digest.update(line.encode())


def _told(answer: object) -> str:
    if isinstance(answer, Recorded):
        again = " again" if answer.repeated else ""
        conflict = f", a conflict: {answer.conflict}" if answer.conflict else ""
        return f"{answer.seq}…{answer.last} {answer.document or ''}{again}{conflict}"
    if isinstance(answer, StoreError):
        return type(answer).__name__  # its sentence names the file
    return f"{type(answer).__name__}: {answer}" if str(answer) else type(answer).__name__
