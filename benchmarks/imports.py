"""Compare an import with reading its file alone, and with recording its commands alone.

For each kind of rows, the three take turns on parts of the same rows, so that the load of the
machine changes their ratios little.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

from benchmarks.bars import check_bar
from benchmarks.workload import HOUSEHOLDS, open_books
from supplies.domain.commands import (
    ArrivalLine,
    Command,
    DonationLine,
    HandOut,
    NoteNeed,
    OpenStock,
    RecipientLine,
    RecordDonation,
)
from supplies.imports.files import open_sheets
from supplies.imports.importer import import_rows
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request

PARTS = 5
ROWS = 400
"""Number of rows in each of `PARTS` files."""

DAY = date(2020, 2, 5)
LINES_OF_OPENING_STOCK = 200
"""Number of rows that an import of opening stock records with one command."""


class _Kind(NamedTuple):
    """A kind of rows, with the function that makes the commands for row numbers."""

    name: str
    headings: list[str]
    row: Callable[[int], list[Any]]
    commands: Callable[[Sequence[int]], list[Command]]


def _opening_stock(numbers: Sequence[int]) -> list[Command]:
    parts = [
        numbers[start : start + LINES_OF_OPENING_STOCK]
        for start in range(0, len(numbers), LINES_OF_OPENING_STOCK)
    ]
    return [
        OpenStock(
            location="store-a",
            happened_on=DAY,
            lines=[ArrivalLine(item="mask", quantity=n % 90 + 1, batch=f"B{n}") for n in part],
        )
        for part in parts
    ]


def _donations(numbers: Sequence[int]) -> list[Command]:
    return [
        RecordDonation(
            donor="D-01",
            keep_pledges=True,
            location="store-a",
            handled_by="made up",
            happened_on=DAY,
            lines=[DonationLine(item="mask", quantity=n % 90 + 1)],
        )
        for n in numbers
    ]


def _needs(numbers: Sequence[int]) -> list[Command]:
    return [
        NoteNeed(recipient=f"R-{n % HOUSEHOLDS}", item="mask", quantity=n % 90 + 1, happened_on=DAY)
        for n in numbers
    ]


def _distributions(numbers: Sequence[int]) -> list[Command]:
    return [
        HandOut(
            recipient=f"R-{n % HOUSEHOLDS}",
            location="store-a",
            happened_on=DAY,
            lines=[RecipientLine(item="mask", quantity=n % 90 + 1)],
        )
        for n in numbers
    ]


_KINDS = (
    _Kind(
        "opening-stock",
        ["item", "quantity", "batch", "location", "day"],
        lambda n: ["mask", n % 90 + 1, f"B{n}", "store-a", DAY],
        _opening_stock,
    ),
    _Kind(
        "donations",
        ["donor", "item", "quantity", "location", "handled_by", "day"],
        lambda n: ["D-01", "mask", n % 90 + 1, "store-a", "made up", DAY],
        _donations,
    ),
    _Kind(
        "needs",
        ["recipient", "item", "quantity", "day"],
        lambda n: [f"R-{n % HOUSEHOLDS}", "mask", n % 90 + 1, DAY],
        _needs,
    ),
    _Kind(
        "distributions",
        ["recipient", "item", "quantity", "location", "day"],
        lambda n: [f"R-{n % HOUSEHOLDS}", "mask", n % 90 + 1, "store-a", DAY],
        _distributions,
    ),
)


def run() -> None:
    """Print the results of this benchmark."""
    for kind in _KINDS:
        _compare(kind)


def _compare(kind: _Kind) -> None:
    imported, recorded, read = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        place = Path(folder)
        importing, recording = (
            opened.enter_context(_open_stocked(place / name)) for name in ("a.db", "b.db")
        )
        for part in range(PARTS):
            numbers = range(part * ROWS, (part + 1) * ROWS)
            path = _write(place / f"{part}.csv", kind, numbers)
            requests = [Request(command=one, by="u_1") for one in kind.commands(numbers)]
            begin = process_time()
            result = import_rows(importing, kind.name, path, by="u_1")
            imported.append(process_time() - begin)
            assert result.recorded == ROWS, result.listed[:1]
            begin = process_time()
            answers = recording.record_many(requests)
            recorded.append(process_time() - begin)
            assert all(isinstance(answer, Recorded) for answer in answers)
            begin = process_time()
            with open_sheets(path) as sheets:
                assert sum(1 for sheet in sheets for _ in sheet.rows) == ROWS + 1
            read.append(process_time() - begin)
    name = f"import of {kind.name}"
    ratio = statistics.median(r / i for r, i in zip(recorded, imported, strict=True))
    check_bar(f"{name}, compared with record_many", ratio)
    print(
        f"{name:24} {ROWS / statistics.median(imported):8.0f} rows/s of CPU   record_many "
        f"{ROWS / statistics.median(recorded):8.0f}   reading the file "
        f"{ROWS / statistics.median(read):8.0f}   ratio to record_many {ratio:.2f}"
    )


def _open_stocked(path: Path) -> Ledger:
    """Create books with enough goods for all rows that hand out goods."""
    ledger = open_books(path)
    lines = [ArrivalLine(item="mask", quantity=100 * PARTS * ROWS)]
    opening = OpenStock(location="store-a", happened_on=date(2020, 1, 1), lines=lines)
    ledger.record(opening, by="u_1")
    return ledger


def _write(path: Path, kind: _Kind, numbers: Sequence[int]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(kind.headings)
        writer.writerows(map(kind.row, numbers))
    return path
