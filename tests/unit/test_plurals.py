"""Messages count in English: 1 entry, 2 entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplies.cli import main
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.domain.commands import ArrivalLine, OpenStock
from supplies.ledger.ledger import Ledger


def test_books_with_one_entry_are_counted_in_the_singular(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books, backup, copied = (str(tmp_path / name) for name in ("books.db", "backup.db", "copy.db"))
    with Ledger.open(books, station="lx") as ledger:
        ledger.register(
            Station(code="lx", name="Longxue"),
            Item(code="mask", name="mask"),
            Location(code="store", name="Store"),
        )
        line = ArrivalLine(item="mask", quantity=1)
        ledger.record(OpenStock(location="store", lines=[line]), by="u_1")
    assert main(["verify", "--database", books]) == 0
    assert "1 entry, 1 transfer and 0 receipts agree" in capsys.readouterr().out
    assert main(["backup", backup, "--database", books]) == 0
    assert "1 entry and 0 receipts" in capsys.readouterr().out
    assert main(["copy", books, copied]) == 0
    assert "1 entry and 0 receipts of 1 station" in capsys.readouterr().out
