"""A progress bar for long-running commands."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol


class ReportProgress(Protocol):
    """A function that long-running work calls to report its progress."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Report that `done` of `total` steps are done.

        If `total` is None, the number that was reported before stays valid.
        """


@contextmanager
def progress_bar(
    label: str, total: int | None = None, *, with_rate: bool = False
) -> Iterator[ReportProgress]:
    """Show a progress bar on standard error, if standard error is a terminal.

    Args:
        total: The number of all steps. While it is None, the bar only shows that work goes on.
        with_rate: Whether to show the number of steps per second, and the time that is left.
    """
    if not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns: list[ProgressColumn] = [TextColumn(label), BarColumn(), MofNCompleteColumn()]
    if with_rate:
        columns += [TextColumn("{task.fields[rate]}"), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, rate="")

        def report(done: int, total: int | None = None) -> None:
            speed = bar.tasks[0].speed
            bar.update(
                task, completed=done, total=total, rate="" if speed is None else f"{speed:.0f}/s"
            )

        yield report


@contextmanager
def interrupted() -> Iterator[threading.Event]:
    """Yield an event that is set when the user presses Ctrl-C.

    The first Ctrl-C does not raise KeyboardInterrupt; the second does.
    """
    event = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)
        print("stopping after this group of rows; Ctrl-C again stops at once", file=sys.stderr)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
