"""A progress bar for long-running commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class ReportProgress(Protocol):
    """A function that a long-running operation calls to report its progress."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Report that `done` of `total` steps are done. None means that `total` is unchanged."""


@contextmanager
def progress_bar(label: str, total: int | None = None) -> Iterator[ReportProgress]:
    """Show a progress bar on standard error, if that is a terminal.

    Args:
        total: The number of steps. While it is None, the bar only shows that work goes on.
    """
    if not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)

        def report(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield report
