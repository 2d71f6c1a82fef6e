"""Files with faults are imported, interrupted, corrected and imported again, in any order."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.csv_files import write_csv
from support.ledger_fixture import Clock, register_all

from supplies.errors import StoreError
from supplies.imports import importer
from supplies.imports.import_results import ImportResult
from supplies.imports.importer import import_rows
from supplies.imports.listed_rows import listed_as_csv
from supplies.imports.sheets import ORIGIN
from supplies.ledger.ledger import Ledger
from supplies.views.needs import list_needs

HEADINGS = ["户", "物资", "数量", "备注"]
HOMES = st.sampled_from(["R-1", "王某", "nobody", ""])
GOODS = st.sampled_from(["口罩", "soap", "tent", "合计"])
QUANTITIES = st.sampled_from(["1", "2盒", "约3", "0", "-1", "many", "２"])
FAULTY = st.tuples(HOMES, GOODS, QUANTITIES)
ORIGINS = st.sampled_from(["keep", "keep", "keep", "damage", "divide", "of the row above"])
CORRECTIONS = st.lists(st.tuples(FAULTY, ORIGINS), min_size=8, max_size=8)
INTERRUPTED_AFTER = st.integers(0, 5)


def imported(ledger: Ledger, path: Path, interrupted_after: int) -> ImportResult:
    """Import a file. Interrupt the import after some groups of rows, and begin again."""
    groups = 0

    def pull_the_plug(done: int, total: int | None) -> None:
        nonlocal groups
        groups += 1
        if groups == interrupted_after:
            raise StoreError("the plug was pulled")

    for _ in range(2):
        try:
            result = import_rows(ledger, "needs", path, by="u-1", progress=pull_the_plug)
        except StoreError:
            continue
        assert result.rows == result.recorded + result.before + len(result.listed)
        return result
    raise AssertionError("interrupted twice")


def corrected(
    result: ImportResult, corrections: list[tuple[tuple[str, ...], str]]
) -> list[list[str]]:
    """Return the rows of the file of listed rows, each with its correction.

    Rows for which there is no correction are as in the file.
    """
    text = b"".join(listed_as_csv(result)).decode("utf-8-sig")
    headings, *rows = csv.reader(StringIO(text))
    origin, note = headings.index(ORIGIN), HEADINGS.index("备注")
    changed = [headings]
    for at, row in enumerate(rows):
        cells, what = corrections[at] if at < len(corrections) else (row[:3], "keep")
        changed.append([*cells, *row[3:]])
        if what == "damage":
            changed[-1][origin] = "17"
        elif what == "divide":
            part = [*changed[-1]]
            part[origin], part[note] = f"{row[origin]}#2", f"{row[note]} second part"
            changed.append(part)
        elif what == "of the row above" and len(changed) > 2:
            changed[-1][origin] = changed[-2][origin]
    return changed


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(FAULTY, min_size=1, max_size=8),
    rounds=st.lists(st.tuples(CORRECTIONS, INTERRUPTED_AFTER), max_size=3),
    interrupted_after=INTERRUPTED_AFTER,
)
def test_no_row_is_recorded_twice_or_lost_over_corrections_and_interruptions(
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    rounds: list[tuple[list[tuple[tuple[str, ...], str]], int]],
    interrupted_after: int,
) -> None:
    folder = tmp_path / str(uuid4())
    folder.mkdir()
    numbered = [[*row, f"row {at}"] for at, row in enumerate(rows)]
    first = write_csv(folder, HEADINGS, *numbered)
    with (
        Ledger.open(str(folder / "books.db"), station="lx", clock=Clock()) as ledger,
        patch.object(importer, "ROWS_PER_COMMIT", 2),
    ):
        register_all(ledger)
        result = imported(ledger, first, interrupted_after)
        wanted = {row[3] for row in numbered}
        for at, (corrections, after) in enumerate(rounds):
            if not result.listed:
                break
            table = corrected(result, corrections)
            path = write_csv(folder, *table, name=f"corrected-{at}.csv")
            result = imported(ledger, path, after)
            again = import_rows(ledger, "needs", path, by="u-1")
            assert (again.recorded, len(again.listed)) == (0, len(result.listed))
            wanted |= {row[3] for row in table[1:]}
        booked = Counter(need.note for need in list_needs(ledger.books).items)
        assert set(booked.values()) <= {1}
        listed = {one.cells[3] for one in result.listed}
        assert wanted <= {*booked, *listed}
        import_rows(ledger, "needs", first, by="u-1")
        assert Counter(need.note for need in list_needs(ledger.books).items) == booked
        ledger.verify()
