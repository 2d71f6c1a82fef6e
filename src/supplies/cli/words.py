"""What several commands share: days as they are typed, and a bar that shows how far work is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Protocol

from supplies.errors import InvalidField


def day(option: str, text: str) -> date:
    """The day that was typed after an option."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidField(f"{option} {text} is no day; write it as 2020-02-03") from None


def period(arguments: argparse.Namespace) -> tuple[date, date]:
    """The first and the last day asked for; both must be said."""
    if arguments.first is None or arguments.last is None:
        raise InvalidField("say the period: --from 2020-02-03 --to 2020-02-13")
    return day("--from", arguments.first), day("--to", arguments.last)


class Told(Protocol):
    """What is to be told how far work is."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """So much is done; of how much, where that was not known before."""


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Told]:
    """A bar on the terminal while something is done; nothing where the output is a file.

    total: None where it is told only later; until then the bar shows that work goes on.
    """
    if not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)

        def told(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield told
